package stage

import (
	"errors"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/row"
)

// groupRows is how many rows a row group holds: what DuckDB reads with one
// thread.
const groupRows = 122_880

// file is a part that is being written.
type file[X row.Row] struct {
	f    *os.File
	w    *parquet.GenericWriter[X]
	rows int64
}

func create[X row.Row](path string) (*file[X], error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{
		parquet.Compression(&parquet.Snappy),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.PageBufferSize(256 << 10),
		parquet.CreatedBy("secondaryuse", "stage", "1"),
	}
	for _, column := range texts[X]() {
		options = append(options, parquet.SkipPageBounds(column), parquet.SkipPageStatistics(column))
	}
	return &file[X]{f: f, w: parquet.NewGenericWriter[X](f, options...)}, nil
}

// texts lists the columns of text. Nobody looks for a range of codes, and to
// find the smallest and largest of each page costs a tenth of all the writing.
func texts[X row.Row]() (names []string) {
	for _, f := range parquet.SchemaOf(new(X)).Fields() {
		if f.Leaf() && f.Type().Kind() == parquet.ByteArray {
			names = append(names, f.Name())
		}
	}
	return names
}

func (p *file[X]) write(rows []X) error {
	n, err := p.w.Write(rows)
	p.rows += int64(n)
	return err
}

func (p *file[X]) close() (int64, error) {
	if err := p.w.Close(); err != nil {
		p.f.Close()
		return 0, err
	}
	return p.rows, p.f.Close()
}

func (p *file[X]) path() string { return p.f.Name() }

// read opens a part that has been written. The caller closes f.
func read(path string) (f *os.File, p *parquet.File, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		p, err = parquet.OpenFile(f, info.Size()) // which says what is wrong with it, where a reader would panic
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, p, nil
}

// pages calls f with every page of a column, until f returns an error.
func pages(chunk parquet.ColumnChunk, f func(parquet.Page) error) error {
	pages := chunk.Pages()
	defer pages.Close()
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = f(p)
		parquet.Release(p)
		if err != nil {
			return err
		}
	}
}

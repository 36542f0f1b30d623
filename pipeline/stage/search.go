package stage

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"secondaryuse/deid/row"
	"secondaryuse/pipeline/guard"
)

// Sought is whom Search looks for. It is told of every value that could name a
// person, and keeps what it finds to itself.
type Sought interface {
	Column(name string) // what is shown next is in this column
	ID(id uint64)       // of every column of numbers, whatever it is for
	Text(at []byte)     // of every column of text: valid only until Text returns
}

// Bytes is Sought that knows what to do with bytes that are no text: columns of a
// fixed length, valid until Bytes returns.
type Bytes interface{ Bytes(at []byte) }

// Contents is what Search has read.
type Contents struct {
	Columns []string
	Rows    int64
}

// Search decodes a Parquet file, ours or anybody's, every page of every column,
// and shows what it holds. It takes nothing from what the file says of itself:
// not how many rows there are, not the smallest and largest of a column. It
// returns an error where any of the file cannot be decoded, or is of a kind that
// it does not know: what was not looked at was not searched.
func Search(path string, s Sought) (Contents, error) {
	var c Contents
	return c, guard.Try(func() error { // the library panics at some of what is damaged
		f, file, err := read(path)
		if err != nil {
			return errors.New("it cannot be decoded")
		}
		defer f.Close()
		for i, column := range file.Schema().Columns() {
			if len(column) != 1 || !file.Schema().Fields()[i].Leaf() || file.Schema().Fields()[i].Repeated() {
				return errors.New("a column of it is no plain one")
			}
			c.Columns = append(c.Columns, column[0])
		}
		for _, g := range file.RowGroups() {
			rows, err := searchGroup(g, c.Columns, s)
			if err != nil {
				return err
			}
			c.Rows += rows
		}
		if c.Rows != file.NumRows() {
			return errors.New("it holds another number of rows than it says")
		}
		return nil
	})
}

// searchGroup searches a row group, and returns how many rows were in it: as
// many as each of its columns has values.
func searchGroup(g parquet.RowGroup, names []string, s Sought) (rows int64, err error) {
	rows = -1
	for i, chunk := range g.ColumnChunks() {
		s.Column(names[i])
		n, err := searchChunk(chunk, s)
		if err != nil {
			return 0, fmt.Errorf("column %d of it cannot be decoded", i+1)
		}
		if rows >= 0 && n != rows {
			return 0, errors.New("its columns are of different lengths")
		}
		rows = n
	}
	return max(rows, 0), nil
}

// searchChunk searches a column of a row group. Of a dictionary all words are
// shown, once, whether a row has them or not: they are in the file.
func searchChunk(chunk parquet.ColumnChunk, s Sought) (n int64, err error) {
	known := false
	err = pages(chunk, func(p parquet.Page) error {
		n += p.NumValues()
		d := p.Dictionary()
		if d == nil {
			return searchData(p.Data(), chunk.Type().Kind(), s)
		}
		if known {
			return nil
		}
		known = true
		return searchData(d.Page().Data(), chunk.Type().Kind(), s)
	})
	return n, err
}

func searchData(data encoding.Values, kind parquet.Kind, s Sought) error {
	switch kind {
	case parquet.Int64:
		for _, v := range data.Int64() {
			s.ID(uint64(v))
		}
	case parquet.ByteArray:
		text, from := data.ByteArray()
		for i := 1; i < len(from); i++ {
			s.Text(text[from[i-1]:from[i]])
		}
	case parquet.FixedLenByteArray:
		b, knows := s.(Bytes)
		if !knows {
			return errors.New("a kind of column that is not known")
		}
		for text, size := data.FixedLenByteArray(); size > 0 && len(text) >= size; text = text[size:] {
			b.Bytes(text[:size])
		}
	case parquet.Int32:
		for _, v := range data.Int32() {
			s.ID(uint64(v))
		}
	case parquet.Double:
		for _, v := range data.Double() {
			if v >= 1 && v < 1<<53 && v == math.Trunc(v) {
				s.ID(uint64(v))
			}
		}
	case parquet.Boolean, parquet.Float: // neither can tell ten digits
	default:
		return errors.New("a kind of column that is not known")
	}
	return nil
}

// SaysTouched reports whether a file that was searched has no column but those
// that say whose rows in lower layers do not count any more.
func SaysTouched(c Contents) bool { return slices.Equal(c.Columns, columnsOf(row.Touched{})) }

// SaysLinks reports whether a file that was searched has no column but those
// that say which record refers to which, by their keys.
func SaysLinks(c Contents) bool {
	mine := columnsOf(row.Link{})
	return len(c.Columns) == len(mine) && !slices.ContainsFunc(c.Columns, func(name string) bool { return !slices.Contains(mine, name) })
}

func columnsOf(r any) (names []string) {
	for _, path := range parquet.SchemaOf(r).Columns() {
		names = append(names, path[0])
	}
	return names
}

package tabular

import (
	"errors"
	"io"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/pipeline/source"
)

var errDamaged = errors.New("damaged Parquet file")

// openParquet opens a Parquet file. Whatever is wrong with it is errDamaged:
// the library's own words may repeat what stands in the file.
func openParquet(f *os.File) (pf *parquet.File, err error) {
	defer func() {
		if recover() != nil {
			pf, err = nil, errDamaged
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pf, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, errDamaged
	}
	return pf, nil
}

// names returns the names of a file's columns. Those that are no plain column
// are told by an empty name, which no mapping has.
func names(pf *parquet.File) []string {
	var all []string
	for _, c := range pf.Root().Columns() {
		name := c.Name()
		if !c.Leaf() || c.Repeated() || writerOf(c) == nil {
			name = ""
		}
		for range leaves(c) {
			all = append(all, name)
		}
	}
	return all
}

// leaves returns how many columns a node of the schema stands for.
func leaves(c *parquet.Column) int {
	if c.Leaf() {
		return 1
	}
	n := 0
	for _, child := range c.Columns() {
		n += leaves(child)
	}
	return n
}

// parquetShards gives each row group of a file a shard of its own.
func parquetShards(whole source.Shard, t *table, f *os.File) ([]source.Shard, error) {
	pf, err := openParquet(f)
	if err == errDamaged {
		return []source.Shard{whole}, nil // Read rejects it
	}
	if err != nil {
		return nil, err
	}
	if _, lack := t.layout(names(pf), source.Rows); lack != nil {
		return nil, lack
	}
	begins := groupBegins(pf)
	if len(begins) < 2 {
		return []source.Shard{whole}, nil
	}
	var list []source.Shard
	for i, from := range begins {
		to := whole.Bytes
		if i+1 < len(begins) {
			to = begins[i+1]
		}
		list = append(list, source.Shard{File: whole.File, Offset: from, Length: to - from, Bytes: to - from})
	}
	return list, nil
}

// groupBegins returns where the row groups of a file begin, the first at 0. A
// file whose groups do not lie one behind the other has none.
func groupBegins(pf *parquet.File) []int64 {
	var begins []int64
	for _, g := range pf.Metadata().RowGroups {
		from := int64(-1)
		for _, c := range g.Columns {
			at := c.MetaData.DataPageOffset
			if d := c.MetaData.DictionaryPageOffset; d > 0 {
				at = min(at, d)
			}
			if from < 0 || at < from {
				from = at
			}
		}
		if n := len(begins); n > 0 && from <= begins[n-1] || from >= pf.Size() {
			return nil
		}
		begins = append(begins, from)
	}
	if len(begins) > 0 {
		begins[0] = 0
	}
	return begins
}

// readParquet decodes the row groups of a shard. The line of a record is its
// row.
func readParquet(d *decoder, t *table, f *os.File, sh source.Shard) error {
	pf, err := openParquet(f)
	if err == errDamaged {
		return d.refuse(0, "", errDamaged.Error())
	}
	if err != nil {
		return err
	}
	l, lack := t.layout(names(pf), d.pass)
	if lack != nil {
		return d.refuse(0, roleInfo[lack.role].name, lack.reason)
	}
	d.bind(l)
	line, begins := int64(1), groupBegins(pf)
	for i, g := range pf.RowGroups() {
		mine := sh.Length == 0 || i < len(begins) && begins[i] >= sh.Offset && begins[i] < sh.Offset+sh.Length
		if mine {
			if err := readGroup(d, pf, g, line, sh.Picked); err != nil {
				return err
			}
		}
		line += g.NumRows()
	}
	return nil
}

// readGroup decodes one row group, of which line is the first row: all of its
// rows, or those that are picked, which lie where their row is.
func readGroup(d *decoder, pf *parquet.File, g parquet.RowGroup, line int64, only *[]source.Span) error {
	end := line + g.NumRows()
	var picked []source.Span
	if only != nil {
		picked = slices.DeleteFunc(slices.Clone(*only), func(s source.Span) bool { return s.From < line || s.From >= end })
		if len(picked) == 0 {
			return nil
		}
	}
	cells, ok := openCells(d.layout, pf, g)
	defer closeCells(cells)
	if !ok {
		return d.refuse(line, "", errDamaged.Error())
	}
	for ; line < end; line++ {
		skip := int64(0)
		if only != nil {
			if len(picked) == 0 {
				return nil
			}
			skip, picked = picked[0].From-line, picked[1:]
		}
		line += skip
		if d.fill(cells, skip) != nil {
			return d.refuse(line, "", errDamaged.Error())
		}
		d.from, d.size = line, 1
		if err := d.row(line); err != nil {
			return err
		}
	}
	return nil
}

// fill sets the cells to those of the next row but skip.
func (d *decoder) fill(cells []*cellReader, skip int64) error {
	for slot, c := range cells {
		if c == nil {
			continue
		}
		if err := c.skip(skip); err != nil {
			return err
		}
		cell, err := c.next()
		if err != nil {
			return err
		}
		d.cells[slot] = trim(cell)
	}
	return nil
}

// cellReader gives the values of one column as text, one after the other.
type cellReader struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    []parquet.Value
	held   []parquet.Value
	write  func(dst []byte, v parquet.Value) []byte
	text   []byte
}

// openCells opens the mapped columns of a row group, by slot.
func openCells(l *layout, pf *parquet.File, g parquet.RowGroup) (cells []*cellReader, ok bool) {
	cells = make([]*cellReader, len(l.columns))
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	chunks := g.ColumnChunks()
	var plain []*parquet.Column
	for _, c := range pf.Root().Columns() {
		plain = append(plain, slices.Repeat([]*parquet.Column{c}, leaves(c))...)
	}
	for slot, i := range l.columns {
		if i >= 0 {
			cells[slot] = &cellReader{pages: chunks[i].Pages(), buf: make([]parquet.Value, 512), write: writerOf(plain[i])}
		}
	}
	return cells, true
}

func closeCells(cells []*cellReader) {
	defer func() { _ = recover() }() // what is damaged has been rejected already
	for _, c := range cells {
		if c != nil {
			parquet.Release(c.page)
			c.pages.Close()
		}
	}
}

// next returns the next value as text, nothing for a null. It is valid until
// next is called again.
func (c *cellReader) next() ([]byte, error) {
	if len(c.held) == 0 {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	v := c.held[0]
	c.held = c.held[1:]
	if v.IsNull() {
		return nil, nil
	}
	if v.Kind() == parquet.ByteArray || v.Kind() == parquet.FixedLenByteArray {
		return v.ByteArray(), nil
	}
	c.text = c.write(c.text[:0], v)
	return c.text, nil
}

// skip passes over values.
func (c *cellReader) skip(n int64) error {
	for n > int64(len(c.held)) {
		n -= int64(len(c.held))
		if err := c.fill(); err != nil {
			return err
		}
	}
	c.held = c.held[n:]
	return nil
}

// fill reads more values.
func (c *cellReader) fill() (err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	for {
		if c.values != nil {
			n, err := c.values.ReadValues(c.buf)
			if c.held = c.buf[:n]; n > 0 {
				return nil
			}
			if err != nil && err != io.EOF {
				return errDamaged
			}
			c.values = nil
			parquet.Release(c.page)
			c.page = nil
		}
		if c.page, err = c.pages.ReadPage(); err != nil {
			c.page = nil
			return errDamaged
		}
		c.values = c.page.Values()
	}
}

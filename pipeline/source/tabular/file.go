package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/scan"
)

// form is how a file is packed, seen from its first bytes.
type form uint8

const (
	plain form = iota
	gzipped
	zstandard
	columnar // Parquet
)

func formOf(head []byte) form {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return gzipped
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return zstandard
	case bytes.HasPrefix(head, []byte("PAR1")):
		return columnar
	}
	return plain
}

// open opens a file of the feed and looks at its first bytes.
func (s *Source) open(name string) (*os.File, form, error) {
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, plain, err
	}
	head := make([]byte, 4)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		f.Close()
		return nil, plain, err
	}
	return f, formOf(head[:n]), nil
}

// text is the unpacked text of a file.
type text struct {
	*bufio.Reader
	close func()
	form  form
	mark  int64 // bytes of a byte order mark that was passed over
	fail  error // of the unpacker's beginning
}

// unpack returns the text of a file.
func unpack(f io.Reader, form form) *text {
	t := &text{form: form, close: func() {}}
	var src io.Reader = f
	switch form {
	case gzipped:
		z, err := gzip.NewReader(bufio.NewReader(f))
		if t.fail = err; err == nil {
			src = z
		}
	case zstandard:
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
		if t.fail = err; err == nil {
			src, t.close = z, z.Close
		}
	}
	t.Reader = bufio.NewReaderSize(src, sniffed)
	return t
}

// why turns the error that ended the text into a reason, or into none at its
// proper end.
func (t *text) why(err error) string {
	switch {
	case t.fail == nil && err == io.EOF:
		return ""
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "compressed file is truncated"
	case t.form == plain:
		return "file cannot be read further"
	}
	return "compressed file is damaged"
}

const sniffed = 512

// foreign says why the text is no CSV table in UTF-8, and passes over a byte
// order mark.
func (t *text) foreign() string {
	if t.fail != nil {
		return t.why(t.fail)
	}
	head, _ := t.Peek(sniffed) // whatever error there is comes again when reading
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")),
		len(head) >= 2 && (head[0] == 0) != (head[1] == 0):
		return "UTF-16 text, UTF-8 is needed"
	case bytes.IndexByte(head, 0) >= 0:
		return "not a text file"
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		t.Discard(3)
		t.mark = 3
	}
	return ""
}

// csvText is a CSV text whose header has been read.
type csvText struct {
	*text
	*records
	layout *layout
	fault  string // why there is no table
	lack   *lack  // the column that is missing
	whole  bool   // the header is a whole line
}

// header reads the header of a CSV text.
func (t *table) header(txt *text, pass source.Pass) csvText {
	c := csvText{text: txt}
	if c.fault = txt.foreign(); c.fault != "" {
		return c
	}
	c.records = newRecords(txt, t.delim, 1, txt.why)
	c.off = txt.mark
	if !c.next() {
		if c.fault = c.records.fault; c.fault == "" {
			c.fault = "the file is empty"
		}
		return c
	}
	if c.fault = c.records.fault; c.fault != "" {
		return c
	}
	names := make([]string, len(c.cells))
	for i := range names {
		names[i] = string(trim(c.cell(i)))
	}
	c.whole = c.p > 0 && c.buf[c.p-1] == '\n'
	c.layout, c.lack = t.layout(names, pass)
	return c
}

// read decodes a shard, whatever the file is.
func (s *Source) read(d *decoder, t *table, sh source.Shard) error {
	f, form, err := s.open(sh.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if form == columnar {
		return readParquet(d, t, f, sh)
	}
	return s.readCSV(d, t, f, form, sh)
}

// readCSV decodes a CSV file, or a block of one. It passes the header even to
// reach a block that lies behind it.
func (s *Source) readCSV(d *decoder, t *table, f *os.File, form form, sh source.Shard) error {
	var src io.Reader = f
	if sh.Offset == 0 && sh.Length > 0 {
		src = io.LimitReader(f, sh.Length)
	}
	txt := unpack(src, form)
	defer txt.close()
	c := t.header(txt, d.pass)
	switch {
	case c.fault != "":
		return d.refuse(1, "", c.fault)
	case c.lack != nil && !c.whole:
		return d.refuse(1, roleInfo[c.lack.role].name, "the header is cut off")
	case c.lack != nil:
		return d.refuse(1, roleInfo[c.lack.role].name, c.lack.reason)
	}
	d.bind(c.layout)
	if sh.Picked != nil {
		return d.picked(f, t, *sh.Picked)
	}
	if sh.Offset > 0 {
		line, err := s.lineAt(f, sh)
		if err != nil {
			return err
		}
		block := unpack(io.NewSectionReader(f, sh.Offset, sh.Length), plain)
		records := newRecords(block, t.delim, line, block.why)
		records.off = sh.Offset
		return d.lines(records)
	}
	d.packed = form != plain
	return d.lines(c.records)
}

// picked decodes single records of a plain CSV file.
func (d *decoder) picked(f *os.File, t *table, spans []source.Span) error {
	r := newRecords(nil, t.delim, 1, nil)
	r.ended = true
	for p := scan.NewPicks(f, spans); ; {
		text, from, err := p.Next()
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return err
		}
		r.buf, r.p, r.off = append(r.buf[:0], text...), 0, from
		if err := d.lines(r); err != nil {
			return err
		}
	}
}

// lines decodes every record of a table.
func (d *decoder) lines(r *records) error {
	for r.next() {
		if r.fault == "" && len(r.cells) != d.layout.width {
			r.refuse("wrong number of columns")
		}
		if r.fault != "" {
			if err := d.refuse(r.line, "", r.fault); err != nil {
				return err
			}
			continue
		}
		for slot, column := range d.layout.columns {
			if column >= 0 {
				d.cells[slot] = trim(r.cell(column))
			}
		}
		if d.from, d.size = r.span(); d.packed {
			d.from, d.size = 0, 0
		}
		if err := d.row(r.line); err != nil {
			return err
		}
	}
	if r.fault != "" {
		return d.refuse(r.line, "", r.fault)
	}
	return nil
}

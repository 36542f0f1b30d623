package gpconnect

import (
	"bytes"
	"errors"

	"secondaryuse/pipeline/source/scan"
)

// limit is the largest file, in bytes and unpacked, that is read.
const limit = 256 << 20

// document is a file as a whole.
type document struct {
	text  []byte
	fault string // why it cannot be read
	line  int64  // where
}

// load reads a file, packed or not. It keeps the line ends, so that a place in
// the text has the number of its line. size is about how large the text is.
func load(path string, size int64) (d document, err error) {
	l, err := scan.Open(path, 0, 0, limit)
	if err != nil {
		return d, err
	}
	defer l.Close()
	d.text = make([]byte, 0, min(size+1, limit))
	for n := int64(1); l.Next(); {
		if d.fault = l.Fault(); d.fault == "" && len(d.text) > limit {
			d.fault = "file too large"
		}
		if d.line = l.Number(); d.fault != "" {
			return d, nil
		}
		for ; n < d.line; n++ { // the end of the line before, and lines that are blank
			d.text = append(d.text, '\n')
		}
		d.text = append(d.text, l.Bytes()...)
		l.Release()
	}
	if err := l.Err(); err != nil {
		return d, err
	}
	if d.fault = l.Fault(); d.fault != "" {
		d.line = l.Number()
		return d, nil
	}
	d.check()
	return d, nil
}

// check says why the text is no JSON text.
func (d *document) check() {
	var c scan.Cursor
	c.Reset(d.text)
	c.Skip()
	var e *scan.Error
	switch {
	case len(d.text) == 0:
		d.fault, d.line = "the file is empty", 1
	case errors.As(c.End(), &e):
		d.fault, d.line = e.Reason, d.lineOf(e.Offset)
	}
}

func (d *document) lineOf(offset int) int64 {
	return int64(bytes.Count(d.text[:min(offset, len(d.text)-1)], []byte{'\n'})) + 1
}

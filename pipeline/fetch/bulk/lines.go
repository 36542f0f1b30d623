package bulk

import (
	"bytes"
	"errors"
)

var (
	errLine   = errors.New("a line is not a resource")
	errSubset = errors.New("the server has cut resources short (SUBSETTED), which was not asked for")
)

// lineCheck is a writer that counts lines, and looks whether each could be a
// resource and is whole. A blank line is none. One that could not be is let
// through, and rejected when it is read, unless what is wrong may be the file.
type lineCheck struct {
	whole  bool // resources that were cut short are refused
	strict bool // so is any line that is no resource
	lines  int64

	first, last byte // of the line, without blanks
	typed       bool // the line has a resourceType
	typ, subset finder
	some, odd   bool // there was a resource; the last line was none
}

func newLineCheck(whole, strict bool) *lineCheck {
	return &lineCheck{whole: whole, strict: strict, typ: finder{text: []byte(`"resourceType"`)}, subset: finder{text: []byte(`"SUBSETTED"`)}}
}

// Write looks at a piece.
func (c *lineCheck) Write(p []byte) (int, error) {
	if c.whole && c.subset.in(p) {
		return 0, errSubset
	}
	if bytes.IndexByte(p, 0) >= 0 {
		return 0, errLine // no text: a reader would give the whole file up
	}
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		c.see(line)
		if ended {
			if err := c.end(); err != nil {
				return 0, err
			}
		}
		rest = after
	}
	return len(p), nil
}

func (c *lineCheck) see(piece []byte) {
	c.typed = c.typed || c.typ.in(piece)
	if piece = bytes.TrimSpace(piece); len(piece) == 0 {
		return
	}
	if c.first == 0 {
		c.first = piece[0]
	}
	c.last = piece[len(piece)-1]
}

// end ends a line.
func (c *lineCheck) end() error {
	if c.first == 0 {
		return nil
	}
	c.odd = c.first != '{' || c.last != '}' || !c.typed
	if c.odd && (c.strict || c.lines == 0 && c.first > '~') { // what begins so may be no text
		return errLine
	}
	c.some = c.some || c.typed
	c.first, c.last, c.typed, c.typ.tail = 0, 0, false, nil
	c.lines++
	return nil
}

// close ends the file, of which the manifest counts the lines, or does not.
// Where none is a resource it is something else, such as a proxy's excuse. So
// may its last line be, or a resource that was cut off: that is let through
// only where the line has an end, and is counted.
func (c *lineCheck) close(counted bool) error {
	torn := c.first != 0
	if err := c.end(); err != nil {
		return err
	}
	if c.lines > 0 && !c.some || c.odd && (torn || !counted) {
		return errLine
	}
	return nil
}

// finder looks for a text in what comes in pieces.
type finder struct {
	text []byte
	tail []byte // the end of the pieces before: shorter than text
}

// in reports whether the text ends in this piece.
func (f *finder) in(p []byte) bool {
	if bytes.Contains(p, f.text) {
		return true
	}
	seam := append(f.tail, p[:min(len(p), len(f.text)-1)]...)
	if bytes.Contains(seam, f.text) {
		return true
	}
	if len(p) >= len(f.text) {
		seam = p
	}
	f.tail = bytes.Clone(seam[max(0, len(seam)-len(f.text)+1):])
	return false
}

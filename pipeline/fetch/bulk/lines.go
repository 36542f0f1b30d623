package bulk

import (
	"bytes"
	"errors"
)

var (
	errLine   = errors.New("a line is not a resource")
	errSubset = errors.New("the server has cut resources short (SUBSETTED), which was not asked for")
)

// lineCheck is a writer that counts lines, and holds that each looks like a
// resource and is whole. A blank line is none.
type lineCheck struct {
	whole bool // resources that were cut short are refused
	lines int64

	first, last byte // of the line, without blanks
	typed       bool // the line has a resourceType
	typ, subset finder
}

func newLineCheck(whole bool) *lineCheck {
	return &lineCheck{whole: whole, typ: finder{text: []byte(`"resourceType"`)}, subset: finder{text: []byte(`"SUBSETTED"`)}}
}

// Write looks at a piece.
func (c *lineCheck) Write(p []byte) (int, error) {
	if c.whole && c.subset.in(p) {
		return 0, errSubset
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
	if c.first != '{' || c.last != '}' || !c.typed {
		return errLine
	}
	c.first, c.last, c.typed, c.typ.tail = 0, 0, false, nil
	c.lines++
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

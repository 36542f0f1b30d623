package apple

import (
	"bytes"

	"secondaryuse/pipeline/source/wearable"
)

// token is what a scanner has come to.
type token uint8

const (
	start  token = iota // a start tag: name, attributes, empty
	end                 // an end tag: name
	broken              // a tag that is not well formed; the scanner has passed over its "<"
	eof                 // the end of the file
)

// maxTag is how long a tag may be.
const maxTag = 1 << 20

// attribute is a name and a value as it stands in the file, references to
// entities and all.
type attribute struct{ name, value []byte }

// scanner goes forward over the tags of an XML document. Text, comments,
// CDATA sections, processing instructions and the document type are passed
// over; what the document type declares is not applied.
//
// It takes well formed documents as encoding/xml does, but does not hold a
// whole document to being well formed.
type scanner struct {
	wearable.Window
	line       int64 // of the tag
	name       []byte
	attributes []attribute
	empty      bool // the start tag is an empty element
	cut        bool // the file ended inside something
	tagged     int  // length of the tag in sight, to be passed over
}

// next goes on to the next tag. What the one before pointed to is no longer
// valid.
func (x *scanner) next() token {
	x.Skip(x.tagged)
	x.tagged = 0
	for {
		if !x.seek('<') {
			return eof
		}
		x.line = x.Line()
		b := x.atLeast(2)
		if len(b) < 2 {
			x.cut = true
			x.Skip(len(b))
			return eof
		}
		switch b[1] {
		case '?':
			x.pass(2, "?>")
		case '!':
			x.declaration()
		default:
			return x.tag()
		}
	}
}

// seek moves on to the next c.
func (x *scanner) seek(c byte) bool {
	for {
		b := x.Bytes()
		if i := bytes.IndexByte(b, c); i >= 0 {
			x.Skip(i)
			return true
		}
		x.Skip(len(b))
		if !x.More() {
			return false
		}
	}
}

// atLeast brings n bytes into sight, if there are so many.
func (x *scanner) atLeast(n int) []byte {
	for len(x.Bytes()) < n && x.More() {
	}
	return x.Bytes()
}

// pass moves on behind the next delimiter after n bytes.
func (x *scanner) pass(n int, delimiter string) {
	x.Skip(min(n, len(x.Bytes())))
	d := []byte(delimiter)
	for {
		b := x.Bytes()
		if i := bytes.Index(b, d); i >= 0 {
			x.Skip(i + len(d))
			return
		}
		x.Skip(max(0, len(b)-len(d)+1))
		if !x.More() {
			x.cut = true
			x.Skip(len(x.Bytes()))
			return
		}
	}
}

// declaration passes over a comment, a CDATA section or a document type.
func (x *scanner) declaration() {
	switch b := x.atLeast(9); {
	case bytes.HasPrefix(b, []byte("<!--")):
		x.pass(4, "-->")
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		x.pass(9, "]]>")
	default:
		x.Skip(2)
		x.doctype()
	}
}

// doctype passes over a document type with its internal subset. Exports of
// some versions of iOS have declarations in it that are not well formed, so
// that nothing but comments, brackets and the closing angle is looked at.
func (x *scanner) doctype() {
	inside := false
	for {
		b := x.Bytes()
		i := bytes.IndexAny(b, "<>[]")
		if i < 0 {
			x.Skip(len(b))
			if !x.More() {
				x.cut = true
				return
			}
			continue
		}
		c := b[i]
		x.Skip(i)
		if c == '<' && bytes.HasPrefix(x.atLeast(4), []byte("<!--")) {
			x.pass(4, "-->")
			continue
		}
		x.Skip(1)
		switch {
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case c == '>' && !inside:
			return
		}
	}
}

// tag reads the tag that begins in sight.
func (x *scanner) tag() token {
	for {
		b := x.Bytes()
		n, t := x.parse(b)
		switch {
		case n > 0 && n <= maxTag:
			x.tagged = n
			return t
		case n != 0 || len(b) > maxTag:
			x.Skip(1)
			return broken
		case !x.More():
			x.cut = true
			x.Skip(len(x.Bytes()))
			return eof
		}
	}
}

// parse reads the tag at the beginning of b. It returns its length, 0 where
// its end is not in sight, and less where it is not well formed.
func (x *scanner) parse(b []byte) (n int, t token) {
	p, t := 1, start
	if b[1] == '/' {
		p, t = 2, end
	}
	from := p
	p = nameEnd(b, p)
	x.name, x.attributes, x.empty = b[from:p], x.attributes[:0], false
	if p == from && p < len(b) {
		return -1, broken
	}
	for {
		p = spaceEnd(b, p)
		switch {
		case p+1 >= len(b) && (p == len(b) || b[p] != '>'):
			return 0, t
		case b[p] == '>':
			return p + 1, t
		case b[p] == '/' && b[p+1] == '>' && t == start:
			x.empty = true
			return p + 2, t
		case t == end:
			return -1, broken
		}
		if p = x.attribute(b, p); p <= 0 {
			return p, t
		}
	}
}

// attribute reads the attribute at b[p:] and returns where it ends, 0 or less
// as parse does.
func (x *scanner) attribute(b []byte, p int) int {
	from := p
	p = nameEnd(b, p)
	name := b[from:p]
	p = spaceEnd(b, p)
	if p == len(b) {
		return 0
	}
	if len(name) == 0 || b[p] != '=' {
		return -1
	}
	p = spaceEnd(b, p+1)
	if p == len(b) {
		return 0
	}
	quote := b[p]
	if quote != '"' && quote != '\'' {
		return -1
	}
	p++
	n := bytes.IndexByte(b[p:], quote)
	value := b[p:]
	if n >= 0 {
		value = b[p : p+n]
	}
	if bytes.IndexByte(value, '<') >= 0 {
		return -1 // a quote is missing
	}
	if n < 0 {
		return 0
	}
	x.attributes = append(x.attributes, attribute{name, value})
	return p + n + 1
}

func nameEnd(b []byte, p int) int {
	for p < len(b) && inName[b[p]] {
		p++
	}
	return p
}

func spaceEnd(b []byte, p int) int {
	for p < len(b) && (b[p] == ' ' || b[p] == '\n' || b[p] == '\t' || b[p] == '\r') {
		p++
	}
	return p
}

// inName holds what may stand in a name; what lies beyond ASCII is not
// looked at.
var inName = func() (t [256]bool) {
	for c := range t {
		b := byte(c)
		t[c] = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
			b == '_' || b == '-' || b == '.' || b == ':' || b >= 0x80
	}
	return t
}()

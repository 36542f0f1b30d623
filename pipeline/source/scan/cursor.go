// Package scan reads JSON texts and files of them in one forward pass.
//
// A Cursor walks over one JSON text that is wholly in memory. It allocates
// nothing, goes through every byte once, and accepts exactly the texts that
// encoding/json accepts, but for a limit on nesting. Lines cuts a file, plain
// or compressed, into its lines.
//
// Errors say where a text is broken and in which way, never what stood there.
package scan

import "strconv"

// MaxDepth is how deep arrays and objects may be nested.
const MaxDepth = 1000

// Error says where a JSON text is broken. Reason is a constant.
type Error struct {
	Offset int // from 0
	Reason string
}

func (e *Error) Error() string {
	return "byte " + strconv.Itoa(e.Offset) + ": " + e.Reason
}

// Cursor walks forward over one JSON text. Every method first passes over
// white space. The first error stays: from then on every method returns the
// zero value of its kind, so a caller may look at Err once at the end.
//
// The caller must consume the value of every member and element, with Skip at
// the least, before it asks for the next.
type Cursor struct {
	b       []byte
	p       int
	depth   int
	open    bool // an object or array has just been entered
	err     *Error
	scratch []byte                  // unescaped strings
	kinds   [MaxDepth/64 + 1]uint64 // of open containers in Skip: 1 is an object
}

// Reset begins a new text. What Str has returned before is no longer valid.
func (c *Cursor) Reset(b []byte) {
	c.scratch = c.scratch[:0]
	c.Follow(b)
}

// Follow begins a new text as Reset does, but what Str has returned before
// stays valid until the next Reset.
func (c *Cursor) Follow(b []byte) {
	c.b, c.p, c.depth, c.open, c.err = b, 0, 0, false, nil
}

// Err returns the first error, an *Error, or nil.
func (c *Cursor) Err() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// Pos returns how many bytes have been consumed.
func (c *Cursor) Pos() int { return c.p }

// End returns an error if there has been one, or if anything but white space
// is left.
func (c *Cursor) End() error {
	if c.peek(); c.p < len(c.b) {
		c.fail(c.p, "text after the value")
	}
	return c.Err()
}

// fail keeps the first error and lets every later call find the end of the
// text.
func (c *Cursor) fail(at int, reason string) {
	if c.err == nil {
		c.err = &Error{at, reason}
	}
	c.p = at
	c.b = c.b[:min(at, len(c.b))]
}

// peek passes over white space and returns the next byte, 0 at the end.
func (c *Cursor) peek() byte {
	b, p := c.b, c.p
	for p < len(b) {
		x := b[p]
		if x > ' ' || !isSpace[x] {
			c.p = p
			return x
		}
		p++
	}
	c.p = p
	return 0
}

// Kind returns what the next value is: '{', '[', '"', '0' for a number, 't' or
// 'f' for a boolean, 'n' for null, and 0 for anything else, an error and the
// end of the text. It consumes nothing.
func (c *Cursor) Kind() byte { return kinds[c.peek()] }

// Object enters the object that comes next.
func (c *Cursor) Object() bool { return c.enter('{', "not an object") }

// Array enters the array that comes next.
func (c *Cursor) Array() bool { return c.enter('[', "not an array") }

func (c *Cursor) enter(bracket byte, reason string) bool {
	if c.peek() != bracket {
		c.fail(c.p, reason)
		return false
	}
	if c.depth == MaxDepth {
		c.fail(c.p, "nested too deep")
		return false
	}
	c.p++
	c.depth++
	c.open = true
	return true
}

// Next goes on to the next member of the object that was entered last and
// returns its name. At the closing brace, which it consumes, and on an error
// it returns false. The name is valid as long as what Str returns.
func (c *Cursor) Next() (key []byte, ok bool) {
	if key, ok = c.compact(); ok {
		return key, true
	}
	if !c.more('}') {
		return nil, false
	}
	if c.peek() != '"' {
		c.fail(c.p, "no name of a member")
		return nil, false
	}
	key = c.Str()
	if c.peek() != ':' {
		c.fail(c.p, "no colon after a name")
		return nil, false
	}
	c.p++
	return key, true
}

// compact reads the name of a member where no white space and no escape stands
// in its way. It reports false, and has done nothing, in every other case.
func (c *Cursor) compact() ([]byte, bool) {
	b, p := c.b, c.p
	if !c.open {
		if p >= len(b) || b[p] != ',' {
			return nil, false
		}
		p++
	}
	if p >= len(b) || b[p] != '"' {
		return nil, false
	}
	start := p + 1
	end, seen := quoted(b, start)
	if seen != 0 || end+1 >= len(b) || b[end+1] != ':' {
		return nil, false
	}
	c.p, c.open = end+2, false
	return b[start:end], true
}

// Elem goes on to the next element of the array that was entered last. At the
// closing bracket, which it consumes, and on an error it returns false.
func (c *Cursor) Elem() bool { return c.more(']') }

// more consumes the comma before a further member or element, if there is one,
// or else the closing bracket.
func (c *Cursor) more(bracket byte) bool {
	x := c.peek()
	first := c.open
	c.open = false
	switch {
	case x == bracket && c.depth > 0:
		c.p++
		c.depth--
		return false
	case c.err != nil:
		return false
	case first:
		return true
	case x == ',':
		c.p++
		return true
	}
	c.fail(c.p, "no comma after a value")
	return false
}

// Bool consumes a boolean.
func (c *Cursor) Bool() bool {
	switch c.peek() {
	case 't':
		return c.literal("true")
	case 'f':
		c.literal("false")
		return false
	}
	c.fail(c.p, "not a boolean")
	return false
}

// Null consumes a null if one is next, and reports whether it did.
func (c *Cursor) Null() bool {
	return c.peek() == 'n' && c.literal("null")
}

func (c *Cursor) literal(word string) bool {
	end := c.p + len(word)
	if end > len(c.b) || string(c.b[c.p:end]) != word {
		c.fail(c.p, "not a JSON value")
		return false
	}
	c.p = end
	return true
}

var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

var kinds = [256]byte{
	'{': '{', '[': '[', '"': '"', 't': 't', 'f': 'f', 'n': 'n', '-': '0',
	'0': '0', '1': '0', '2': '0', '3': '0', '4': '0', '5': '0', '6': '0', '7': '0', '8': '0', '9': '0',
}

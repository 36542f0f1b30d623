package scan

// Rest returns the text from the next value on.
func (c *Cursor) Rest() []byte {
	c.peek()
	return c.b[c.p:]
}

// Jump consumes the next n bytes without looking at them. They must be one
// whole object or array that a cursor has consumed before, byte for byte: it
// was well formed then, and it is now.
func (c *Cursor) Jump(n int) {
	c.p += n
	c.open = false
}

// Leave consumes the next n bytes without looking at them, and with them the
// object that was entered last. They must be its rest, from behind a value to
// the closing brace, as a cursor has consumed it before, byte for byte.
func (c *Cursor) Leave(n int) {
	c.Jump(n)
	c.depth--
}

// Only consumes the next value if it is an object of one member, whose name and
// quotes open writes out as in {"name":", and whose value is a string without
// escapes, all in ASCII and without white space. It returns that string. In
// every other case it has done nothing.
func (c *Cursor) Only(open string) (s []byte, ok bool) {
	b, start := c.b, c.p+len(open)
	if start > len(b) || string(b[c.p:start]) != open || c.depth == MaxDepth {
		return nil, false
	}
	end, seen := quoted(b, start)
	if seen != 0 || end+1 >= len(b) || b[end+1] != '}' {
		return nil, false
	}
	c.p, c.open = end+2, false
	return b[start:end], true
}

// Depth returns how many objects and arrays are open.
func (c *Cursor) Depth() int { return c.depth }

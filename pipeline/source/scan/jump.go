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

// Depth returns how many objects and arrays are open.
func (c *Cursor) Depth() int { return c.depth }

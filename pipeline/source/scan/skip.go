package scan

// Raw consumes the next value as Skip does and returns its bytes as they
// stand.
func (c *Cursor) Raw() []byte {
	c.peek()
	start := c.p
	c.Skip()
	if c.err != nil {
		return nil
	}
	return c.b[start:c.p]
}

// Skip consumes the next value, whatever it is, and checks that it is well
// formed to the last byte.
func (c *Cursor) Skip() {
	base := c.depth
	c.open = false
	for {
		switch kinds[c.peek()] {
		case '"':
			c.skipString()
		case '0':
			c.skipNumber()
		case '{':
			if c.push(true) {
				continue
			}
		case '[':
			if c.push(false) {
				continue
			}
		case 't':
			c.literal("true")
		case 'f':
			c.literal("false")
		case 'n':
			c.literal("null")
		default:
			c.fail(c.p, "not a JSON value")
		}
		if c.err != nil || !c.follows(base) {
			return
		}
	}
}

// push enters a container in Skip. It reports true when a value comes next and
// false when the container was empty and is already left, or on an error.
func (c *Cursor) push(object bool) bool {
	if c.depth == MaxDepth {
		c.fail(c.p, "nested too deep")
		return false
	}
	c.p++
	word, bit := &c.kinds[c.depth/64], uint64(1)<<(c.depth%64)
	if object {
		*word |= bit
		if c.peek() == '}' {
			c.p++
			return false
		}
		c.depth++
		return c.name()
	}
	*word &^= bit
	if c.peek() == ']' {
		c.p++
		return false
	}
	c.depth++
	return true
}

// follows goes on after a value in Skip, through the ends of containers. It
// reports whether a further value comes before the container at depth base is
// complete.
func (c *Cursor) follows(base int) bool {
	for c.depth > base {
		x := c.peek()
		top := c.depth - 1
		object := c.kinds[top/64]>>(top%64)&1 != 0
		switch {
		case x == ',':
			c.p++
			return !object || c.name()
		case x == '}' && object, x == ']' && !object:
			c.p++
			c.depth--
		default:
			c.fail(c.p, "no comma after a value")
			return false
		}
	}
	return false
}

// name consumes the name of a member and its colon.
func (c *Cursor) name() bool {
	if c.peek() != '"' {
		c.fail(c.p, "no name of a member")
		return false
	}
	c.skipString()
	if c.err != nil {
		return false
	}
	if c.peek() != ':' {
		c.fail(c.p, "no colon after a name")
		return false
	}
	c.p++
	return true
}

func (c *Cursor) skipString() {
	end, seen := quoted(c.b, c.p+1)
	if seen&broken != 0 {
		c.fail(end, reasonOf(seen))
		return
	}
	c.p = end + 1
}

func (c *Cursor) skipNumber() {
	end, form := number(c.b, c.p)
	if form == notNumber {
		c.fail(end, "not a number")
		return
	}
	c.p = end
}

package scan

import (
	"strconv"
	"unsafe"
)

// form is which kind of number a text is.
type form uint8

const (
	notNumber form = iota
	whole
	decimal
)

// number finds the end of the number that begins at p, or where it goes wrong.
func number(b []byte, p int) (int, form) {
	if p < len(b) && b[p] == '-' {
		p++
	}
	switch {
	case p < len(b) && b[p] == '0':
		p++
	case p < len(b) && b[p] > '0' && b[p] <= '9':
		p = digits(b, p)
	default:
		return p, notNumber
	}
	f := whole
	if p < len(b) && b[p] == '.' {
		end := digits(b, p+1)
		if end == p+1 {
			return end, notNumber
		}
		p, f = end, decimal
	}
	if p < len(b) && b[p]|0x20 == 'e' {
		start := p + 1
		if start < len(b) && (b[start] == '+' || b[start] == '-') {
			start++
		}
		end := digits(b, start)
		if end == start {
			return end, notNumber
		}
		p, f = end, decimal
	}
	return p, f
}

func digits(b []byte, p int) int {
	for p < len(b) && b[p]-'0' <= 9 {
		p++
	}
	return p
}

// take consumes a number and returns its text.
func (c *Cursor) take() ([]byte, form) {
	if kinds[c.peek()] != '0' {
		c.fail(c.p, "not a number")
		return nil, notNumber
	}
	start := c.p
	end, f := number(c.b, start)
	if f == notNumber {
		c.fail(end, "not a number")
		return nil, notNumber
	}
	c.p = end
	return c.b[start:end], f
}

// Float consumes a number. One beyond the range of a float64 is an error.
func (c *Cursor) Float() float64 {
	s, f := c.take()
	if f == notNumber {
		return 0
	}
	if v, ok := short(s); ok {
		return v
	}
	v, err := strconv.ParseFloat(unsafe.String(&s[0], len(s)), 64)
	if err != nil {
		c.fail(c.p-len(s), "number out of range")
		return 0
	}
	return v
}

// Int consumes a whole number, written without fraction and exponent.
func (c *Cursor) Int() int64 {
	s, f := c.take()
	if f == notNumber {
		return 0
	}
	if f != whole {
		c.fail(c.p-len(s), "not a whole number")
		return 0
	}
	v, err := strconv.ParseInt(unsafe.String(&s[0], len(s)), 10, 64)
	if err != nil {
		c.fail(c.p-len(s), "number out of range")
		return 0
	}
	return v
}

// short converts a number without exponent of at most 15 digits. Such a number
// is a quotient of two exact floats, so that one division rounds it rightly.
func short(s []byte) (float64, bool) {
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	if len(s) > 16 {
		return 0, false
	}
	var mantissa uint64
	places := -1
	for i, x := range s {
		switch d := x - '0'; {
		case d <= 9:
			mantissa = mantissa*10 + uint64(d)
		case x == '.':
			places = len(s) - 1 - i
		default:
			return 0, false
		}
	}
	if mantissa >= 1<<53 {
		return 0, false
	}
	v := float64(mantissa)
	if places > 0 {
		v /= tens[places]
	}
	if negative {
		v = -v
	}
	return v, true
}

var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

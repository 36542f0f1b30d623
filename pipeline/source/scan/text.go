package scan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Str consumes a string and returns it unescaped, with what is not UTF-8
// replaced as encoding/json does. The result is a view of the text where that
// needs no change, and else lies in memory of the cursor that stays as it is
// until Reset.
func (c *Cursor) Str() []byte {
	if c.peek() != '"' {
		c.fail(c.p, "not a string")
		return nil
	}
	start := c.p + 1
	end, seen := quoted(c.b, start)
	if seen&broken != 0 {
		c.fail(end, reasonOf(seen))
		return nil
	}
	c.p = end + 1
	s := c.b[start:end]
	if seen == 0 || seen == beyondASCII && utf8.Valid(s) {
		return s
	}
	return c.unescape(s)
}

// Text consumes a string as Str does if one is next, and else does nothing.
func (c *Cursor) Text() (s []byte, ok bool) {
	if c.peek() != '"' {
		return nil, false
	}
	s = c.Str()
	return s, c.err == nil
}

// sight is what was seen in a string.
type sight uint8

const (
	escaped sight = 1 << iota
	beyondASCII
	badEscape
	control
	unended

	broken = badEscape | control | unended
)

func reasonOf(s sight) string {
	switch {
	case s&badEscape != 0:
		return "bad escape in a string"
	case s&control != 0:
		return "control character in a string"
	}
	return "string without an end"
}

const (
	ones    = 0x0101010101010101
	highs   = 0x8080808080808080
	quotes  = ones * '"'
	slashes = ones * '\\'
	blanks  = ones * ' '
)

// quoted finds the end of the string whose text begins at p: the index of its
// closing quote, or of what is wrong with it. It looks at eight bytes at a
// time; in m, the lowest set bit belongs to the first byte that is a quote, a
// backslash, a control character or not ASCII. (Subtraction sets the high bit
// of a byte that was too small, and may set that of the bytes above it.)
func quoted(b []byte, p int) (end int, seen sight) {
	for last := len(b) - 8; p <= last; p += 8 {
		x := eight(b, p)
		m := (x | (x - blanks) | (x ^ quotes - ones) | (x ^ slashes - ones)) & highs
		if m != 0 {
			p += bits.TrailingZeros64(m) >> 3
			if p < len(b) && b[p] == '"' {
				return p, 0
			}
			break
		}
	}
	return quotedOn(b, p)
}

// eight returns the eight bytes at p, the first lowest. The caller has made
// sure that they are there.
func eight(b []byte, p int) uint64 {
	at := (*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), p))
	return binary.LittleEndian.Uint64(at[:])
}

// quotedOn goes on where there is more to see than plain ASCII, or fewer than
// eight bytes are left.
func quotedOn(b []byte, p int) (end int, seen sight) {
	for p < len(b) {
		switch x := b[p]; {
		case x == '"':
			return p, seen
		case x == '\\' || x < ' ':
			next, ok := special(b, p, &seen)
			if !ok {
				return next, seen
			}
			p = next
		case x >= utf8.RuneSelf:
			seen |= beyondASCII
			p++
		default:
			p = plain8(b, p) + 1
		}
	}
	return len(b), seen | unended
}

// plain8 passes over eight bytes of plain ASCII at a time, from p on where one
// stands, and returns the last of them.
func plain8(b []byte, p int) int {
	for last := len(b) - 8; p+1 <= last; p += 8 {
		x := eight(b, p+1)
		if (x|(x-blanks)|(x^quotes-ones)|(x^slashes-ones))&highs != 0 {
			break
		}
	}
	return p
}

// special passes over an escape sequence at p. It reports false for a control
// character and for a sequence that does not exist.
func special(b []byte, p int, seen *sight) (int, bool) {
	if b[p] != '\\' {
		*seen |= control
		return p, false
	}
	*seen |= escaped
	if p+1 >= len(b) {
		*seen |= unended
		return len(b), false
	}
	switch b[p+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return p + 2, true
	case 'u':
		if hex4(b[p+2:]) >= 0 {
			return p + 6, true
		}
	}
	*seen |= badEscape
	return p, false
}

// hex4 returns the value of four hexadecimal digits, or -1.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, x := range b[:4] {
		switch {
		case x >= '0' && x <= '9':
			x -= '0'
		case x >= 'a' && x <= 'f':
			x -= 'a' - 10
		case x >= 'A' && x <= 'F':
			x -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(x)
	}
	return r
}

// unescape writes s, a string that quoted has found whole, to the scratch
// memory. Where that must grow, what was returned before stays where it is.
func (c *Cursor) unescape(s []byte) []byte {
	if need := 3*len(s) + utf8.UTFMax; cap(c.scratch)-len(c.scratch) < need {
		c.scratch = make([]byte, 0, max(need, 2*cap(c.scratch), 1024))
	}
	start := len(c.scratch)
	d := c.scratch
	for len(s) > 0 {
		switch x := s[0]; {
		case x == '\\' && s[1] == 'u':
			var r rune
			r, s = escapedRune(s)
			d = utf8.AppendRune(d, r)
		case x == '\\':
			d = append(d, plainEscape[s[1]])
			s = s[2:]
		case x < utf8.RuneSelf:
			d = append(d, x)
			s = s[1:]
		default:
			r, n := utf8.DecodeRune(s)
			d = utf8.AppendRune(d, r)
			s = s[n:]
		}
	}
	c.scratch = d
	return d[start:len(d):len(d)]
}

// escapedRune reads the \u sequence that s begins with, and the second one of
// a surrogate pair. Half a pair becomes U+FFFD.
func escapedRune(s []byte) (rune, []byte) {
	r := hex4(s[2:])
	s = s[6:]
	if !utf16.IsSurrogate(r) {
		return r, s
	}
	if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[2:])); pair != utf8.RuneError {
			return pair, s[6:]
		}
	}
	return utf8.RuneError, s
}

var plainEscape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

package trace

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// near is how far from an escape what it belongs to can reach.
const near = longest

// escaped searches what stands there with escapes: those of JSON and of programs (\u00eb,
// \x39, \071, \n), of addresses of the web (%20), of HTML (&#39; &eacute;) and of mail
// (=C3), one in another. Only the neighbourhood of escapes is decoded.
func (s *Scanner) escaped(b []byte) {
	for i := 0; i < len(b); i++ {
		if !escapes[b[i]] {
			continue
		}
		if _, n := unescape(b[i:], make([]byte, 0, utf8.UTFMax)); n == 0 {
			continue
		}
		from, to := max(0, i-near), i
		for j := i; j < min(len(b), to+near); j++ {
			if escapes[b[j]] {
				to = j + 1
			}
		}
		to = min(len(b), to+near)
		s.unescaped(b[from:to], from)
		i = to - 1
	}
}

// unescaped searches a piece with escapes.
func (s *Scanner) unescaped(b []byte, at int) {
	out, from := s.spare[:0], s.from[:0]
	for i := range b {
		from = append(from, int32(at+i))
	}
	out = append(out, b...)
	for range 3 {
		changed := false
		n := 0
		for i := 0; i < len(out); {
			place := from[i]
			size := 0
			if escapes[out[i]] {
				var room [utf8.UTFMax]byte
				var as []byte
				if as, size = unescape(out[i:], room[:0]); size > 0 {
					changed = true
					for _, c := range as {
						out[n], from[n] = c, place
						n++
					}
					i += size
				}
			}
			if size == 0 {
				out[n], from[n] = out[i], place
				n, i = n+1, i+1
			}
		}
		if out, from = out[:n], from[:n]; !changed {
			break
		}
	}
	s.spare, s.from = out, from
	s.decoded(via{form: "escaped", from: from}, out, true)
}

// escapes are what escapes begin with.
var escapes = [256]bool{'\\': true, '%': true, '&': true, '=': true}

// unescape decodes the escape that a text begins with, and returns how long it is: 0 where
// there is none. What it comes to is never longer.
func unescape(b, to []byte) (as []byte, size int) {
	if len(b) < 2 {
		return to, 0
	}
	switch b[0] {
	case '\\':
		return backslash(b, to)
	case '%':
		if v, ok := hexed(b, 1, 2); ok {
			return append(to, byte(v)), 3
		}
	case '=': // of mails only what must be escaped there: a=12 says what a is
		if v, ok := hexed(b, 1, 2); ok && (v >= 0x80 || v == '=') {
			return append(to, byte(v)), 3
		} else if b[1] == '\n' {
			return to, 2
		} else if len(b) > 2 && b[1] == '\r' && b[2] == '\n' {
			return to, 3
		}
	case '&':
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if end < 2 || b[1] != '#' && classes[b[1]] < small {
			return to, 0
		}
		if text := html.UnescapeString(string(b[:end+1])); len(text) <= min(end, cap(to)) {
			return append(to, text...), end + 1
		}
	}
	return to, 0
}

func backslash(b, to []byte) (as []byte, size int) {
	switch c := b[1]; {
	case c == 'u':
		if v, ok := hexed(b, 2, 4); ok {
			return utf8.AppendRune(to, rune(v)), 6
		}
	case c == 'x':
		if v, ok := hexed(b, 2, 2); ok {
			return append(to, byte(v)), 4
		}
	case c >= '0' && c <= '3' && len(b) >= 4:
		if v, err := strconv.ParseUint(string(b[1:4]), 8, 8); err == nil {
			return append(to, byte(v)), 4
		}
	case c == 'n', c == 'r', c == 't', c == 'f', c == 'b':
		return append(to, '\n'), 2
	case c == '"', c == '\\', c == '/', c == '\'':
		return append(to, c), 2
	}
	return to, 0
}

// hexed reads n hexadecimal digits.
func hexed(b []byte, at, n int) (v int, ok bool) {
	if len(b) < at+n {
		return 0, false
	}
	for _, c := range b[at : at+n] {
		if four[c] == 0xff {
			return 0, false
		}
		v = v<<4 | int(four[c])
	}
	return v, true
}

package apple

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// unescape returns a value with its references to characters and to the five
// entities of XML resolved: the value itself where it has none, else in buf.
// It reports false for any other entity: none is ever expanded.
func unescape(value, buf []byte) (text, grown []byte, ok bool) {
	if bytes.IndexByte(value, '&') < 0 {
		return value, buf, true
	}
	from := len(buf)
	for {
		i := bytes.IndexByte(value, '&')
		if i < 0 {
			buf = append(buf, value...)
			return buf[from:], buf, true
		}
		buf = append(buf, value[:i]...)
		n := bytes.IndexByte(value[i:], ';')
		if n < 0 || n > 12 {
			return nil, buf, false
		}
		r, known := character(value[i+1 : i+n])
		if !known {
			return nil, buf, false
		}
		buf = utf8.AppendRune(buf, r)
		value = value[i+n+1:]
	}
}

// character returns what a reference stands for.
func character(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	v, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, false
	}
	return rune(v), true
}

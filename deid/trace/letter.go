package trace

import (
	"unicode"
	"unicode/utf8"
)

// The classes of bytes and letters, as words are told apart by them.
const (
	other = iota
	digit
	small
	large
	high // of what is not in ASCII, nor a letter with an accent
	mark // an accent by itself: stands in no word
)

var classes, lower = func() (c [256]uint8, l [256]byte) {
	for i := range 256 {
		b := byte(i)
		l[i] = b
		switch {
		case b >= '0' && b <= '9':
			c[i] = digit
		case b >= 'a' && b <= 'z':
			c[i] = small
		case b >= 'A' && b <= 'Z':
			c[i], l[i] = large, b|0x20
		case b >= 0x80:
			c[i] = high
		}
	}
	return c, l
}()

func class(b byte) uint8 { return classes[b] }

// unaccented are the letters of U+00C0 to U+017F without their accents. A digit stands
// for two letters: see pairs. What is no letter is a space.
const unaccented = "aaaaaa1ceeeeiiiidnooooo ouuuuy43aaaaaa1ceeeeiiiidnooooo ouuuuy4y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii55jjkkkllllllllllnnnnnnnnnoooooo22rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

var pairs = [...][2]byte{'1': {'a', 'e'}, '2': {'o', 'e'}, '3': {'s', 's'}, '4': {'t', 'h'}, '5': {'i', 'j'}}

// glyph is a letter that is not in ASCII, as it counts: without its accent.
type glyph struct {
	letters [2]byte // the second is 0 where there is one, both where the bytes count as they are
	class   uint8
	size    int
}

// glyphAt reads a letter that is not in ASCII: of UTF-8, or of Latin-1 where it cannot be
// that. Punctuation (dashes, quotes, spaces) is other.
func glyphAt(b []byte) glyph {
	r, size := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && size == 1 && b[0] >= 0xc0:
		return letterOf(rune(b[0]), high, 1)
	case r == utf8.RuneError && size == 1, r < 0xc0, r >= 0x2000 && r < 0x2070, r == 0x2212, r == 0xfeff:
		return glyph{class: other, size: size}
	case r < 0x180 && unicode.IsUpper(r):
		return letterOf(r, large, size)
	case r < 0x180:
		return letterOf(r, small, size)
	case r == 'ẞ':
		return letterOf('ß', large, size)
	case r >= 0x300 && r < 0x370:
		return glyph{class: mark, size: size}
	}
	return glyph{class: high, size: size}
}

func letterOf(r rune, class uint8, size int) glyph {
	l := unaccented[r-0xc0]
	switch {
	case l == ' ':
		return glyph{size: size}
	case l < 'a':
		return glyph{pairs[l], class, size}
	}
	return glyph{[2]byte{l, 0}, class, size}
}

// spelled are the letters that count of a glyph that stands there as bytes.
func (g *glyph) spelled(as []byte) []byte {
	switch {
	case g.letters[0] == 0:
		return as
	case g.letters[1] == 0:
		return g.letters[:1]
	}
	return g.letters[:]
}

// letters appends the letters and digits of a text as they count: without case, accents
// and what stands between them.
func letters(to, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		switch classes[b[i]] {
		case other:
		case high:
			g := glyphAt(b[i:])
			if g.class == high || g.class == small || g.class == large {
				to = append(to, g.spelled(b[i:i+g.size])...)
			}
			i += g.size - 1
		default:
			to = append(to, lower[b[i]])
		}
	}
	return to
}

// parted reports whether a word ends between two bytes that may stand in one: where a
// small letter is followed by a capital, and where letters of ASCII and others meet.
// So columns that lie behind one another without anything between them come apart.
func parted(before, after uint8) bool {
	return before == small && after == large || (before == high) != (after == high)
}

// wide reports whether a zero byte is half of a letter of UTF-16.
func wide(b []byte, i int) bool {
	return i > 0 && i+1 < len(b) && class(b[i-1]) != other && class(b[i+1]) != other &&
		(i+2 < len(b) && b[i+2] == 0 || i > 1 && b[i-2] == 0)
}

package trace

import "iter"

// The classes of bytes, as words are told apart by them.
const (
	other = iota
	digit
	small
	large
	high // of letters that are not in ASCII
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

// words yields the words of a text.
func words(b []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(b); {
			from := i
			for i < len(b) && class(b[i]) != other && (i == from || !parted(class(b[i-1]), class(b[i]))) {
				i++
			}
			if i == from {
				i++
				continue
			}
			if !yield(string(b[from:i])) {
				return
			}
		}
	}
}

// token is a word of what is scanned.
type token struct {
	from, to int    // where it stands
	hash     uint64 // of all that stands before it
	before   int    // how many letters and digits do
	mixed    bool   // it has letters and digits
}

// run is digits in a row.
type run struct {
	from, to, n int
	value       uint64 // the last ten
	joined      bool   // one separator parts it from the run before
	long        bool   // it stands in a longer word of letters and digits: a hash, say
}

// soft is what may part the digits of a number.
func soft(c byte) bool {
	switch c {
	case ' ', '-', '.', '_', '/', '(', ')', '\'', '+', 0:
		return true
	}
	return false
}

// split takes a text apart into words and runs of digits.
func (s *Scanner) split(b []byte) {
	s.tokens, s.runs = s.tokens[:0], s.runs[:0]
	root, h, n := s.root, uint64(0), 0
	last := uint8(other)
	var t token
	for i := 0; i <= len(b); i++ {
		c, k := byte(0), uint8(other)
		if i < len(b) {
			c = b[i]
			k = classes[c]
		}
		if k == other && c == 0 && last != other && i < len(b) && wide(b, i) {
			continue
		}
		if last != other && (k == other || parted(last, k)) {
			t.to = i
			s.end(b, &t, h, n)
			last = other
		}
		if k == other {
			last = other
			continue
		}
		if last == other {
			t = token{from: i, hash: h, before: n}
		} else if (k == digit) != (last == digit) {
			t.mixed = true
		}
		h = h*root + uint64(lower[c]) + 1
		n++
		if k == digit {
			s.digit(b, i, c, last == digit)
		}
		last = k
	}
	s.tokens = append(s.tokens, token{from: len(b), to: len(b), hash: h, before: n})
}

// end ends a word.
func (s *Scanner) end(b []byte, t *token, h uint64, n int) {
	s.tokens = append(s.tokens, *t)
	if t.mixed && n-t.before >= 20 {
		for i := len(s.runs) - 1; i >= 0 && s.runs[i].from >= t.from; i-- {
			s.runs[i].long = true
		}
	}
}

// digit takes up a digit. more says that it follows another at once.
func (s *Scanner) digit(b []byte, i int, c byte, more bool) {
	if !more {
		r := run{from: i}
		if n := len(s.runs); n > 0 {
			at := s.runs[n-1].to
			r.joined = at == i-1 && soft(b[at]) || at == i-2 && b[at] == 0 && soft(b[at+1]) || at == i-3 && b[at] == 0 && b[at+2] == 0 && soft(b[at+1])
		}
		s.runs = append(s.runs, r)
	}
	r := &s.runs[len(s.runs)-1]
	r.to, r.n, r.value = i+1, r.n+1, r.value%1e9*10+uint64(c-'0')
}

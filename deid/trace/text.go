package trace

import "bytes"

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
	comma       bool   // and that is a comma
	long        bool   // it stands in a longer word of letters and digits: a hash, say
}

// splitter takes texts apart.
type splitter struct {
	root   uint64
	tokens []token // behind them is one without letters, at the end
	runs   []run
}

// split takes a text apart into words and runs of digits.
func (s *splitter) split(b []byte) {
	s.tokens, s.runs = s.tokens[:0], s.runs[:0]
	h, n, last, t := uint64(0), 0, uint8(other), token{}
	for i, next := 0, 0; i <= len(b); i = next {
		c, k, g := byte(0), uint8(other), glyph{}
		if next = i + 1; i < len(b) {
			c, k = b[i], classes[b[i]]
		}
		if k == high {
			g = glyphAt(b[i:])
			k, next = g.class, i+g.size
		}
		if k == mark || c == 0 && last != other && i < len(b) && wide(b, i) {
			continue
		}
		if last != other && (k == other || parted(last, k)) {
			s.end(t, i, n)
			last = other
		}
		if k == other {
			continue
		}
		if last == other {
			t = token{from: i, hash: h, before: n}
		} else if (k == digit) != (last == digit) {
			t.mixed = true
		}
		if k == digit {
			s.digit(b, i, c, last == digit)
		}
		if last = k; g.size == 0 {
			h, n = h*s.root+uint64(lower[c])+1, n+1
			continue
		}
		for _, c := range g.spelled(b[i:next]) {
			h, n = h*s.root+uint64(c)+1, n+1
		}
	}
	s.tokens = append(s.tokens, token{from: len(b), to: len(b), hash: h, before: n})
}

// end ends a word. One that goes from letters to digits and back again and again is no
// text with a number in it.
func (s *splitter) end(t token, at, n int) {
	t.to = at
	s.tokens = append(s.tokens, t)
	if !t.mixed || n-t.before < 20 {
		return
	}
	first := len(s.runs)
	for first > 0 && s.runs[first-1].from >= t.from {
		first--
	}
	for i := first; len(s.runs)-first > 2 && i < len(s.runs); i++ {
		s.runs[i].long = true
	}
}

// digit takes up a digit. more says that it follows another at once.
func (s *splitter) digit(b []byte, i int, c byte, more bool) {
	if !more {
		r := run{from: i}
		if n := len(s.runs); n > 0 {
			gap := b[s.runs[n-1].to:i]
			r.joined, r.comma = soft(gap), len(gap) == 1 && gap[0] == ','
		}
		s.runs = append(s.runs, r)
	}
	r := &s.runs[len(s.runs)-1]
	r.to, r.n, r.value = i+1, r.n+1, r.value%1e9*10+uint64(c-'0')
}

// soft reports whether what stands between digits may part those of one number: a
// separator, in UTF-8, Latin-1 or UTF-16.
func soft(gap []byte) bool {
	switch len(gap) {
	case 1:
		return separates(gap[0]) || gap[0] == 0
	case 2:
		return gap[0] == 0 && (separates(gap[1]) || gap[1] == 0) || gap[0] == 0xc2 && gap[1] == 0xa0
	case 3:
		return gap[0] == 0 && gap[2] == 0 && (separates(gap[1]) || gap[1] == 0) || gap[0] == 0xe2 && glyphAt(gap).class == other
	}
	return false
}

func separates(c byte) bool {
	return bytes.IndexByte([]byte(" -._/()'+\xa0\x96"), c) >= 0
}

// between is the hash of all words from one to before another.
func (w *Wanted) between(from, to *token) uint64 {
	n := to.before - from.before
	if n > longest {
		return 0
	}
	return to.hash - from.hash*w.power[n]
}

// touching is behind how many words one stands that have nothing between them, from the
// word at i on.
func touching(tokens []token, i int) int {
	e := i + 1
	for e < len(tokens)-1 && tokens[e].from == tokens[e-1].to {
		e++
	}
	return e
}

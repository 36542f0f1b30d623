package trace

// wordsIn looks up the words of what was split, and those that stand in a row. Words that
// touch, such as both of McDonald, count together as well.
func (s *Scanner) wordsIn(b []byte) {
	tokens := s.tokens
	for i := 0; i+1 < len(tokens); i++ {
		t := &tokens[i]
		h := s.between(t, &tokens[i+1])
		var k kinds
		if tokens[i+1].before-t.before >= 4 || s.begins(h) { // or it is too short for anything but the first word of others
			if k = s.look(b[t.from:t.to], h); k != 0 {
				s.meet(b, t.from, t.to, k)
			}
		}
		if t.mixed && t.to-t.from < longest {
			s.parts(b, t)
		}
		met := 0
		if i == 0 || tokens[i-1].to != t.from {
			if e := touching(tokens, i); e > i+1 {
				whole := s.look(b[t.from:tokens[e-1].to], s.between(t, &tokens[e]))
				s.meet(b, t.from, tokens[e-1].to, whole)
				k, met = k|whole, e
			}
		}
		if !k.has(first) {
			continue
		}
		for j := i + 2; j < len(tokens) && j <= i+most && tokens[j].before-t.before <= longest; j++ {
			if k := s.look(b[t.from:tokens[j-1].to], s.between(t, &tokens[j])); k != 0 && j != met {
				s.meet(b, t.from, tokens[j-1].to, k)
			}
		}
	}
}

// begins reports whether a short word may be the first of others.
func (w *Wanted) begins(h uint64) bool {
	return w.words.asking || w.short[h>>20&1023]>>(h>>8&63)&1 != 0
}

// meet tells of words that were found; of those that count only where they are all of
// a value, if they are.
func (s *Scanner) meet(b []byte, from, to int, k kinds) {
	if k &^= 1 << first; k.has(Cell) && !(edge(b, from-1) && edge(b, to)) {
		k &^= 1 << Cell
	}
	if k != 0 {
		s.said = letters(s.said[:0], b[from:to])
		s.tell(k, "word", from, s.said)
	}
}

// edge reports whether a value ends at a byte.
func edge(b []byte, i int) bool {
	if i < 0 || i >= len(b) {
		return true
	}
	switch b[i] {
	case '"', '\'', ',', '\t', '\n', '\r', '|', ';', '<', '>', 0:
		return true
	}
	return false
}

// parts looks up the letters of a word that has digits beside them.
func (s *Scanner) parts(b []byte, t *token) {
	for from := t.from; from < t.to; from++ {
		to := from
		for to < t.to && class(b[to]) != digit && class(b[to]) != other {
			to++
		}
		if to-from >= 4 {
			if k := s.look(b[from:to], s.hash(b[from:to])); k != 0 {
				s.meet(b, from, to, k)
			}
		}
		from = to
	}
}

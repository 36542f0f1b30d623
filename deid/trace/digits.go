package trace

import "secondaryuse/deid/term"

// digits looks at the runs of digits of what was split: at ten in a row, at the ends of
// some more, and at those that come to ten, or to a telephone number's eleven or twelve,
// with single separators between them.
func (s *Scanner) digits(form string, b []byte, p *place) {
	for i := range s.runs {
		r := &s.runs[i]
		if r.long {
			continue
		}
		if r.n >= 10 {
			s.row(form, b, r, p)
			continue
		}
		v, n := r.value, r.n
		for j := i + 1; j < len(s.runs) && s.runs[j].joined && !s.runs[j].long; j++ {
			next := &s.runs[j]
			if n += next.n; n > 14 {
				break
			}
			for k := next.n; k > 0; k-- {
				v = v % 1e9 * 10
			}
			v += next.value
			if n >= 10 {
				s.candidate(form, r.from, n, v, s.opening(b, r), p)
			}
		}
	}
}

// opening is the first two digits of a run.
func (s *Scanner) opening(b []byte, r *run) [2]byte {
	var d [2]byte
	n := 0
	for i := r.from; i < len(b) && n < 2; i++ {
		if class(b[i]) == digit {
			d[n], n = b[i], n+1
		}
	}
	return d
}

// row looks at ten digits and more without a separator. Identifiers of SNOMED CT have
// as many; what is longer than any number with something beside it is a key.
func (s *Scanner) row(form string, b []byte, r *run, p *place) {
	d, n := b[r.from:r.to], r.n
	if n > 16 {
		for len(d) > 0 && (d[0] == '0' || d[0] == 0) {
			d = d[1:]
		}
		if _, n = value(d); n > 10 {
			return
		}
		n = 10
	}
	if n > 10 && concept(d) {
		return
	}
	s.candidate(form, r.from, n, r.value, s.opening(b, r), p)
	if n > 10 {
		head, m := uint64(0), 0
		for _, c := range d {
			if m < 10 && class(c) == digit {
				head, m = head*10+uint64(c-'0'), m+1
			}
		}
		if k := s.numbers.find(s.mix(head)); k.has(Number) {
			s.tell(1<<Number, p.told(form), p.at(r.from))
		}
	}
}

// candidate looks up what digits come to: v is the last ten of n.
func (s *Scanner) candidate(form string, at, n int, v uint64, opening [2]byte, p *place) {
	k := s.numbers.find(s.mix(v))
	if n > 10 && k.has(Phone) {
		k = 0
		if opening[0] == '0' || opening == [2]byte{'4', '4'} {
			k = 1 << Phone
		}
	}
	s.tell(k, p.told(form), p.at(at))
	if n == 10 && s.numbers.find(s.mix(reversed(v))).has(Number) {
		s.tell(1<<Number, "reversed", p.at(at))
	}
}

func reversed(v uint64) (r uint64) {
	for range 10 {
		r, v = r*10+v%10, v/10
	}
	return r
}

// integer looks up a whole number.
func (s *Scanner) integer(form string, at int, v uint64) {
	if v >= 1e8 && v < 1e10 {
		s.tell(s.numbers.find(s.mix(v)), form, at)
	}
}

// concept reports whether digits are an identifier of SNOMED CT.
func concept(d []byte) bool {
	_, is := term.CodeIn(term.SNOMED, d)
	return is
}

package trace

import "secondaryuse/deid/term"

// digits looks at the runs of digits of what was split: at ten in a row, at the ends of
// some more, and at those that come to ten, or to a telephone number's eleven or twelve,
// with single separators between them.
func (s *Scanner) digits(b []byte) {
	for i := range s.runs {
		r := &s.runs[i]
		if r.long {
			continue
		}
		if r.n >= 10 {
			s.row(b, r)
			continue
		}
		s.thousands(b, i)
		v, n := r.value, r.n
		for j := i + 1; j < len(s.runs) && s.runs[j].joined && !s.runs[j].long; j++ {
			next := &s.runs[j]
			if n += next.n; n > 14 {
				break
			}
			v = behind(v, next)
			if n >= 10 {
				s.candidate(r.from, n, v, s.opening(b, r))
			}
		}
	}
}

// behind is the last ten digits of a number that a run is written behind.
func behind(v uint64, r *run) uint64 {
	for range r.n {
		v = v % 1e9 * 10
	}
	return v + r.value
}

// thousands looks at ten digits with commas between the thousands, which stand alone: in
// a row of a table they could be of several cells.
func (s *Scanner) thousands(b []byte, i int) {
	if i+4 > len(s.runs) || s.runs[i].n != 1 {
		return
	}
	r := s.runs[i : i+4]
	v := r[0].value
	for j := 1; j < 4; j++ {
		if r[j].n != 3 || !r[j].comma {
			return
		}
		v = behind(v, &r[j])
	}
	for _, at := range [...]int{r[0].from - 1, r[3].to} {
		if at < 0 || at >= len(b) || class(b[at]) != other || b[at] == ',' || b[at] == '\n' || b[at] == '\r' {
			return
		}
	}
	s.candidate(r[0].from, 10, v, s.opening(b, &r[0]))
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
func (s *Scanner) row(b []byte, r *run) {
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
	s.candidate(r.from, n, r.value, s.opening(b, r))
	if n > 10 {
		head, m := uint64(0), 0
		for _, c := range d {
			if m < 10 && class(c) == digit {
				head, m = head*10+uint64(c-'0'), m+1
			}
		}
		if k := s.numbers.find(s.mix(head)); k.has(Number) {
			s.number(1<<Number, "digits", r.from, head)
		}
	}
}

// candidate looks up what digits come to: v is the last ten of n.
func (s *Scanner) candidate(at, n int, v uint64, opening [2]byte) {
	k := s.numbers.find(s.mix(v))
	if k.has(Phone) && (n > 10 && opening[0] != '0' && opening != [2]byte{'4', '4'} || n == 10 && v < Epochs) {
		k &^= 1 << Phone
	} else if n > 10 && k.has(Phone) {
		k = 1 << Phone
	}
	s.number(k, "digits", at, v)
	if n == 10 && s.numbers.find(s.mix(reversed(v))).has(Number) {
		s.number(1<<Number, "reversed", at, reversed(v))
	}
}

// Epochs is more than the seconds since 1970 of any time that is written. Without their 0,
// landlines look like that (01782 345678 as the 24th of June 2026), and below it no number
// without one counts as a telephone's.
const Epochs = 2_200_000_000

// number tells of a number.
func (s *Scanner) number(k kinds, form string, at int, v uint64) {
	if k != 0 {
		s.tell(k, form, at, digitsOf(v))
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
	if v < 1e8 || v >= 1e10 {
		return
	}
	k := s.numbers.find(s.mix(v))
	if v < Epochs {
		k &^= 1 << Phone
	}
	s.number(k, form, at, v)
}

// concept reports whether digits are an identifier of SNOMED CT.
func concept(d []byte) bool {
	_, is := term.CodeIn(term.SNOMED, d)
	return is
}

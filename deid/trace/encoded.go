package trace

// The values of the letters that bytes are written with: 64 of base64, in both
// alphabets, and 16 of hexadecimal digits; 0xff for what is none.
var six, four = func() (s, f [256]byte) {
	for i := range s {
		s[i], f[i] = 0xff, 0xff
	}
	for i := range 26 {
		s['A'+i], s['a'+i] = byte(i), byte(26+i)
	}
	for i := range 10 {
		s['0'+i], f['0'+i] = byte(52+i), byte(i)
	}
	for i := range 6 {
		f['a'+i], f['A'+i] = byte(10+i), byte(10+i)
	}
	s['+'], s['-'], s['/'], s['_'] = 62, 62, 63, 63
	return s, f
}()

// encoded searches what is written in hexadecimal and in base64.
func (s *Scanner) encoded(b []byte) {
	for i := 0; i < len(b); i++ {
		if six[b[i]] == 0xff {
			continue
		}
		from, hex, letters := i, true, false
		for ; i < len(b) && six[b[i]] != 0xff; i++ {
			hex = hex && four[b[i]] != 0xff
			letters = letters || class(b[i]) != digit
		}
		run := b[from:i]
		if len(run) < 8 {
			continue
		}
		if hex && letters && len(run) <= 18 {
			s.hexadecimal(run, from)
		}
		if len(run) >= 13 && letters {
			s.base64(run, from)
		}
		if len(run) >= 20 {
			s.hex(run, from)
		}
	}
}

// hexadecimal looks up a number that is written in hexadecimal digits.
func (s *Scanner) hexadecimal(run []byte, at int) {
	v := uint64(0)
	for _, c := range run {
		if v >= 1<<60 {
			return
		}
		v = v<<4 | uint64(four[c])
	}
	s.integer("hexadecimal number", at, v)
}

// hex searches what hexadecimal digits stand for, wherever they begin in a run.
func (s *Scanner) hex(run []byte, at int) {
	for from := 0; from < len(run); from++ {
		if four[run[from]] == 0xff {
			continue
		}
		to := from
		for to < len(run) && four[run[to]] != 0xff {
			to++
		}
		if to-from >= 20 {
			for phase := range 2 {
				out := s.spare[:0]
				for i := from + phase; i+1 < to; i += 2 {
					out = append(out, four[run[i]]<<4|four[run[i+1]])
				}
				s.spare = out
				s.decoded(out, &place{"hexadecimal", at + from + phase, 2, 1})
			}
		}
		from = to
	}
}

// base64 searches what base64 stands for, wherever it begins in a run.
func (s *Scanner) base64(run []byte, at int) {
	for phase := range 4 {
		out := s.spare[:0]
		for i := phase; i+1 < len(run); i += 4 {
			a, b := six[run[i]], six[run[i+1]]
			out = append(out, a<<2|b>>4)
			if i+2 < len(run) {
				c := six[run[i+2]]
				out = append(out, b<<4|c>>2)
				if i+3 < len(run) {
					out = append(out, c<<6|six[run[i+3]])
				}
			}
		}
		s.spare = out
		s.decoded(out, &place{"base64", at + phase, 4, 3})
	}
}

// decoded searches what was decoded for numbers and their hashes.
func (s *Scanner) decoded(b []byte, p *place) {
	tokens, runs := s.tokens, s.runs
	s.tokens, s.runs = s.inner.tokens[:0], s.inner.runs[:0]
	if numerical(b) {
		s.split(b)
		s.digits("", b, p)
	}
	s.inner.tokens, s.inner.runs = s.tokens, s.runs
	s.tokens, s.runs = tokens, runs
	s.binary(p.form, b, p)
}

// numerical reports whether there are ten digits in all.
func numerical(b []byte) bool {
	n := 0
	for _, c := range b {
		if class(c) == digit {
			n++
		}
	}
	return n >= 10
}

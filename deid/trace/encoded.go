package trace

import (
	"bytes"
	"math/bits"
)

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
	s.grouped(b)
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
		s.seam(b, from, i)
	}
}

// edgeOfLine is how many letters on each side of a line end are joined.
const edgeOfLine = 88

// seam searches what goes on over the end of a line that is as long as those of mails and
// keys are.
func (s *Scanner) seam(b []byte, from, to int) {
	if to-from < 32 {
		return
	}
	next := bytes.TrimLeft(b[to:min(len(b), to+4)], "\r\n")
	begin := min(len(b), to+4) - len(next)
	if begin == to || len(next) == 0 || six[next[0]] == 0xff {
		return
	}
	end := begin
	for end < len(b) && end-begin < edgeOfLine && six[b[end]] != 0xff {
		end++
	}
	var room [2 * edgeOfLine]byte
	from = max(from, to-edgeOfLine)
	joint := append(append(room[:0], b[from:to]...), b[begin:end]...)
	s.base64(joint, from)
	if hexed := bytes.IndexFunc(joint, func(r rune) bool { return four[byte(r)] == 0xff }) < 0; hexed {
		s.hex(joint, from)
	}
}

// hexadecimal looks up a number that is written in hexadecimal digits, and what could be
// the first half of a hash.
func (s *Scanner) hexadecimal(run []byte, at int) {
	v := uint64(0)
	for _, c := range run {
		if v >= 1<<60 {
			return
		}
		v = v<<4 | uint64(four[c])
	}
	s.integer("hexadecimal number", at, v)
	if len(run) == 16 {
		s.cut("hexadecimal", at, bits.ReverseBytes64(v))
	}
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
				s.decoded(via{form: "hexadecimal", base: at + from + phase, in: 2, out: 1}, out, readable(out))
			}
		}
		from = to
	}
}

// parts are what stands between groups.
var parts = [256]bool{' ': true, ':': true, '-': true, ',': true}

// grouped searches what hexadecimal digits stand for that stand in groups, as in dumps:
// of two, four or eight, with colons, spaces, commas or 0x between them.
func (s *Scanner) grouped(b []byte) {
	for i := 2; i < len(b); i++ {
		if !parts[b[i]] || four[b[i-1]] == 0xff || four[b[i-2]] == 0xff {
			continue
		}
		from := i - 2
		for from > 0 && i-from < 8 && four[b[from-1]] != 0xff {
			from--
		}
		out, to := s.groups(b, from)
		if len(out) >= 10 {
			s.decoded(via{form: "hexadecimal", from: s.from}, out, readable(out))
		}
		i = max(i, to)
	}
}

// groups decodes what stands in groups from a place on, and returns where they end.
func (s *Scanner) groups(b []byte, at int) (out []byte, to int) {
	out, s.from = s.spare[:0], s.from[:0]
	for to = at; ; {
		n := 0
		for at+n < len(b) && n <= 8 && four[b[at+n]] != 0xff {
			n++
		}
		if n != 2 && n != 4 && n != 8 {
			break
		}
		for i := at; i < at+n; i += 2 {
			out, s.from = append(out, four[b[i]]<<4|four[b[i+1]]), append(s.from, int32(i))
		}
		to = at + n
		at = to
		for skipped := 0; at < len(b) && skipped < 3 && bytes.IndexByte([]byte(" :-,\r\n\t"), b[at]) >= 0; skipped++ {
			at++
		}
		if at == to {
			break
		}
		if at+1 < len(b) && b[at] == '0' && b[at+1]|0x20 == 'x' {
			at += 2
		}
	}
	s.spare = out
	return out, to
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
		s.decoded(via{form: "base64", base: at + phase, in: 4, out: 3}, out, readable(out))
	}
}

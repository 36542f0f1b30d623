package trace

import (
	"bytes"
	"io"
	"math/bits"
	"strings"
)

// Scanner searches what it is given. One goroutine uses it.
type Scanner struct {
	*Wanted
	SQLite bool // what is read is pages of SQLite: integers have six bytes there
	Packed bool // what is read is packed, and unpacked later: hashes are not looked for as bytes

	*level
	levels [3]level // what is read, what was decoded of it, and what of that
	found  func(Finding)
	buffer []byte
	said   []byte // what a word comes to
	lo, hi int    // which positions are told of
	base   int64  // where the buffer begins
}

// level is a text that is being searched.
type level struct {
	splitter
	depth int
	via   *via   // how it was decoded; nil for what is read
	spare []byte // what is decoded of it
	from  []int32
}

const (
	chunk   = 256 << 10
	overlap = 768 // longer than anything that is found
	context = 192 // of what was read before, to see what stands in front
)

// Reach is how far from where it begins something that is found can show.
const Reach = overlap

// Scanner returns a scanner that tells found what it finds.
func (w *Wanted) Scanner(found func(Finding)) *Scanner {
	s := &Scanner{Wanted: w, found: found, buffer: make([]byte, chunk+overlap+context)}
	for i := range s.levels {
		s.levels[i].depth, s.levels[i].root = i, w.root
	}
	s.level = &s.levels[0]
	return s
}

// Read searches a stream to its end.
func (s *Scanner) Read(r io.Reader) (n int64, err error) {
	b, kept := s.buffer, 0
	s.base, s.lo = 0, 0
	for {
		m, err := io.ReadFull(r, b[kept:])
		n += int64(m)
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			return n, err
		}
		all := b[:kept+m]
		if s.hi = len(all); !end {
			s.hi -= overlap
		}
		s.all(all)
		if end {
			return n, nil
		}
		from := s.hi - context
		kept = copy(b, all[from:])
		s.base += int64(from)
		s.lo = context
	}
}

// Bytes searches what is in memory.
func (s *Scanner) Bytes(b []byte) {
	if len(b) > len(s.buffer) {
		_, _ = s.Read(bytes.NewReader(b)) // never fails
		return
	}
	s.base, s.lo, s.hi = 0, 0, len(b)
	s.all(b)
}

// Int searches one integer, Float one floating point number.
func (s *Scanner) Int(v int64) {
	s.base, s.lo, s.hi = 0, 0, 1
	switch {
	case v > 0 && v < 1e10:
		s.integer("integer", 0, uint64(v))
	case v < 0 || v >= 1<<40:
		s.cut("integer", 0, uint64(v))
		s.cut("integer", 0, bits.ReverseBytes64(uint64(v)))
	}
}

// Float searches a floating point number.
func (s *Scanner) Float(f float64) {
	if f >= 1e9 && f < 1e10 && f == float64(uint64(f)) {
		s.base, s.lo, s.hi = 0, 0, 1
		s.integer("floating point", 0, uint64(f))
	}
}

func (s *Scanner) all(b []byte) {
	s.split(b)
	s.digits(b)
	s.wordsIn(b)
	s.encoded(b)
	s.binary(b)
	s.escaped(b)
}

// tell tells of what was found at a place of what is searched; as is what of it counts.
func (s *Scanner) tell(k kinds, form string, at int, as []byte) {
	if k == 0 || s.via != nil && !s.via.of(at) {
		return
	}
	if at = s.via.at(at); at < s.lo || at >= s.hi {
		return
	}
	if s.via != nil && strings.HasSuffix(form, hashed) {
		form = s.via.form + hashed
	} else if s.via != nil {
		form = s.via.form
	}
	for kind := Number; kind < first; kind++ {
		if k.has(kind) {
			s.found(Finding{kind, form, s.base + int64(at), s.proof(kind, as)})
		}
	}
}

// hashed is how forms of hashes end.
const hashed = " of an unkeyed hash"

// via is how something was decoded: by every in bytes out, from a place on, or each from
// one of its own.
type via struct {
	form          string
	base, in, out int
	from          []int32
	outer         *via
}

// at is where something that was decoded stands in what was read.
func (v *via) at(i int) int {
	if v == nil {
		return i
	}
	if v.from != nil {
		return v.outer.at(int(v.from[min(i, len(v.from)-1)]))
	}
	return v.outer.at(v.base + i*v.in/v.out)
}

// of reports whether what stands at a place, before it or near behind it, had to be
// decoded: what had not is found without that.
func (v *via) of(i int) bool {
	if v.from == nil {
		return v.outer == nil || v.outer.of(v.base+i*v.in/v.out)
	}
	i, j := max(0, i-1), min(i+longest, len(v.from)-1)
	return i < j && int(v.from[j]-v.from[i]) != j-i
}

// decoded searches what was decoded. Words are looked for where it is a text.
func (s *Scanner) decoded(v via, b []byte, text bool) {
	if s.depth+1 == len(s.levels) || len(b) < 8 {
		return
	}
	outer := s.level
	v.outer = outer.via
	s.level = &s.levels[outer.depth+1]
	s.via = &v
	if text || numerical(b) {
		s.split(b)
		s.digits(b)
	}
	if text {
		s.wordsIn(b)
	}
	if v.form == "escaped" {
		s.encoded(b)
	}
	s.binary(b)
	s.level = outer
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

// readable reports whether three bytes of four are such as texts have, UTF-16 among them.
func readable(b []byte) bool {
	n := 0
	for _, c := range b {
		if c >= ' ' && c < 0x7f || c == 0 || c == '\n' || c == '\t' || c == '\r' {
			n++
		}
	}
	return n >= len(b)-len(b)/4
}

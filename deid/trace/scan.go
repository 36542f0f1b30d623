package trace

import (
	"io"
)

// Scanner searches what it is given. One goroutine uses it.
type Scanner struct {
	*Wanted
	SQLite bool // what is read is pages of SQLite: integers have six bytes there
	Packed bool // what is read is packed, and unpacked later: hashes are not looked for as bytes

	found  func(Finding)
	tokens []token
	runs   []run
	inner  struct { // of what was decoded
		tokens []token
		runs   []run
	}
	buffer []byte
	spare  []byte // what was decoded
	lo, hi int    // which positions are told of
	base   int64  // where the buffer begins
}

const (
	chunk   = 256 << 10
	overlap = 512 // longer than anything that is found
	context = 64  // of what was read before, to see what stands in front
)

// Reach is how far from where it begins something that is found can show.
const Reach = overlap

// Scanner returns a scanner that tells found what it finds.
func (w *Wanted) Scanner(found func(Finding)) *Scanner {
	return &Scanner{Wanted: w, found: found, buffer: make([]byte, chunk+overlap+context)}
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
	s.base, s.lo, s.hi = 0, 0, len(b)
	s.all(b)
}

// Int searches one integer, Float one floating point number.
func (s *Scanner) Int(v int64) {
	s.base, s.lo, s.hi = 0, 0, 1
	if v > 0 {
		s.integer("integer", 0, uint64(v))
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
	s.digits("digits", b, nil)
	s.wordsIn(b)
	s.encoded(b)
	s.binary("", b, nil)
}

// tell tells of what was found at a place of the buffer.
func (s *Scanner) tell(k kinds, form string, at int) {
	if at < s.lo || at >= s.hi {
		return
	}
	for kind := Number; kind < first; kind++ {
		if k.has(kind) {
			s.found(Finding{kind, form, s.base + int64(at)})
		}
	}
}

// place is where something stands that was decoded: at from, of every in bytes out.
type place struct {
	form          string
	from, in, out int
}

func (p *place) at(i int) int {
	if p == nil {
		return i
	}
	return p.from + i*p.in/p.out
}

func (p *place) told(form string) string {
	if p == nil {
		return form
	}
	return p.form
}

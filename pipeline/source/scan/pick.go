package scan

import (
	"io"
	"os"

	"secondaryuse/pipeline/source"
)

// Picks gives single texts of a plain file, one after the other. Those that lie
// close behind each other are read together.
type Picks struct {
	f      io.ReaderAt
	left   []source.Span
	room   func(n int) []byte
	window []byte // of the file
	base   int64  // where that begins
}

// closeBy is how many bytes are rather read than passed over.
const closeBy = 4 << 10

// NewPicks returns the texts of a file that lie at the spans.
func NewPicks(f io.ReaderAt, spans []source.Span) *Picks {
	var buf []byte
	return &Picks{f: f, left: spans, room: func(n int) []byte {
		if cap(buf) < n {
			buf = make([]byte, max(n, block))
		}
		return buf[:n]
	}}
}

// Next returns the next text, which is valid until Next is called again, and
// where it begins. The error is io.EOF after the last one, and
// io.ErrUnexpectedEOF where the file ends before the text does.
func (p *Picks) Next() (text []byte, from int64, err error) {
	if len(p.left) == 0 {
		return nil, 0, io.EOF
	}
	s := p.left[0]
	if end := p.base + int64(len(p.window)); s.From < p.base || s.From+s.Size > end {
		if err := p.read(); err != nil {
			return nil, 0, err
		}
	}
	p.left = p.left[1:]
	return p.window[s.From-p.base:][:s.Size], s.From, nil
}

// read reads the next text, and those close behind it.
func (p *Picks) read() error {
	from, end := p.left[0].From, p.left[0].From+p.left[0].Size
	for _, s := range p.left[1:] {
		if s.From < end || s.From > end+closeBy || s.From+s.Size > from+block {
			break
		}
		end = s.From + s.Size
	}
	p.base, p.window = from, p.room(int(end-from))
	n, err := p.f.ReadAt(p.window, from)
	if p.window = p.window[:n]; int64(n) >= p.left[0].Size {
		return nil // what the others lack is seen when they are asked for
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return bare(err)
}

// OpenPicked opens a plain file and returns as its lines the texts that lie at
// the spans.
func OpenPicked(path string, spans []source.Span) (*Lines, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	raw := &remembering{}
	l := newLines(&stream{r: raw, raw: raw, file: f}, 0, 0, 0)
	l.picks = &Picks{f: f, left: spans, room: l.room}
	return l, nil
}

// room is a buffer of n bytes. The one before stays as it is where a line of it
// is in the caller's hands.
func (l *Lines) room(n int) []byte {
	if l.served {
		l.old = append(l.old, l.buf)
	} else {
		recycle(l.buf)
	}
	l.buf, l.served = fresh(n)[:n], false
	return l.buf
}

// pick goes on to the next line of those that were picked.
func (l *Lines) pick() bool {
	var err error
	if l.line, l.start, err = l.picks.Next(); err != nil {
		if err != io.EOF {
			l.src.raw.err = err
		}
		return false
	}
	l.number++
	l.served = true
	l.held += int64(len(l.line))
	return true
}

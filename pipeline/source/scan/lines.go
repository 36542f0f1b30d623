package scan

import (
	"bytes"
	"io"
	"math"
	"sync"
)

// Limit is the longest line, in bytes, that Open lets through when asked for
// no other limit.
const Limit = 64 << 20

// Lines cuts a file, or a part of one, into lines. Its memory is that of the
// lines returned since the last Release, or of one line where that is longer:
// never more than the limit of a line and a few blocks.
//
//	for l.Next() {
//		... l.Fault() says why this line cannot be read, or l.Bytes() is the line
//	}
//	... l.Fault() says why the rest of the file cannot be read
type Lines struct {
	src    *stream
	limit  int
	stop   int64 // no line that begins here or later belongs to the part
	base   int64 // where buf begins in the file or the decompressed stream
	buf    []byte
	p      int    // start of the next line in buf
	seen   int    // up to where buf holds no line end
	served bool   // a line of buf is in the caller's hands
	long   bool   // in a line beyond the limit
	ended  bool   // nothing more to read
	inside bool   // the part begins inside the file
	begun  bool   // the first line of the part has been found
	line   []byte // what Bytes returns
	start  int64  // where that begins in the file or the decompressed stream
	number int64
	fault  string
	broken string   // why the stream ended before its end
	old    [][]byte // buffers that hold lines in the caller's hands
	held   int64
	picks  *Picks // where lines are picked
}

// Next goes on to the next line that is not blank. It returns false at the end
// of the part, when the rest of the file cannot be read, and on an error of
// input.
func (l *Lines) Next() bool {
	l.line, l.fault = nil, ""
	if l.picks != nil {
		return l.pick()
	}
	if !l.begin() {
		return false
	}
	for l.base+int64(l.p) < l.stop {
		l.start = l.base + int64(l.p)
		line, ok := l.cut()
		if !ok {
			return false
		}
		l.number++
		if l.long || len(line) > l.limit {
			l.long, l.fault = false, "line too long"
			return true
		}
		if !blank(line) {
			l.line, l.served = line, true
			l.held += int64(len(line))
			return true
		}
	}
	return false
}

// Bytes returns the line without its line end. It is valid until Release.
func (l *Lines) Bytes() []byte { return l.line }

// Span returns where the line lies in its file, in bytes and without its line
// end. The size is 0 where the file is compressed.
func (l *Lines) Span() (from, size int64) {
	if l.src.form != plain {
		return 0, 0
	}
	return l.start, int64(len(l.line))
}

// Number returns which line of the part this is, blank ones counted, from 1.
func (l *Lines) Number() int64 { return l.number }

// Fault returns why the line, or after Next has returned false the rest of the
// file, cannot be read: a constant, or the empty string.
func (l *Lines) Fault() string { return l.fault }

// Err returns the error of input that ended the lines, or nil.
func (l *Lines) Err() error { return l.src.failed() }

// Held returns how many bytes of lines have been returned since Release.
func (l *Lines) Held() int64 { return l.held }

// Release takes back all lines that have been returned.
func (l *Lines) Release() {
	for i, b := range l.old {
		recycle(b)
		l.old[i] = nil
	}
	l.old, l.served, l.held = l.old[:0], false, 0
}

// Close releases all lines and closes the file.
func (l *Lines) Close() error {
	l.Release()
	recycle(l.buf)
	l.buf, l.line = nil, nil
	return l.src.Close()
}

// begin finds the first line of the part.
func (l *Lines) begin() bool {
	if l.begun {
		return true
	}
	l.begun = true
	if l.inside { // one byte early: a line end there begins our first line
		for {
			if i := bytes.IndexByte(l.buf[l.p:], '\n'); i >= 0 {
				l.p += i + 1
				l.seen = l.p
				return true
			}
			l.p, l.seen = len(l.buf), len(l.buf)
			if !l.more() {
				return false
			}
		}
	}
	for len(l.buf) < sniffed && l.more() {
	}
	if why := foreign(l.buf); why != "" {
		l.fault, l.ended, l.number = why, true, 1
		l.p = len(l.buf)
		return false
	}
	if bytes.HasPrefix(l.buf, []byte("\xef\xbb\xbf")) {
		l.p, l.seen = 3, 3
	}
	return true
}

// cut returns the next line of the stream, and false when there is none.
func (l *Lines) cut() ([]byte, bool) {
	for {
		if i := bytes.IndexByte(l.buf[l.seen:], '\n'); i >= 0 {
			line := l.buf[l.p : l.seen+i]
			l.p = l.seen + i + 1
			l.seen = l.p
			return line, true
		}
		l.seen = len(l.buf)
		if len(l.buf)-l.p > l.limit {
			l.long = true
			l.p = len(l.buf)
		}
		if l.more() {
			continue
		}
		if l.broken != "" {
			l.fault, l.long = l.broken, false
			l.number++
			return nil, false
		}
		line := l.buf[l.p:]
		l.p = len(l.buf)
		return line, len(line) > 0 || l.long
	}
}

// more reads on. It reports false at the end, where broken may say why.
func (l *Lines) more() bool {
	if l.ended {
		return false
	}
	if len(l.buf) == cap(l.buf) {
		l.grow()
	}
	room := l.buf[len(l.buf):cap(l.buf)]
	at := l.base + int64(len(l.buf))
	if ahead := max(l.stop-at, tailBytes); int64(len(room)) > ahead {
		room = room[:ahead]
	}
	n, err := 0, error(nil)
	for n == 0 && err == nil {
		n, err = l.src.Read(room)
	}
	l.buf = l.buf[:len(l.buf)+n]
	if err != nil {
		l.ended, l.broken = true, l.src.why(err)
	}
	return n > 0
}

// grow moves what is left of the buffer to a new one.
func (l *Lines) grow() {
	rest := l.buf[l.p:]
	next := fresh(min(2*len(rest), l.limit+block))
	next = next[:copy(next[:cap(next)], rest)]
	if l.served {
		l.old = append(l.old, l.buf)
	} else {
		recycle(l.buf)
	}
	l.base += int64(l.p)
	l.seen -= l.p
	l.buf, l.p, l.served = next, 0, false
}

const (
	block     = 256 << 10 // bytes read at a time
	tailBytes = 16 << 10  // bytes read at a time behind the end of the part
)

var blocks = sync.Pool{New: func() any { return new([block]byte) }}

func fresh(need int) []byte {
	if need > block {
		return make([]byte, 0, need)
	}
	return blocks.Get().(*[block]byte)[:0]
}

func recycle(b []byte) {
	if cap(b) == block {
		blocks.Put((*[block]byte)(b[:block]))
	}
}

func blank(line []byte) bool {
	for _, x := range line {
		if !isSpace[x] {
			return false
		}
	}
	return true
}

func newLines(src *stream, offset, length int64, limit int) *Lines {
	if limit <= 0 {
		limit = Limit
	}
	l := &Lines{src: src, limit: limit, stop: math.MaxInt64, buf: fresh(0)}
	if offset > 0 {
		l.base, l.inside = offset-1, true
	}
	if length > 0 {
		l.stop = offset + length
	}
	return l
}

// NewLines returns the lines of a text, plain or compressed, that begins at r.
// A limit of zero means Limit.
func NewLines(r io.Reader, limit int) *Lines {
	return newLines(open(r), 0, 0, limit)
}

package wearable

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// MaxSight is how much of a file a Window holds at most: a record, a line or a
// document that is longer cannot be read.
const MaxSight = 32 << 20

// Window is a text file, plain or gzip, of which only a piece is in memory.
type Window struct {
	file     io.Closer
	r        io.Reader
	buf      []byte
	pos, end int
	line     int64
	err      error
}

// Open opens a file. Whether it is gzip is seen from its first bytes. What is
// wrong inside shows when it is read.
func (w *Window) Open(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return Bare(err)
	}
	var head [2]byte
	if n, _ := f.ReadAt(head[:], 0); n == 2 && head == [2]byte{0x1f, 0x8b} {
		w.Reset(&unpacked{packed: f}, f)
	} else {
		w.Reset(f, f)
	}
	return nil
}

// Reset begins to read r. Close will close c.
func (w *Window) Reset(r io.Reader, c io.Closer) {
	if w.buf == nil {
		w.buf = make([]byte, 64<<10)
	}
	w.file, w.r, w.pos, w.end, w.line, w.err = c, r, 0, 0, 1, nil
}

// Close closes the file. A window that had to grow forgets what it grew.
func (w *Window) Close() {
	w.file.Close() // it was only read
	w.file, w.r = nil, nil
	if len(w.buf) > 1<<20 {
		w.buf = nil
	}
}

// Bytes returns what is in sight. It is valid until More is called.
func (w *Window) Bytes() []byte { return w.buf[w.pos:w.end] }

// Line returns the line, from 1, on which Bytes begins.
func (w *Window) Line() int64 { return w.line }

// Skip moves on by n bytes of what is in sight.
func (w *Window) Skip(n int) {
	w.line += int64(bytes.Count(w.buf[w.pos:w.pos+n], newline))
	w.pos += n
}

var newline = []byte{'\n'}

// More brings more into sight, behind what is there. It returns false at the
// end of the file, where it cannot be read on, and when MaxSight is in sight.
func (w *Window) More() bool {
	if w.err != nil {
		return false
	}
	if w.pos > 0 {
		w.end = copy(w.buf, w.buf[w.pos:w.end])
		w.pos = 0
	}
	if w.end == len(w.buf) {
		if w.end >= MaxSight {
			return false
		}
		grown := make([]byte, 2*len(w.buf))
		copy(grown, w.buf)
		w.buf = grown
	}
	for tries := 0; tries < 100; tries++ {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// Full reports that More returned false because MaxSight is in sight.
func (w *Window) Full() bool { return w.err == nil && w.end-w.pos >= MaxSight }

// Fault says why the file could not be read to its end, if so.
func (w *Window) Fault() string {
	switch {
	case w.err == nil, w.err == io.EOF:
		return ""
	case errors.Is(w.err, io.ErrUnexpectedEOF):
		return "the file is cut off"
	}
	return "the file cannot be unpacked or read"
}

// Text passes over a byte order mark of UTF-8. It returns a reason where the
// file is no UTF-8 text at all: empty, UTF-16, or with zero bytes at its
// beginning.
func (w *Window) Text() (reason string) {
	for len(w.Bytes()) < 512 && w.More() {
	}
	b := w.Bytes()
	head := b[:min(len(b), 512)]
	switch {
	case len(b) == 0 && w.Fault() != "":
		return w.Fault()
	case len(b) == 0:
		return "the file is empty"
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "the file is UTF-16"
	case bytes.IndexByte(head, 0) >= 0:
		return "the file is not text"
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		w.Skip(3)
	}
	return ""
}

// unpacked reads gzip. It opens it at the first Read, so that a file that is
// not gzip is one that cannot be read, not one that cannot be opened.
type unpacked struct {
	packed io.Reader
	z      *gzip.Reader
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.z == nil {
		z, err := gzip.NewReader(u.packed)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // a gzip file has a header
		}
		if err != nil {
			return 0, err
		}
		u.z = z
	}
	return u.z.Read(p)
}

package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Open opens a file, or where length is not zero the part of a plain file of
// that many bytes from offset, and returns the lines that begin there. Whether
// the file is compressed (gzip, zstd) is seen from its first bytes, not from
// its name. A limit of zero means Limit.
func Open(path string, offset, length int64, limit int) (*Lines, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	if offset > 0 {
		if _, err := f.Seek(offset-1, io.SeekStart); err != nil {
			f.Close()
			return nil, bare(err)
		}
		raw := &remembering{r: f}
		return newLines(&stream{r: raw, raw: raw, file: f}, offset, length, limit), nil
	}
	s := open(f)
	s.file = f
	return newLines(s, 0, length, limit), nil
}

// Whole reports whether a file can only be read as a whole: it is compressed
// or no text in a character set whose lines end at a line feed byte.
func Whole(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, bare(err)
	}
	defer f.Close()
	head := make([]byte, sniffed)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, bare(err)
	}
	return formOf(head[:n]) != plain || foreign(head[:n]) != "", nil
}

// Count returns how many lines begin in a part of a plain file.
func Count(path string, offset, length int64) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, bare(err)
	}
	defer f.Close()
	from, n := offset-1, int64(0)
	if offset == 0 {
		from, n = 0, 1
	}
	buf := fresh(0)[:block]
	defer recycle(buf)
	for r := io.NewSectionReader(f, from, offset+length-1-from); ; {
		k, err := r.Read(buf)
		n += int64(bytes.Count(buf[:k], []byte{'\n'}))
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return 0, bare(err)
		}
	}
}

// bare takes the path, which the caller names in its own way, out of an error.
func bare(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}

type packing uint8

const (
	plain packing = iota
	gzipped
	zstandard
)

const sniffed = 512

func formOf(head []byte) packing {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return gzipped
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return zstandard
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18": // a skippable frame
		return zstandard
	}
	return plain
}

// foreign says why a text that begins with head has no lines of UTF-8.
func foreign(head []byte) string {
	head = head[:min(len(head), sniffed)]
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "UTF-16 text, UTF-8 is needed"
	case len(head) >= 2 && (head[0] == 0) != (head[1] == 0):
		return "UTF-16 text, UTF-8 is needed"
	case bytes.IndexByte(head, 0) >= 0:
		return "not a text file"
	}
	return ""
}

// stream is a file, decompressed.
type stream struct {
	r    io.Reader
	raw  *remembering
	form packing
	file io.Closer
	zstd *zstd.Decoder
	fail error // of opening the decompressor
}

// open looks at the first bytes of r and puts the right decompressor before it.
func open(r io.Reader) *stream {
	head := make([]byte, 4)
	raw := &remembering{r: r}
	n, _ := io.ReadFull(raw, head)
	whole := io.MultiReader(bytes.NewReader(head[:n]), raw)
	s := &stream{r: whole, raw: raw, form: formOf(head[:n])}
	switch s.form {
	case gzipped:
		z, err := gzip.NewReader(whole)
		if err == nil {
			s.r = z
		}
		s.fail = err
	case zstandard:
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
		if err == nil {
			s.r, s.zstd = z, z
		}
		s.fail = err
	}
	return s
}

func (s *stream) Read(b []byte) (int, error) {
	if s.fail != nil {
		return 0, s.fail
	}
	return s.r.Read(b)
}

// why turns the error that ended the stream into a reason: none when the
// stream is complete or when reading, not the content, is at fault.
func (s *stream) why(err error) string {
	opened := s.fail == nil
	switch {
	case s.failed() != nil, err == io.EOF && opened:
		return ""
	case s.form == gzipped && (err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)):
		return "gzip file is truncated"
	case s.form == gzipped:
		return "gzip file is damaged"
	case s.form == zstandard && (err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)):
		return "zstd file is truncated"
	case s.form == zstandard:
		return "zstd file is damaged"
	}
	return ""
}

// failed returns the error of the file itself.
func (s *stream) failed() error { return s.raw.err }

func (s *stream) Close() error {
	if s.zstd != nil {
		s.zstd.Close()
	}
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// remembering keeps the first error of a reader that is not its end.
type remembering struct {
	r   io.Reader
	err error
}

func (r *remembering) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if err != nil && err != io.EOF && r.err == nil {
		r.err = bare(err)
	}
	return n, err
}

package leak

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
)

// lines are those of a text, or those that begin in a part of one.
type lines struct {
	r    *bufio.Reader
	left int64 // bytes to the end of the part
}

// allLines are those of a text that is read to its end.
func allLines(r *bufio.Reader) *lines { return &lines{r, math.MaxInt64} }

// linesIn are those that begin in a part of a text.
func linesIn(at io.ReaderAt, from, to int64) (*lines, error) {
	l := &lines{bufio.NewReaderSize(io.NewSectionReader(at, max(0, from-1), math.MaxInt64-from), 1<<20), to - from}
	if from == 0 {
		return l, nil
	}
	before, err := long(l.r) // ends with the byte before the part, where a line begins with it
	l.left -= int64(len(before)) - 1
	return l, err
}

// next is the next line, valid until the one after it is read, and an error with the
// last.
func (l *lines) next() ([]byte, error) {
	if l.left <= 0 {
		return nil, io.EOF
	}
	line, err := long(l.r)
	l.left -= int64(len(line))
	return line, err
}

// longest is how long a line may be: more than any source takes.
const longest = 64 << 20

// long reads a line.
func long(r *bufio.Reader) (line []byte, err error) {
	line, err = r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		line = bytes.Clone(line)
	}
	for err == bufio.ErrBufferFull && len(line) <= longest {
		var more []byte
		more, err = r.ReadSlice('\n')
		line = append(line, more...)
	}
	if err == bufio.ErrBufferFull {
		err = nil
	}
	return line, err
}

// ended passes over the end of what is damaged, which its source rejects, and not over
// what keeps a file from being read.
func ended(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

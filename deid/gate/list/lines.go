package list

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"secondaryuse/deid/gate"
)

// Refusal is why a gate does not open. It wraps gate.ErrRefused.
type Refusal struct {
	Gate   string
	File   string
	Line   int64  // from 1; 0 for the file as a whole
	Field  string // empty where none can be named
	Reason string // a text of this program, never of the file
	Next   string // what the operator can do
}

// Error says it in one line.
func (r *Refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %s: %s", gate.ErrRefused, r.Gate, r.File)
	if r.Line > 0 {
		fmt.Fprintf(&b, ":%d", r.Line)
	}
	if r.Field != "" {
		b.WriteString(": " + r.Field)
	}
	fmt.Fprintf(&b, ": %s; next: %s", r.Reason, r.Next)
	return b.String()
}

// Unwrap makes errors.Is(err, gate.ErrRefused) true.
func (r *Refusal) Unwrap() error { return gate.ErrRefused }

// longest is the longest line that is read.
const longest = 64 << 10

// Lines reads a text file line by line and adds up its SHA-256. Use it from
// one goroutine.
type Lines struct {
	gate, file string
	f          *os.File
	in         *bufio.Reader
	sum        hash.Hash
	line, size int64
}

// Open opens a file for a gate. A file that is missing, empty, not a regular
// file, in UTF-16 or with a byte order mark is refused.
func Open(gate, file string) (*Lines, error) {
	l := &Lines{gate: gate, file: file}
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil {
		l.f, err = os.Open(file)
	}
	if err != nil {
		return nil, l.unreadable(err)
	}
	l.size = info.Size()
	if err := l.begin(l.f); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// begin looks at the first bytes.
func (l *Lines) begin(r io.Reader) error {
	l.sum = sha256.New()
	l.in = bufio.NewReaderSize(io.TeeReader(r, l.sum), longest)
	head, err := l.in.Peek(4)
	if err != nil && err != io.EOF {
		return l.unreadable(err)
	}
	return l.plain(head)
}

// plain refuses a file that begins like no text we read.
func (l *Lines) plain(head []byte) error {
	switch {
	case len(head) == 0:
		return l.Refuse("", "empty: it has no bytes", "ask for the file again")
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return l.Refuse("", "it begins with a byte order mark", "save it as UTF-8 without a byte order mark, or use the file as it was sent")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.IndexByte(head, 0) >= 0:
		return l.Refuse("", "it is UTF-16 or binary, not UTF-8", "use the file as it was sent; do not open and save it in a spreadsheet")
	}
	return nil
}

// unreadable refuses a file that the operating system does not give. Its own
// words for why are added; they hold no content.
func (l *Lines) unreadable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return l.Refuse("", "missing: there is no such file", "put the file there, or correct its path in the configuration")
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return l.Refuse("", "cannot be read: "+err.Error(), "see that the user that runs this may read it")
}

// Next returns the next line without its line end, valid until Next is called
// again, or io.EOF. A last line that is not ended and a line of more than 64
// KiB are refused.
func (l *Lines) Next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if err == io.EOF && len(line) == 0 {
		return nil, io.EOF
	}
	l.line++
	switch err {
	case nil:
	case io.EOF:
		return nil, l.Refuse("", "the last line is not ended: the file was cut off", "ask for the file again; do not edit it by hand")
	case bufio.ErrBufferFull:
		return nil, l.Refuse("", "a line of more than 64 KiB: a file of another kind", "correct the path in the configuration, or ask for the file again")
	default:
		return nil, l.unreadable(err)
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// Size is the length of the file in bytes.
func (l *Lines) Size() int64 { return l.size }

// SHA256 is the digest of the file in hexadecimal, once Next has returned
// io.EOF.
func (l *Lines) SHA256() string { return hex.EncodeToString(l.sum.Sum(nil)) }

// Refuse returns the refusal of the line that was read last.
func (l *Lines) Refuse(field, reason, next string) error {
	return &Refusal{Gate: l.gate, File: l.file, Line: l.line, Field: field, Reason: reason, Next: next}
}

// Close closes the file.
func (l *Lines) Close() { l.f.Close() }

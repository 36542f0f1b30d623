// Package audit keeps the log of who had what done: one line of JSON for each
// event, in one file that is only ever added to. Each line holds the SHA-256 of
// the line before, its line end included, and its own number; the number and hash
// of the newest, the head, are kept outside the file as well: in the ledger, and
// in the manifest of whatever was sealed and published since.
//
// Verify finds any byte that was edited, and any line that was removed, put in, or
// is in another place; that lines were cut off at the end it finds by a head that
// is kept elsewhere. What it cannot find: what somebody has done who could write
// the log, the ledger, and every manifest that holds a head, and has made all of
// them anew; what was cut off at the end when no head is left elsewhere; and that
// an event was never written. Heads that are written down elsewhere, as in a signed
// report, close the first two. Two lines are not held by a head: one that was added
// just before the machine died is found by Verify as one that nobody knows of, and
// the next event says so.
//
// A line that was cut short by a crash stays where it is, and the next event is
// that it does, with its hash. Nothing in the log names a person.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"secondaryuse/pipeline/durable"
)

// Event is one line of the log. Times are UTC. What does not apply is absent.
type Event struct {
	Line   int64     `json:"line"`   // from 1
	Before string    `json:"before"` // SHA-256 of the line before; zeros in the first
	At     time.Time `json:"at"`
	Who    string    `json:"who"`  // the user of the operating system
	What   string    `json:"what"` // began, ended, accepted, key made, keys used, signed; and what Append says itself, in Note

	Command  string    `json:"command,omitempty"` // what was done: run, extract, publish ...
	Call     string    `json:"call,omitempty"`    // the command that was called for it, such as serve or retry
	Program  string    `json:"program,omitempty"`
	Config   string    `json:"configuration,omitempty"` // SHA-256 of the configuration file
	Purpose  string    `json:"purpose,omitempty"`
	Run      string    `json:"run,omitempty"`
	Job      string    `json:"job,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	Step     string    `json:"step,omitempty"`
	Lists    []string  `json:"lists,omitempty"` // what the gates stood on, with digests; counts are rounded
	Outcome  string    `json:"outcome,omitempty"`
	Why      string    `json:"why,omitempty"`
	Snapshot string    `json:"snapshot,omitempty"`
	Report   string    `json:"report,omitempty"` // SHA-256 of the gate report's JSON
	Reason   string    `json:"reason,omitempty"` // that was given for what was accepted
	Key      string    `json:"key,omitempty"`    // the name of a key, or of its file
	With     string    `json:"with,omitempty"`   // who has signed for it, where two are needed, each with the signature

	Record json.RawMessage `json:"record,omitempty"` // of the register of what has left: what it is

	Note   string `json:"note,omitempty"`        // what Append has found
	Torn   int    `json:"torn_bytes,omitempty"`  // how long the line before is, which is torn
	TornOf string `json:"torn_sha256,omitempty"` // and its hash
}

// Head is the newest line: its number and its hash. The zero Head is that of a log
// of nothing.
type Head struct {
	Line   int64
	SHA256 string
}

// String writes a head as manifests have it.
func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Line, h.SHA256) }

// ParseHead reads what String writes.
func ParseHead(s string) (Head, error) {
	var h Head
	n, err := fmt.Sscanf(s, "%d:%64s", &h.Line, &h.SHA256)
	if err != nil || n != 2 || h.String() != s || h.Line < 1 || strings.Trim(h.SHA256, "0123456789abcdef") != "" || len(h.SHA256) != 64 {
		return Head{}, errors.New("audit: not the head of a log")
	}
	return h, nil
}

// Anchor keeps the head outside the file. What SetAnchor has kept is durable when
// it returns. Where it is no ledger it says what it is with String.
type Anchor interface {
	Anchor(ctx context.Context) (line int64, sha256 string, err error) // 0 where there is none
	SetAnchor(ctx context.Context, line int64, sha256 string) error
}

// Path is the file of the log in a folder of it.
func Path(dir string) string { return filepath.Join(dir, "log.jsonl") }

var zeros = strings.Repeat("0", 64)

// Append adds events to the log in a folder, one after the other, and returns the
// new head. All are durable, and the anchor knows of them, when it returns; where
// it returns an error nothing may be done that they are about. Several processes
// may do so at once.
func Append(ctx context.Context, dir string, a Anchor, events ...Event) (Head, error) {
	head, err := add(ctx, dir, a, events)
	if err != nil {
		return head, fmt.Errorf("audit: %w; next: see that the folder %s can be written, and verify the log", err, dir)
	}
	return head, nil
}

func add(ctx context.Context, dir string, a Anchor, events []Event) (Head, error) {
	if err := durable.Folder(dir, 0o700); err != nil {
		return Head{}, err
	}
	unlock, err := lock(dir, os.O_CREATE|os.O_RDWR, syscall.LOCK_EX)
	if err != nil {
		return Head{}, err
	}
	defer unlock()
	f, err := os.OpenFile(Path(dir), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return Head{}, err
	}
	defer f.Close()
	was, err := f.Stat()
	if err != nil {
		return Head{}, err
	}
	text, head, err := compose(ctx, f, a, events)
	if err != nil {
		return Head{}, err
	}
	if _, err := f.Write(text); err != nil {
		return Head{}, err
	}
	if err := f.Sync(); err != nil {
		return Head{}, err
	}
	if was.Size() == 0 { // its name may be new
		if err := durable.Sync(dir); err != nil {
			return Head{}, err
		}
	}
	return head, a.SetAnchor(ctx, head.Line, head.SHA256)
}

// compose writes what is to be added to a log: the end of a line that a crash has
// left, what is to be said of the log itself, and the events.
func compose(ctx context.Context, f *os.File, a Anchor, events []Event) (text []byte, head Head, err error) {
	end, torn, err := tail(f)
	if err != nil {
		return nil, head, err
	}
	text, end, found := mend(end, torn)
	keeper := "the ledger"
	if named, ok := a.(fmt.Stringer); ok {
		keeper = named.String()
	}
	var kept Head
	if kept.Line, kept.SHA256, err = a.Anchor(ctx); err != nil {
		return nil, head, err
	}
	head, differs := follow(end, kept, keeper)
	found = append(found, differs...)
	for i := range found {
		found[i].At, found[i].Who = events[0].At, events[0].Who
	}
	lines, head, err := chain(head, append(found, events...))
	return append(text, lines...), head, err
}

// last is the last event of a log.
type last struct {
	Head
	before string
}

// mend ends the line that a crash has left, and says so: as what was cut short, or
// where only its end was missing, as the last event.
func mend(end last, torn []byte) (text []byte, whole last, found []Event) {
	if len(torn) == 0 {
		return nil, end, nil
	}
	text = []byte("\n")
	line := append(bytes.Clone(torn[bytes.LastIndexByte(torn, '\n')+1:]), '\n')
	if e, err := parse(line); err == nil {
		return text, last{Head{e.Line, sum(line)}, e.Before}, []Event{{What: "found", Note: "the line before had no end"}}
	}
	return text, end, []Event{{What: "torn", Note: "the line before was cut short", Torn: len(torn), TornOf: sum(torn)}}
}

// follow says from which head the log goes on, and what is to be said of it: that
// of the file, unless the keeper knows of another. Then it goes on from the
// keeper's, so that Verify will always find what was done to the file.
func follow(end last, kept Head, keeper string) (Head, []Event) {
	switch {
	case end.Head == kept:
		return kept, nil
	case kept.Line == 0:
		return end.Head, []Event{{What: "found", Note: keeper + " knows of no log: it is another, or new"}}
	case end.Line > kept.Line+1 || end.Line == kept.Line+1 && end.before == kept.SHA256:
		return end.Head, []Event{{What: "found", Note: fmt.Sprintf("the log was %d lines ahead of %s: a process had died, or %[2]s is an older one", end.Line-kept.Line, keeper)}}
	}
	return kept, []Event{{What: "found", Note: "the log did not end as " + keeper + " says: it was changed"}}
}

// chain writes events as lines that follow a head.
func chain(head Head, events []Event) (text []byte, next Head, err error) {
	for _, e := range events {
		e.Line, e.Before, e.At = head.Line+1, head.SHA256, e.At.UTC()
		if head.Line == 0 {
			e.Before = zeros
		}
		line, err := json.Marshal(e)
		if err != nil {
			return nil, head, err
		}
		line = append(line, '\n')
		head = Head{e.Line, sum(line)}
		text = append(text, line...)
	}
	return text, head, nil
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// lock waits until nobody else adds to the log, or until nobody reads it either.
func lock(dir string, open, how int) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), open, 0o600)
	if err != nil {
		return nil, err
	}
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(int(f.Fd()), how)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}

// tail reads the last event of a file, and whatever comes after it: what a crash
// has left.
func tail(f *os.File) (end last, torn []byte, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return last{}, nil, err
	}
	for n := int64(1 << 14); ; n *= 2 {
		b := make([]byte, min(n, size))
		if _, err := f.ReadAt(b, size-int64(len(b))); err != nil {
			return last{}, nil, err
		}
		from := 0
		if n < size { // it begins within a line
			from = bytes.IndexByte(b, '\n') + 1
		}
		for to := bytes.LastIndexByte(b, '\n') + 1; to > from; {
			start := max(from, bytes.LastIndexByte(b[:to-1], '\n')+1)
			if e, err := parse(b[start:to]); err == nil {
				return last{Head{e.Line, sum(b[start:to])}, e.Before}, b[to:], nil
			}
			to = start
		}
		if n >= size {
			return last{}, b, nil
		}
	}
}

// parse reads one line, with its end.
func parse(line []byte) (Event, error) {
	var e Event
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&e)
	if err == nil && (e.Line < 1 || e.Line > 1<<53 || line[len(line)-1] != '\n') {
		err = errors.New("not an event")
	}
	return e, err
}

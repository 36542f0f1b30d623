package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// Claim is a head that is kept outside the file.
type Claim struct {
	Where string // who keeps it, in plain words
	Head
	Newest bool // nothing may come after it
}

// Proof is what Verify has found.
type Proof struct {
	Lines    int64 // whole lines
	Head     Head
	Findings []string // what was done to the log, or may have been; none of a log that is as it was written
	Notes    []string // what is worth knowing, and no sign that anything was done
}

// Verify reads the log in a folder and holds it to the chain, and to the heads that
// are kept elsewhere, of which it asks while nobody adds to the log. An error says
// that it could not be read.
func Verify(dir string, kept func() ([]Claim, error)) (Proof, error) {
	unlock, err := lock(dir, os.O_RDONLY, syscall.LOCK_SH)
	if errors.Is(err, fs.ErrNotExist) {
		unlock, err = func() {}, nil // nobody has ever added to it
	}
	if err != nil {
		return Proof{}, fmt.Errorf("audit: %w", err)
	}
	defer unlock()
	claims, err := kept()
	if err != nil {
		return Proof{}, err
	}
	v := verifier{want: make(map[int64][]Claim), head: Head{0, zeros}}
	for _, c := range claims {
		v.want[c.Line] = append(v.want[c.Line], c)
	}
	if err := each(dir, v.line); err != nil {
		return Proof{}, err
	}
	v.end(claims)
	return v.Proof, nil
}

// List returns the events of the log in a folder, oldest first. What is no event
// is left out: Verify says so.
func List(dir string) ([]Event, error) {
	var out []Event
	err := each(dir, func(line []byte) {
		if e, err := parse(line); err == nil {
			out = append(out, e)
		}
	})
	return out, err
}

// each calls f with every line, its end included; the last may have none.
func each(dir string, f func(line []byte)) error {
	file, err := os.Open(Path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	defer file.Close()
	r := bufio.NewReader(file)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			f(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
}

type verifier struct {
	Proof
	want map[int64][]Claim
	head Head // of the line before
	torn []byte
	at   int64 // the line of the file
}

func (v *verifier) find(format string, args ...any) {
	v.Findings = append(v.Findings, fmt.Sprintf(format, args...))
}

func (v *verifier) line(line []byte) {
	v.at++
	e, err := parse(line)
	if err != nil {
		v.torn = append(v.torn, line...)
		return
	}
	v.follow(e)
	v.head = Head{e.Line, sum(line)}
	v.Lines++
	for _, c := range v.want[e.Line] {
		if c.SHA256 != v.head.SHA256 {
			v.find("event %d is not the one that %s knows: it was edited, or others were put in its place", e.Line, c.Where)
		}
	}
	delete(v.want, e.Line)
}

// follow holds an event to the one before it.
func (v *verifier) follow(e Event) {
	torn := bytes.TrimSuffix(v.torn, []byte("\n")) // which Append has put there
	switch {
	case v.torn != nil && e.Torn == len(torn) && e.TornOf == sum(torn):
		v.Notes = append(v.Notes, fmt.Sprintf("line %d of the file was cut short by a crash, as event %d says", v.at-1, e.Line))
	case v.torn != nil:
		v.find("line %d of the file is no event, and nothing says that a crash has cut it short: it was edited, or put in", v.at-1)
	case e.Torn != 0 || e.TornOf != "":
		v.find("event %d says that the line before it was cut short, and it is not there", e.Line)
	}
	v.torn = nil
	switch {
	case e.Line > v.head.Line+1:
		v.find("events %d to %d are missing", v.head.Line+1, e.Line-1)
	case e.Line <= v.head.Line:
		v.find("event %d comes after event %d: lines were put in, or put elsewhere", e.Line, v.head.Line)
	case e.Before != v.head.SHA256:
		v.find("event %d does not follow from the one before it: that was edited, or another was put in its place", e.Line)
	}
	if e.Note != "" && e.Torn == 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("event %d: %s", e.Line, e.Note))
	}
}

// end holds the end of the log to what is kept elsewhere.
func (v *verifier) end(claims []Claim) {
	if v.Head = v.head; v.head.Line == 0 {
		v.Head = Head{}
	}
	switch {
	case bytes.ContainsRune(v.torn, '\n'):
		v.find("line %d of the file, the last, is no event", v.at)
	case v.torn != nil:
		v.Notes = append(v.Notes, fmt.Sprintf("line %d of the file, the last, is cut short; the next event will say so", v.at))
	}
	var missing []Claim
	for _, all := range v.want {
		missing = append(missing, all...)
	}
	slices.SortFunc(missing, func(a, b Claim) int { return int(a.Line - b.Line) })
	for _, c := range missing {
		v.find("event %d, which %s knows of, is missing: the log was cut off, or lines were removed", c.Line, c.Where)
	}
	for _, c := range claims {
		if c.Newest && c.Line < v.head.Line {
			v.find("events from %d on are not known to %s: a process died just then, which the next event will say, or somebody has added them", c.Line+1, c.Where)
		}
	}
	if !slices.ContainsFunc(claims, func(c Claim) bool { return c.Newest }) && v.head.Line > 0 {
		v.Notes = append(v.Notes, "the ledger knows of no event: whether any were cut off at the end can only be told by snapshots")
	}
}

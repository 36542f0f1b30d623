// Package inbox takes files out of a folder that somebody else fills: each when
// it is complete, each exactly once by its content, none that is half there.
// Where the folder lies (on this machine, on another) is a Folder's concern;
// drop and sftp are the two.
//
// # What is taken
//
// A file is complete when its marker lies beside it and is not older than it,
// or when it has kept size and time for a while between two looks, or both, as
// the Policy has it. What is complete is copied, and looked at once more: a
// file that has changed or vanished meanwhile is not taken. Its content is
// known by its SHA-256: a file that was sent again, under whatever name, is
// recognised and not delivered; another content under a known name is a
// correction, and is. A content that comes again after a correction of it stays
// known: who takes a correction back sends a file that says so. Of extracts of
// everything each that differs from the last is new.
//
// # What is remembered
//
// Three files in the delivery's folder, all with a dot: .seen is everything that
// was ever taken, by digest, and goes on from delivery to delivery; .took is
// what this delivery has taken, by name; .times is of what time each of its files
// is (fetch.Times). When the delivery has been published,
// Done moves the files of .took into the folder "taken", each delivery to a
// folder of its own there, or leaves them, as the Policy has it. Fetch changes
// nothing in the folder.
//
// The order makes every crash harmless: a file is copied to a dot name, synced,
// noted in .took, renamed; at the end come .took, .times, then .seen, and only who holds
// a Delivery that names the digest of .seen can have anything moved.
//
// Names of files may name persons. What is told names a file by its number in
// the order of names, as in
//
//	find . -path ./taken -prune -o -name '.?*' -prune -o ! -type d -print | LC_ALL=C sort
package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"secondaryuse/pipeline/fetch"
)

// Folder is a folder that somebody else fills, as it is reached for one visit.
// Names are relative to it, with slashes. Errors may hold names: the inbox does
// not pass them on.
type Folder interface {
	Reader
	Mover
	io.Closer
}

// Reader looks into a folder and reads what is in it.
type Reader interface {
	// List returns what lies in the folder dir, "." for the uppermost, with the
	// links themselves and not what they point to.
	List(ctx context.Context, dir string) ([]fs.FileInfo, error)
	// Open opens a regular file to be read from a byte on. It does not follow a
	// link that has taken its place out of the folder.
	Open(ctx context.Context, name string, from int64) (io.ReadCloser, error)
}

// Mover moves files within a folder.
type Mover interface {
	// Move gives a file another name, below folders that it makes. What had that
	// name is replaced. It is durable on return where the system can do that.
	Move(ctx context.Context, from, to string) error
}

// Policy says what is taken, and what becomes of it.
type Policy struct {
	Marker     string        // NAME+Marker beside NAME says that it is complete; empty: no marker
	Unchanged  time.Duration // for so long a file must keep size and time; 0: one look is enough
	Keep       bool          // what was taken stays where it is
	Everything bool          // what is complete is an extract of everything: taken whole, when all is complete
	Needs      []string      // patterns, as of path.Match: nothing is delivered that has no file for each
	ByFolder   bool          // the first folder of a path says whose it is: what is equal in two of them is two
	Remember   time.Duration // contents not seen for so long are forgotten; 0: never

	// Wait passes time between two looks. A test gives its own.
	Wait func(context.Context, time.Duration) error
}

// Inbox is a fetch.Fetcher over a Folder.
type Inbox struct {
	system string // as errors name it
	place  string // for the operator
	reach  func(context.Context) (Folder, error)
	policy Policy
	now    func() time.Time
	step   func(name string) // a test dies here
	every  int64             // bytes between two points from which a copy can go on
}

// New returns the Fetcher of a folder. System is what errors call it, place is
// where it lies, reach opens it for one visit.
func New(system, place string, reach func(context.Context) (Folder, error), p Policy) (*Inbox, error) {
	switch {
	case p.Marker == "" && p.Unchanged <= 0:
		return nil, errors.New("neither a marker nor a time to be unchanged; give one, or files are taken half")
	case strings.ContainsAny(p.Marker, "/\x00"):
		return nil, errors.New("the marker is the end of a file name; it has no slash")
	}
	for _, n := range p.Needs {
		if _, err := path.Match(n, ""); err != nil {
			return nil, errors.New("a pattern of needs cannot be read")
		}
	}
	if p.Wait == nil {
		p.Wait = wait
	}
	return &Inbox{system: system, place: place, reach: reach, policy: p,
		now: time.Now, step: func(string) {}, every: 64 << 20}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Plan looks into the folder once.
func (b *Inbox) Plan(ctx context.Context, last fetch.Last) (fetch.Plan, error) {
	plan := fetch.Plan{From: b.place}
	mem, err := recall(last)
	if err != nil {
		return plan, b.fail(ctx, err)
	}
	if last.Mark != "" {
		plan.Since = "what has been taken, up to " + last.At.UTC().Format(time.RFC3339)
	}
	f, err := b.reach(ctx)
	if err != nil {
		return plan, b.fail(ctx, err)
	}
	defer f.Close()
	s, err := b.look(ctx, f, last.Mark == "")
	if err != nil {
		return plan, b.fail(ctx, err)
	}
	fresh, bytes := 0, int64(0)
	for _, x := range s.complete {
		if !mem.has(x) {
			fresh, bytes = fresh+1, bytes+x.size
		}
	}
	plan.Asks = append(plan.Asks, fmt.Sprintf("%s (%d bytes) of which no content is known yet", files(fresh), bytes))
	if b.policy.Unchanged > 0 {
		plan.Asks = append(plan.Asks, "if they stay unchanged for "+b.policy.Unchanged.String())
	}
	if n := len(s.incomplete); n > 0 {
		plan.Asks = append(plan.Asks, files(n)+" not complete yet")
	}
	return plan, nil
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// fail names the system, and takes out of an error what may name a person.
func (b *Inbox) fail(ctx context.Context, err error) error {
	if stop := ctx.Err(); stop != nil {
		return fmt.Errorf("%s: %w", b.system, stop)
	}
	return fmt.Errorf("%s: %w", b.system, bare(err))
}

// bare takes the paths out of an error.
func bare(err error) error {
	var at *fileError
	if errors.As(err, &at) {
		return &fileError{at.no, bare(at.err)}
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// fileError is an error of one file.
type fileError struct {
	no  int
	err error
}

// Error names the file by number.
func (e *fileError) Error() string { return fmt.Sprintf("file %d: %v", e.no, e.err) }

// Unwrap returns the reason.
func (e *fileError) Unwrap() error { return e.err }

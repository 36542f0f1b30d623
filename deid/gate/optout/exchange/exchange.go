// Package exchange is the exchange with the service that checks national data
// opt-outs, from the numbers that are asked about to the list that the gate
// reads.
//
// A request is one or more files, each with a local id and a file name that no
// other has ever had. They are sent by MESH, one after the other. For each the
// service answers with a status message, which may say no, and with the numbers
// of those who have not opted out. Answers are matched by local id, in whatever
// order they come. Each is held to the file that it answers, and acknowledged
// only once what came of it is durable. When all files of a request have theirs,
// they become the list in use, all at once; what was in use before is erased.
//
// All of it lies in one folder, which only its owner can read, apart from the
// data. The file state.json says what counts: it is replaced as a whole before
// and after each thing that cannot be undone, so that whoever comes after a crash
// goes on from there. What it does not name is swept away.
//
// Whether a file was sent cannot always be known: the service may have taken it,
// and its answer may have been lost. It is never sent again then. An answer to
// it, whichever comes first, says that it was taken; if none comes in the time
// that an answer may take, the request has failed, and the next one, under new
// names, takes its place. MESH does not tell of a message by its local id, only
// by the id that it gave it, so there is nobody else to ask.
//
// A list is as old as its request: nobody can have been checked before they were
// asked about, and the clocks of others do not come into it. When it is too old
// it is erased.
//
// Errors, and what is said of how it stands, tell local ids and the names of
// files, which are of a time and a draw, and never a number or a count of persons.
package exchange

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/identity"
	"secondaryuse/pipeline/durable"
)

// Config says where the exchange lies, and with whom it is held.
type Config struct {
	Dir     string       // of the exchange alone
	Client  *mesh.Client // nil where nothing is sent or collected
	Mailbox string       // ours, which files are named by
	To      string       // the mailbox that requests go to
	From    string       // the mailbox that answers come from; To when empty
	Purpose string       // what the list is asked for, which is kept with the request
	Rows    int          // the most numbers in a file; 0: all in one

	List    optout.Config // how the gate reads the list; the files are ours to name
	Refresh time.Duration // a list older than that is asked for anew
	Within  time.Duration // an answer that has not come by then does not come
	Now     func() time.Time
}

// Numbers lists everybody who is to be asked about.
type Numbers = func(context.Context) (iter.Seq[identity.Number], error)

// Exchange is an opened exchange. One process may have it open at a time, and
// use it from one goroutine.
type Exchange struct {
	Config
	state state
	save  func(path string, data []byte) error
}

// Open opens an exchange, and makes its folder where there is none. A list that
// is too old is erased, and so is what a process that died has left.
func Open(c Config) (*Exchange, error) {
	x := &Exchange{Config: c, save: durable.Replace}
	return x, x.open()
}

func (x *Exchange) open() (err error) {
	if err := durable.Folder(x.Dir, 0o700); err != nil {
		return err
	}
	if x.state, err = load(x.Dir); err != nil {
		return err
	}
	if p := x.state.Pending; p != nil {
		for i := range p.Files {
			if p.Files[i].State == sending {
				p.Files[i].State = unsure // whoever sent it died before it knew
			}
		}
	}
	if l := x.state.List; l != nil && x.Now().After(x.until(l)) {
		x.state.past(ended{request: l.request, At: x.Now().UTC(), How: expired})
		x.state.List = nil
		if err := x.keep(); err != nil {
			return err
		}
	}
	return x.sweep()
}

// until is when a list may be used no longer.
func (x *Exchange) until(l *listing) time.Time { return l.Issued.Add(maxAge(x.List)) }

// maxAge is how old the gate lets a list be.
func maxAge(c optout.Config) time.Duration {
	if c.MaxAge > 0 {
		return c.MaxAge
	}
	return 20 * 24 * time.Hour
}

// Where is the gate's configuration for the list in use. The error is a refusal
// where there is none, or it is too old. It reads the state alone, and writes
// nothing.
func Where(c Config) (optout.Config, error) {
	s, err := load(c.Dir)
	if err != nil {
		return c.List, err
	}
	if s.List == nil {
		return c.List, refusal(c.Dir, s.none(), "ohc-pipeline optout request, and ohc-pipeline optout collect when the service has answered; ohc-pipeline optout status tells how that stands")
	}
	if until := s.List.Issued.Add(maxAge(c.List)); c.Now().After(until) {
		return c.List, refusal(c.Dir, "stale: the list in use has expired on "+until.UTC().Format(time.RFC3339), "ohc-pipeline optout request, and ohc-pipeline optout collect when the service has answered")
	}
	out := c.List
	out.Now = c.Now()
	out.Sent, out.Reply, out.Control = listFiles(c.Dir, s.List.ID)
	return out, nil
}

// listFiles are the three files of a list.
func listFiles(dir, id string) (sent, reply, control string) {
	at := filepath.Join(dir, "lists", id, id)
	return at + ".sent", at + ".dat", at + ".ctl"
}

func refusal(where, reason, next string) error {
	return &list.Refusal{Gate: "optout", File: where, Reason: reason, Next: next}
}

// reworded is a refusal of the gate, told of what the operator knows, with what can
// be done about it here.
func reworded(err error, where, next string) error {
	r, ok := errors.AsType[*list.Refusal](err)
	if !ok {
		return err
	}
	told := *r
	told.File, told.Next = where, next
	return &told
}

// Step does what is due, and never waits: what has come is collected; what was
// not sent yet is sent; and where the list is older than it should be and nothing is
// on its way, it is asked for anew. After a request that the service or a check
// has refused, nothing is sent until somebody calls for it.
func (x *Exchange) Step(ctx context.Context, who Numbers) error {
	idle := x.state.Pending == nil && x.fresh()
	err := x.Collect(ctx)
	if err != nil && (!idle || !errors.Is(err, mesh.ErrAway)) { // else nothing was missed
		return err
	}
	if x.state.Pending != nil {
		return x.rest(ctx)
	}
	if x.fresh() {
		return nil
	}
	if f := x.state.Failed; f != nil && !f.Again {
		return refusal(f.ID, "the last request failed: "+f.Why, "put that right, and then ohc-pipeline optout request; none is sent before")
	}
	return x.Request(ctx, who)
}

// fresh reports whether the list in use need not be asked for anew yet.
func (x *Exchange) fresh() bool {
	return x.state.List != nil && x.Now().Sub(x.state.List.Issued) < x.Refresh
}

// rest sends what is left of a request, unless it must wait for an answer to know
// whether the last was taken.
func (x *Exchange) rest(ctx context.Context) error {
	if x.state.Pending.has(unsure) {
		return nil
	}
	return x.send(ctx)
}

// told gives a refusal of the service the exit code of one.
func told(err error) error {
	if errors.Is(err, mesh.ErrDenied) || errors.Is(err, mesh.ErrRefused) {
		return fmt.Errorf("%w: optout: %w", gate.ErrRefused, err)
	}
	if err != nil {
		return fmt.Errorf("optout: %w", err)
	}
	return nil
}

// sweep erases what the state does not name.
func (x *Exchange) sweep() error {
	pending, current := "", ""
	if x.state.Pending != nil {
		pending = x.state.Pending.ID
	}
	if x.state.List != nil {
		current = x.state.List.ID
	}
	return errors.Join(eraseAll(filepath.Join(x.Dir, "requests"), pending), eraseAll(filepath.Join(x.Dir, "lists"), current))
}

// eraseAll erases the folders in a folder but one.
func eraseAll(dir, but string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Name() != but {
			err = errors.Join(err, erase(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// erase takes away a folder of files.
func erase(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
	}
	return errors.Join(err, os.Remove(dir), durable.Sync(filepath.Dir(dir)))
}

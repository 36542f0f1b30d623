package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// state is all that counts of an exchange.
type state struct {
	Version int
	Month   string   // of the number, as 2026-11
	Number  int      // the last that a file of the month was named by
	Pending *request // what was asked, and is not answered
	List    *listing // what is in use
	Past    []ended  // oldest first
	Failed  *ended   // the last request, where it failed and none was made since
}

// request is what was asked.
type request struct {
	ID      string
	Purpose string    `json:",omitempty"` // what it was asked for; not known of older ones
	Moved   time.Time // when it last came forward
	Sent    int       // numbers
	Files   []file
}

// file is a part of a request.
type file struct {
	LocalID, Name string
	State         string
	Begun         time.Time // when it was sent, or about to be
	Message       string    // the id that MESH gave it
	Status        string    // the message that said what the service made of it
	Reply         string    // the message that answered it
	Digest        string    // of that
}

// The states of a file, in their order.
const (
	made    = "made"
	sending = "sending"
	unsure  = "unsure" // whether it was sent
	sent    = "sent"
	replied = "replied"
)

// listing is a list in use.
type listing struct {
	request
	Issued   time.Time
	Returned int
}

// ended is what became of a request, or of a list.
type ended struct {
	request
	At    time.Time
	How   string
	Why   string
	Again bool // another may be sent without anybody's word
}

// How requests and lists end.
const (
	failed   = "failed"
	replaced = "replaced"
	expired  = "expired"
)

// remembered is for how long it is known what requests there were.
const remembered = 400 * 24 * time.Hour

func (r *request) has(state string) bool {
	return slices.ContainsFunc(r.Files, func(f file) bool { return f.State == state })
}

// all reports whether every file is in a state.
func (r *request) all(state string) bool {
	return !slices.ContainsFunc(r.Files, func(f file) bool { return f.State != state })
}

// begun is when the first of the files was sent.
func (r *request) begun() time.Time {
	first := r.Files[0].Begun
	for _, f := range r.Files {
		if f.Begun.Before(first) {
			first = f.Begun
		}
	}
	return first
}

// find returns the file that has a local id, or nil.
func (r *request) find(local string) *file {
	if r == nil || local == "" {
		return nil
	}
	for i := range r.Files {
		if r.Files[i].LocalID == local {
			return &r.Files[i]
		}
	}
	return nil
}

// sentAs returns the file that has the id of a message, or nil.
func (r *request) sentAs(message string) *file {
	if r == nil || message == "" {
		return nil
	}
	for i := range r.Files {
		if strings.EqualFold(r.Files[i].Message, message) {
			return &r.Files[i]
		}
	}
	return nil
}

// past notes how a request or list ended, and forgets what is long over.
func (s *state) past(e ended) {
	at := e.At
	s.Past = append(s.Past, e)
	s.Past = slices.DeleteFunc(s.Past, func(e ended) bool { return at.Sub(e.At) > remembered })
}

// none says that there is no list in use.
func (s *state) none() string {
	for _, e := range slices.Backward(s.Past) {
		if e.How == expired {
			return "there is no list in use: the last has expired, and was erased"
		}
	}
	return "there is no list in use"
}

// ours reports whether a message is an answer to, or a report of, a request that
// is over.
func (s *state) ours(local, about string) bool {
	over := func(r *request) bool { return r.find(local) != nil || r.sentAs(about) != nil }
	return s.List != nil && over(&s.List.request) || slices.ContainsFunc(s.Past, func(e ended) bool { return over(&e.request) })
}

func stateFile(dir string) string { return filepath.Join(dir, "state.json") }

// load reads the state; there is none at first. A state that cannot be read is
// not guessed at: a file might be sent twice, or a list be used too long.
func load(dir string) (s state, err error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return state{Version: 1}, nil
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return s, refusal(dir, "others than its owner can read it", "chmod 700 it, and see who has")
	}
	text, err := os.ReadFile(stateFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return state{Version: 1}, nil
	}
	if err != nil {
		return s, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&s) != nil || d.More() || s.Version != 1 || s.Pending != nil && len(s.Pending.Files) == 0 || s.Failed != nil && len(s.Failed.Files) == 0 || s.List != nil && len(s.List.Files) == 0 {
		return state{}, refusal(stateFile(dir), "damaged, or of another version of this program",
			"put it back from a copy; or move the folder away, and ohc-pipeline optout request --number N, with the next number after the last that was used this month")
	}
	return s, nil
}

// keep makes the state durable.
func (x *Exchange) keep() error {
	text, err := json.MarshalIndent(x.state, "", " ")
	if err != nil {
		return err
	}
	return x.save(stateFile(x.Dir), append(text, '\n'))
}

package bulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

// journal is the file in the folder of a delivery that says how far its Fetch
// is: a line for each thing that became true. A line that was cut off is as if
// it had not become true.
const journal = ".bulk.jsonl"

// state is what the journal says.
type state struct {
	Ask  string // what is asked for, as a digest
	Jobs []*job
	End  *fetch.Delivery // all is here

	file *os.File
}

// job is an export at the server.
type job struct {
	Name     string // members, joined.N or feed
	Status   string // where its status is told; empty before kick-off
	Time     string // its transactionTime
	Files    []*file
	Narrow   bool // asked for with less granted than was wanted
	Complete bool // all pages are known, all files here

	places map[place]int // of the files
}

// place is where in a manifest a file is.
type place struct {
	section     string
	page, index int
}

func (f *file) place() place { return place{f.Section, f.Page, f.Index} }

// file is a file of an export.
type file struct {
	Section string `json:"section"`
	Page    int    `json:"page"`
	Index   int    `json:"index"` // in the section of the page
	Name    string `json:"name"`  // in the folder
	Count   int64  `json:"count"` // as the manifest has it, or -1

	Tag      string `json:"tag,omitempty"`      // the strong ETag of what has come so far
	Encoding string `json:"encoding,omitempty"` // of what comes over the wire
	Total    int64  `json:"total,omitempty"`    // its bytes, where known
	Done     bool   `json:"done,omitempty"`
	Size     int64  `json:"size,omitempty"`  // bytes, plain
	Lines    int64  `json:"lines,omitempty"` // which are records
	Wire     int64  `json:"wire,omitempty"`

	url   string // where it is
	tried string // where it was last looked for
	token bool
	bad   int // how often it was wrong
}

// event is a line of the journal.
type event struct {
	Ask      string          `json:"ask,omitempty"`
	Job      string          `json:"job,omitempty"`
	Status   string          `json:"status,omitempty"`
	Narrow   bool            `json:"narrow,omitempty"`
	Time     string          `json:"time,omitempty"`
	File     *file           `json:"file,omitempty"`
	Complete bool            `json:"complete,omitempty"`
	Dropped  bool            `json:"dropped,omitempty"`
	End      *fetch.Delivery `json:"end,omitempty"`
}

// readState replays the journal of a folder; nil where there is none.
func readState(dir string) (*state, error) {
	text, err := os.ReadFile(filepath.Join(dir, journal))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &state{}
	for r := bufio.NewReader(bytes.NewReader(text)); ; {
		line, err := r.ReadBytes('\n')
		var e event
		if err != nil || json.Unmarshal(line, &e) != nil {
			return s, nil // what follows a torn line did not become true
		}
		s.apply(e)
	}
}

// openState goes on with the journal of a folder if it is about the same, or
// begins another.
func openState(dir, ask string) (*state, error) {
	s, err := readState(dir)
	if err != nil {
		return nil, err
	}
	if s == nil || s.Ask != ask {
		if err := sweep(dir, nil); err != nil {
			return nil, err
		}
		s = &state{}
	}
	fresh := filepath.Join(dir, journal+".new")
	if s.file, err = os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	if err := errors.Join(s.rewrite(ask), s.file.Sync(), os.Rename(fresh, filepath.Join(dir, journal))); err != nil {
		s.file.Close()
		return nil, err
	}
	s.Ask = ask
	return s, sweep(dir, s)
}

// rewrite writes the journal from the state, without torn lines.
func (s *state) rewrite(ask string) error {
	w := bufio.NewWriter(s.file)
	out := json.NewEncoder(w)
	err := out.Encode(event{Ask: ask})
	for _, j := range s.Jobs {
		err = errors.Join(err, out.Encode(event{Job: j.Name, Status: j.Status, Narrow: j.Narrow, Time: j.Time}))
		for _, f := range j.Files {
			err = errors.Join(err, out.Encode(event{Job: j.Name, File: f}))
		}
		if j.Complete {
			err = errors.Join(err, out.Encode(event{Job: j.Name, Complete: true}))
		}
	}
	if s.End != nil {
		err = errors.Join(err, out.Encode(event{End: s.End}))
	}
	return errors.Join(err, w.Flush())
}

// note makes something true.
func (s *state) note(e event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err = s.file.Write(append(line, '\n')); err == nil {
		s.apply(e)
	}
	return err
}

func (s *state) apply(e event) {
	switch {
	case e.End != nil:
		s.End = e.End
	case e.Job != "":
		s.job(e.Job).apply(e)
	case e.Ask != "":
		s.Ask = e.Ask
	}
}

func (j *job) apply(e event) {
	switch {
	case e.Dropped:
		*j = job{Name: j.Name}
	case e.File != nil:
		if i, ok := j.places[e.File.place()]; ok {
			j.Files[i] = e.File
			return
		}
		if j.places == nil {
			j.places = make(map[place]int)
		}
		j.places[e.File.place()] = len(j.Files)
		j.Files = append(j.Files, e.File)
	case e.Complete:
		j.Complete = true
	default:
		j.Status, j.Time, j.Narrow = or(e.Status, j.Status), or(e.Time, j.Time), j.Narrow || e.Narrow
	}
}

// job is the job of that name, which is made where it is not there.
func (s *state) job(name string) *job {
	for _, j := range s.Jobs {
		if j.Name == name {
			return j
		}
	}
	s.Jobs = append(s.Jobs, &job{Name: name})
	return s.Jobs[len(s.Jobs)-1]
}

// settle makes the folder and all names in it last.
func settle(dir string) error {
	err := errors.Join(durable.Sync(filepath.Join(dir, journal)), durable.Sync(dir))
	if below := filepath.Join(dir, "deleted"); err == nil {
		if _, there := os.Stat(below); there == nil {
			err = durable.Sync(below)
		}
	}
	return err
}

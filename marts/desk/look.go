package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// View is what a reviewer is shown of a request: what is not for release is in it.
type View struct {
	Request Request
	State   State
	Query   string
	kept    kept
	before  *earlier
}

// earlier is the newest release of the same name.
type earlier struct {
	id, snapshot, at string
	columns          []string
	rows             [][]string
}

// Look shows a reviewer a request, once their own program has computed all of it again
// and found the same, and writes down, each time, that they were shown it: without that
// nobody can vote.
func (d *Desk) Look(ctx context.Context, a Actor, id string) (v View, err error) {
	return v, d.enter(ctx, id, func(s standing) error {
		r, files, err := d.open(id, s)
		if err == nil {
			err = reviewable(a, r, s)
		}
		if err != nil {
			return err
		}
		if _, err := d.held(ctx, r, s, files); err != nil {
			return err
		}
		if v, err = d.view(r, s, files); err != nil {
			return err
		}
		return d.step(ctx, id, event{what: looked, by: a.Name, digest: s.digest}, nil)
	})
}

// Own shows an author what they have asked for; View.Answer tells them of it.
func (d *Desk) Own(ctx context.Context, a Actor, id string) (v View, err error) {
	return v, d.enter(ctx, id, func(s standing) error {
		r, files, err := d.open(id, s)
		if err != nil {
			return err
		}
		if !same(a.Name, r.Author) {
			return refuse("only its author, %s, is told so", r.Author)
		}
		v, err = d.view(r, s, files)
		return err
	})
}

// open reads the request that stands so.
func (d *Desk) open(id string, s standing) (Request, map[string][]byte, error) {
	if !s.kept {
		return Request{}, nil, refuse("disclosure control has let nothing of it leave: %s", s.why)
	}
	return d.requests.get(id, s.digest)
}

func (d *Desk) view(r Request, s standing, files map[string][]byte) (View, error) {
	k, err := parseKept(files[keptFile])
	if err != nil {
		return View{}, changed(r.ID, "%s cannot be read", keptFile)
	}
	v := View{Request: r, State: s.state, Query: string(files[queryFile]), kept: k}
	v.before, err = d.before(r)
	return v, err
}

// before finds the newest other release of the same name, which reviewers compare a
// request with.
func (d *Desk) before(r Request) (*earlier, error) {
	ids, all, err := d.history()
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(ids) {
		s, err := fold(all[id])
		if err != nil || s.state != Released || id == r.ID {
			continue
		}
		o, files, err := d.requests.get(id, s.digest)
		if err != nil {
			return nil, err
		}
		if o.Name != r.Name {
			continue
		}
		k, err := parseKept(files[keptFile])
		if err != nil {
			return nil, changed(id, "%s cannot be read", keptFile)
		}
		return &earlier{id, o.Snapshot, s.at, k.Columns, k.Shown}, nil
	}
	return nil, nil
}

// Line is one request in a list. It tells nothing of any vote before both are told.
type Line struct {
	ID      string `json:"id"`
	State   State  `json:"state"`
	Name    string `json:"name"`
	Author  string `json:"author"`
	Asked   string `json:"asked"`
	Changed string `json:"changed"`
	By      string `json:"by,omitempty"` // who changed it last
	Votes   int    `json:"votes"`
	Why     string `json:"why,omitempty"`
}

// List lists every request, oldest first. It changes nothing.
func (d *Desk) List() (out []Line, err error) {
	ids, all, err := d.history()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		s, err := fold(all[id])
		if err != nil {
			return nil, changed(id, "the register: %v; next: ohc-marts verify", err)
		}
		l := Line{ID: id, State: s.state, Name: all[id][0].why, Author: s.author, Asked: all[id][0].at, Changed: s.at, By: s.changed, Votes: len(s.voters), Why: s.why}
		if !s.kept {
			l.Name, l.Why, _ = strings.Cut(s.why, ": ")
		} else if s.state == Pending {
			l.Why = ""
		}
		out = append(out, l)
	}
	return out, nil
}

// Waiting lists the requests that somebody can review now.
func (d *Desk) Waiting(ctx context.Context, a Actor) (out []Line, err error) {
	return out, d.enter(ctx, "", func(standing) error {
		out, err = d.waiting(a)
		return err
	})
}

func (d *Desk) waiting(a Actor) (out []Line, err error) {
	ids, all, err := d.history()
	if err != nil {
		return nil, err
	}
	lines, err := d.List()
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		s, _ := fold(all[id])
		if s.state != Submitted && s.state != Partially {
			continue
		}
		r, _, err := d.requests.get(id, s.digest)
		if err != nil {
			return nil, fmt.Errorf("%w; next: have its author withdraw it, and ohc-marts verify", err)
		}
		if reviewable(a, r, s) == nil {
			out = append(out, lines[i])
		}
	}
	return out, nil
}

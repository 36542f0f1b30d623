package bulk

import (
	"context"
	"errors"
	"time"
)

// anew is how often an export that was lost is asked for again.
const anew = 3

// export has the server export, waits, and brings the files. It goes on with an
// export of the same name.
func (r *run) export(ctx context.Context, name string, q request) error {
	for tries := 1; ; tries++ {
		err := r.tryExport(ctx, name, q)
		if !errors.Is(err, errLost) || tries == anew {
			return err
		}
		r.show.Note("the server has lost the export; it is asked for anew")
		if err := r.drop(r.state.job(name)); err != nil {
			return err
		}
	}
}

func (r *run) tryExport(ctx context.Context, name string, q request) error {
	j := r.state.job(name)
	if !j.Complete {
		if j.Status == "" {
			status, err := r.link.start(ctx, r.Fetcher, q)
			if err != nil {
				return err
			}
			if err := r.state.note(event{Job: name, Status: status, Narrow: len(r.link.token.lacks()) > 0}); err != nil {
				return err
			}
		}
		r.show.Step(name, 0)
		if err := r.follow(ctx, j); err != nil {
			return err
		}
		if err := r.state.note(event{Job: name, Complete: true}); err != nil {
			return err
		}
	}
	return r.judge(j)
}

// drop forgets an export and what came of it.
func (r *run) drop(j *job) error {
	for _, f := range j.Files {
		for _, name := range []string{f.Name, part(f.Name), plain(f.Name)} {
			if err := r.discard(name); err != nil {
				return err
			}
		}
	}
	return r.state.note(event{Job: j.Name, Dropped: true})
}

// follow waits for an export page by page, and brings the files of each page as
// soon as it is told.
func (r *run) follow(ctx context.Context, j *job) error {
	begun, seen := r.link.clock.Now(), map[string]bool{}
	for n, at, waits := 0, j.Status, 0; ; {
		t, err := r.link.status(ctx, at, r.config.Partial)
		if err != nil {
			return err
		}
		r.tell(t.progress)
		if t.manifest != nil {
			if err := r.take(ctx, j, n, at, t.manifest); err != nil {
				return err
			}
			if next := t.manifest.next; next != "" {
				seen[at] = true
				if n++; seen[next] || n >= r.limits.pages {
					return &failure{kind: "status", reason: "the pages of the manifest do not end", cause: errSpoilt}
				}
				at, waits = next, 0
				continue
			}
		}
		switch {
		case t.done:
			return nil
		case r.link.clock.Now().Sub(begun) > r.limits.patience:
			return &failure{kind: "status", reason: "the export does not end", cause: errSpoilt}
		}
		if t.wait == 0 {
			t.wait = backoff(waits, time.Minute)
		}
		waits++
		if err := r.link.clock.Sleep(ctx, t.wait); err != nil {
			return cut(ctx, "status", err)
		}
	}
}

// tell shows what the server says, when it is new.
func (r *run) tell(text string) {
	if text != "" && text != r.said {
		r.show.Note(text)
	}
	r.said = text
}

// take takes up a page of the manifest, and brings its files.
func (r *run) take(ctx context.Context, j *job, n int, at string, m *manifest) error {
	if err := r.adopt(j, n, m); err != nil {
		return err
	}
	var list []*file
	for _, f := range j.Files {
		if f.Page == n && !f.Done {
			list = append(list, f)
		}
	}
	return r.loadAll(ctx, j, list, func(ctx context.Context) error {
		t, err := r.link.status(ctx, at, r.config.Partial)
		if err != nil {
			return err
		}
		if t.manifest == nil {
			return &failure{kind: "status", reason: "the manifest is gone", cause: errLost}
		}
		return r.adopt(j, n, t.manifest)
	})
}

// adopt puts the files of a page beside those that are known, which may have new
// addresses and must be the same else.
func (r *run) adopt(j *job, n int, m *manifest) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	altered := &failure{kind: "status", reason: "the manifest has been altered", cause: errLost}
	if at := instant(m.time); j.Time == "" {
		if err := r.state.note(event{Job: j.Name, Time: at}); err != nil {
			return err
		}
	} else if j.Time != at {
		return altered
	}
	next := map[string]int{"output": 0, "deleted": 0, "outcome": 0}
	for _, i := range m.items {
		at := place{i.section, n, next[i.section]}
		next[i.section]++
		known, ok := j.places[at]
		if !ok {
			known = len(j.Files)
			if err := r.adoptNew(j, at, i); err != nil {
				return err
			}
		}
		f := j.Files[known]
		if f.Count != i.count || r.names.form(j, i.section, i.typ) != formOf(f.Name) {
			return altered
		}
		f.url, f.token = i.url, m.token
	}
	for section, index := range next {
		if _, more := j.places[place{section, n, index}]; more {
			return altered
		}
	}
	return nil
}

// adoptNew puts down a file that was not known.
func (r *run) adoptNew(j *job, at place, i item) error {
	if len(j.Files) >= r.limits.files {
		return &failure{kind: "status", reason: "too many files", cause: errSpoilt}
	}
	return r.state.note(event{Job: j.Name, File: &file{
		Section: at.section, Page: at.page, Index: at.index, Name: r.names.next(j, i.section, i.typ), Count: i.count}})
}

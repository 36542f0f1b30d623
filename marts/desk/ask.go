package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/people"
	"secondaryuse/marts/register"
	"secondaryuse/marts/snapshot"
)

// Asked is what an author asks for.
type Asked struct {
	Text    string // of the QUERY.sql
	Purpose string
	Profile string // of disclosure control; empty for the one that egress.yaml names
	Context string // what the table is for
	Instead string // the request that this takes the place of; or empty
	Parquet bool
	Draft   bool // not to be reviewed until its author submits it
}

// Source is the snapshot that a question is put to, and the key that the register
// knows persons by.
type Source struct {
	Folder   string
	Register domain.Key
	Memory   string
}

// The files of a request.
const (
	queryFile = "query.sql"
	tableFile = "table.csv"
	sealFile  = "sealed.json"
	keptFile  = "unsuppressed.json"
)

// Ask puts a question to a snapshot, has its answer controlled, and makes a request
// of it: a draft, or one that its author has signed. Where disclosure control does not
// let the table leave, that is written down, nothing is kept, and the error wraps
// disclose.ErrRefused.
func (d *Desk) Ask(ctx context.Context, a Actor, q Asked, from Source) (id string, err error) {
	if !a.Has(people.Author) {
		return "", refuse("%s has not the role author; next: ask an author, or whoever keeps people.yaml", a.Name)
	}
	m, err := d.published(from.Folder)
	if err != nil {
		return "", err
	}
	question, profile, err := d.understand(q, m)
	if err != nil {
		return "", err
	}
	r := Request{ID: newID(), Name: question.Name, Purpose: q.Purpose, Context: q.Context, Author: a.Name, Key: a.Key, At: d.now().UTC().Format(time.RFC3339),
		Snapshot: m.ID, Domain: m.Domain, Profile: profile.Name, Rules: sum(canonical(profile)), Parquet: q.Parquet, Instead: q.Instead, Program: egress.Program()}
	return r.ID, d.enter(ctx, q.Instead, func(old standing) error {
		if q.Instead != "" && (!same(old.author, a.Name) || old.state.open()) {
			return refuse("request %s is not one of yours that is closed; next: leave out --instead, or withdraw that one first", q.Instead)
		}
		if err := d.comparable(); err != nil {
			return err
		}
		table, files, err := d.answer(ctx, &r, question, profile, from)
		if errors.Is(err, disclose.ErrRefused) {
			return errors.Join(err, d.step(ctx, r.ID, event{what: refused, by: a.Name, digest: sum([]byte(q.Text)), why: r.Name + ": " + err.Error()}, nil))
		}
		if err != nil {
			return err
		}
		return errors.Join(d.begin(ctx, a, r, q, table, files), table.Close())
	})
}

// published holds that a snapshot is what this installation has published, to the byte.
func (d *Desk) published(folder string) (snapshot.Manifest, error) {
	key, err := d.signing()
	if err != nil {
		return snapshot.Manifest{}, err
	}
	m, err := snapshot.Signed(folder, key.Public())
	if err != nil {
		return m, err
	}
	return m, snapshot.Verify(folder)
}

// understand reads a question, and holds that the snapshot is one of its purpose.
func (d *Desk) understand(q Asked, m snapshot.Manifest) (disclose.Question, disclose.Profile, error) {
	question, err := disclose.Load(q.Text)
	if err != nil {
		return question, disclose.Profile{}, fmt.Errorf("%w: the question: %w", ErrRefused, err)
	}
	if !oneLine(q.Context) {
		return question, disclose.Profile{}, refuse("what a table is for is said in one line of text; next: shorten --context")
	}
	if q.Purpose != question.Purpose || q.Purpose != m.Purpose {
		return question, disclose.Profile{}, refuse("--purpose is %q, the question says %q, and the snapshot is one for %q; next: have all three say the same: who may be in a table depends on it", q.Purpose, question.Purpose, m.Purpose)
	}
	if q.Profile == "" {
		q.Profile = d.config.Disclosure
	}
	profile, err := disclose.Choose(q.Profile)
	if err != nil {
		return question, profile, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return question, profile, nil
}

// stillHolds holds that the rules of a request's profile are those of today.
func (d *Desk) stillHolds(r Request) error {
	p, err := disclose.Choose(r.Profile)
	if err != nil || sum(canonical(p)) != r.Rules {
		return refuse("the disclosure profile %s has other rules than when the table was made; next: its author asks again", r.Profile)
	}
	return nil
}

// answer makes the table, and the files of the request that it is kept in.
func (d *Desk) answer(ctx context.Context, r *Request, q disclose.Question, p disclose.Profile, from Source) (table disclose.Released, files map[string][]byte, err error) {
	open, err := reader.Open(ctx, from.Folder, reader.Limits{Memory: from.Memory})
	if err != nil {
		return table, nil, err
	}
	defer func() {
		if err = errors.Join(err, open.Close()); err != nil {
			err = errors.Join(err, table.Close())
		}
	}()
	table, review, err := disclose.Control(ctx, disclose.Input{Question: q, Profile: p, Snapshot: r.Snapshot, Domain: r.Domain, Query: open.Query, Only: open.Only,
		Person: func(id int64) [16]byte { return register.Digest(from.Register, r.Domain, id) }, Folder: d.figures()})
	if err != nil {
		return table, nil, err
	}
	k := newKept(table, review, len(q.Dimensions))
	k.Findings, k.Key = append(k.Findings, d.own(r, p)...), from.Register.Fingerprint()
	if k.Persons, err = d.register.Persons(persons(ctx, open, q.SQL, from.Register, r.Domain)); err != nil {
		return table, nil, err
	}
	files, err = k.files(q.Text, table)
	return table, files, err
}

// figures is where disclose keeps whom the figures of earlier releases count.
func (d *Desk) figures() string { return filepath.Join(d.config.Register, "figures") }

// comparable holds that a table is compared with every other that has left or may
// yet: that whom each counts is still kept.
func (d *Desk) comparable() error {
	ids, all, err := d.history()
	errs := []error{err}
	for _, id := range ids {
		if s, err := fold(all[id]); err == nil {
			errs = append(errs, d.remembered(id, s))
		}
	}
	return errors.Join(errs...)
}

func (d *Desk) remembered(id string, s standing) error {
	if !s.kept || !s.state.open() && s.state != Released || disclose.Keeps(d.figures(), id) {
		return nil
	}
	return changed(id, "whom it counts is not kept any more, and nothing can be compared with it; next: restore %s from a copy", d.figures())
}

// persons are all who are in the rows of a question, as the register knows them.
func persons(ctx context.Context, r *reader.Reader, sql string, key domain.Key, fingerprint string) iter.Seq2[[16]byte, error] {
	return func(yield func([16]byte, error) bool) {
		enough := errors.New("enough")
		res, err := r.Query(ctx, "SELECT DISTINCT person_id FROM (\n"+sql+"\n) AS asked")
		if err == nil {
			err = res.Each(func(row []any) error {
				id, whole := row[0].(int64)
				if !whole {
					return errors.New("a row of nobody")
				}
				if !yield(register.Digest(key, fingerprint, id), nil) {
					return enough
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, enough) {
			yield([16]byte{}, err)
		}
	}
}

// begin writes a request down, has later ones compared with it, and submits it
// unless it is a draft.
func (d *Desk) begin(ctx context.Context, a Actor, r Request, q Asked, table disclose.Released, files map[string][]byte) error {
	if err := d.requests.draft(&r, files); err != nil {
		return err
	}
	if err := table.Keep(r.ID); err != nil {
		return err
	}
	if err := d.step(ctx, r.ID, event{what: asked, by: a.Name, digest: r.Digest(), why: r.Name}, nil); err != nil {
		return err
	}
	if err := d.requests.keep(r.ID); err != nil || q.Draft {
		return err
	}
	return d.submit(ctx, a, r)
}

// own are the findings that are the desk's and not of disclosure control.
func (d *Desk) own(r *Request, p disclose.Profile) (out []disclose.Finding) {
	if p.Name != d.config.Disclosure {
		out = append(out, disclose.Finding{Rule: "profile", Text: fmt.Sprintf("the author has asked for the rules %s instead of %s, which is the rule here: look whether the reason for that is in the context", p.Name, d.config.Disclosure)})
	}
	if r.Context == "" {
		out = append(out, disclose.Finding{Rule: "context", Text: "the author has not said what the table is for"})
	}
	return out
}

// files are what a request is made of.
func (k kept) files(query string, table disclose.Released) (map[string][]byte, error) {
	var csv bytes.Buffer
	if err := table.WriteCSV(&csv); err != nil {
		return nil, err
	}
	seal, err := table.Seal()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{queryFile: []byte(query), tableFile: csv.Bytes(), sealFile: seal, keptFile: canonical(k)}, nil
}

package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/marts/catalogue"
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

// Means is what a desk computes tables with: the register's own key, which persons
// are known by, and how much memory a question may take.
type Means struct {
	Key    func() (domain.Key, error) // opens it; called once at most
	Memory string
}

// The files of a request.
const (
	queryFile = "query.sql"
	tableFile = "table.csv"
	sealFile  = "sealed.json"
	keptFile  = "unsuppressed.json"
)

// Ask puts a question to the snapshot in a folder, has its answer controlled, and makes a request
// of it: a draft, or one that its author has signed. Where disclosure control does not
// let the table leave, that is written down, nothing is kept, and the error wraps
// disclose.ErrRefused.
func (d *Desk) Ask(ctx context.Context, a Actor, q Asked, folder string) (id string, err error) {
	if !a.Has(people.Author) {
		return "", refuse("%s has not the role author; next: ask an author, or whoever keeps people.yaml", a.Name)
	}
	m, err := d.published(folder)
	if err != nil {
		return "", err
	}
	question, profile, err := d.understand(q, m)
	if err != nil {
		return "", err
	}
	r := d.asks(a, q, m)
	r.Name, r.Profile, r.Rules = question.Name, profile.Name, sum(canonical(profile))
	return r.ID, d.enter(ctx, q.Instead, func(old standing) error {
		if q.Instead != "" && (!same(old.author, a.Name) || old.state.open()) {
			return refuse("request %s is not one of yours that is closed; next: leave out --instead, or withdraw that one first", q.Instead)
		}
		earlier, err := d.comparable("")
		if err != nil {
			return err
		}
		t, err := d.answer(ctx, r, task{question, profile, folder, earlier, rand.Text(), false})
		if errors.Is(err, disclose.ErrRefused) {
			return errors.Join(err, d.step(ctx, r.ID, event{what: refused, by: a.Name, digest: sum([]byte(q.Text)), why: r.Name + ": " + err.Error()}, nil))
		}
		if err != nil {
			return err
		}
		return errors.Join(d.begin(ctx, a, r, q, t), t.table.Close())
	})
}

// asks is a request of somebody, as far as nothing was read of its question.
func (d *Desk) asks(a Actor, q Asked, m snapshot.Manifest) Request {
	return Request{ID: newID(), Purpose: q.Purpose, Context: q.Context, Author: a.Name, Key: a.Key, At: d.now().UTC().Format(time.RFC3339),
		Snapshot: m.ID, Domain: m.Domain, Parquet: q.Parquet, Instead: q.Instead, Program: egress.Program()}
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
		return question, disclose.Profile{}, refuse("--purpose is not what both the others are for: the question says %q, and the snapshot is one for %q; next: have all three say the same: who may be in a table depends on it", question.Purpose, m.Purpose)
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

// task is what a table is made of: whoever does it, of the same comes the same.
type task struct {
	question disclose.Question
	profile  disclose.Profile
	folder   string   // of the snapshot
	earlier  []string // the requests that it is compared with
	blind    string
	asText   bool // the order of its rows, as an earlier program had it
}

// made is a table, with the files of the request that it is kept in, and the SHA-256
// of whom its figures count.
type made struct {
	table  disclose.Released
	files  map[string][]byte
	kept   kept
	people string
}

// answer makes the table.
func (d *Desk) answer(ctx context.Context, r Request, of task) (t made, err error) {
	key, err := d.key()
	if err != nil {
		return t, err
	}
	open, err := reader.Open(ctx, of.folder, reader.Limits{Memory: d.memory})
	if err != nil {
		return t, err
	}
	defer func() {
		if err = errors.Join(err, open.Close()); err != nil {
			err = errors.Join(err, t.table.Close())
		}
	}()
	nobody, err := ofNobody(of.folder)
	if err != nil {
		return t, err
	}
	table, review, err := disclose.Control(ctx, disclose.Input{Question: of.question, Profile: of.profile, Snapshot: r.Snapshot, Domain: r.Domain, Marts: open, Nobody: nobody,
		Person: func(id int64) [16]byte { return register.Digest(key, r.Domain, id) }, Folder: d.figures(), Key: key, Earlier: of.earlier, AsText: of.asText})
	if err != nil {
		return t, err
	}
	t.table, t.kept = table, newKept(table, review, len(of.question.Dimensions))
	t.kept.Blind, t.kept.Findings, t.kept.Key = of.blind, append(t.kept.Findings, d.own(r, of.profile)...), key.Fingerprint()
	if t.people, err = table.Kept(r.ID); err != nil {
		return t, err
	}
	if t.kept.Persons, err = d.register.Persons(persons(ctx, open, of.question.SQL, key, r.Domain)); err != nil {
		return t, err
	}
	t.files, err = t.kept.files(of.question.Text, table)
	return t, err
}

// ofNobody are the marts of a snapshot that say nothing of any person, as their contracts
// beside them show.
func ofNobody(folder string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	var marts []catalogue.Mart
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m, err := catalogue.Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		marts = append(marts, m)
	}
	return catalogue.OfNobody(marts)
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
func (d *Desk) begin(ctx context.Context, a Actor, r Request, q Asked, t made) error {
	r.People = t.people
	if err := d.requests.draft(&r, t.files); err != nil {
		return err
	}
	if err := t.table.Keep(r.ID); err != nil {
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
func (d *Desk) own(r Request, p disclose.Profile) (out []disclose.Finding) {
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

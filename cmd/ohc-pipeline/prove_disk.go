package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// The files that a proof knows, by how they are called below the folder of the
// stage and that of the marts. A file of another name was not made by a run: it
// is not passed over. No name of this form has room for a number of a person.
var (
	stageFiles = []kind{
		{`CURRENT(\.tmp)?|` + inRun + `manifest\.json(\.tmp)?`, "stage, manifests", false, (*proof).prose},
		{inRun + `touched` + andSo + `\.parquet`, "stage, whose rows have given way", true, (*proof).touched},
		{inRun + `(kept-)?link` + andSo + `\.parquet`, "stage, which record refers to which", true, (*proof).links},
		{inRun + `[a-z_]+` + andSo + `\.parquet`, "stage, rows", false, (*proof).table},
		{inRun + `locator` + andSo + `\.bin`, "stage, where records lie in the landing", true, (*proof).locator},
		rosters,
	}
	rosters    = kind{inRun + `roster` + andSo + `\.bin`, "stage, roster", true, (*proof).roster}
	martsFiles = []kind{
		{`\.lock`, "marts, lock", false, (*proof).prose},
		{`signing\.pub(\.tmp)?`, "marts, public key", false, (*proof).prose},
		{`\.?CURRENT|snapshots/` + id, "marts, links", false, (*proof).link},
		{inSnapshot + `(manifest\.(json|sig)|[a-z_]+\.sql)`, "", false, (*proof).prose},
		{inSnapshot + `[a-z_]+\.parquet`, "", false, (*proof).table},
		{inSnapshot + regexp.QuoteMeta(duckdb.Database), "", false, (*proof).views},
	}
)

const (
	id         = `(\.tmp-)?[0-9]{8}T[0-9]{6}\.[0-9]{3}Z(-[0-9]{1,4})?`
	inRun      = `runs/` + id + `/`
	inSnapshot = `snapshots/` + id + `/`
	andSo      = `(-[0-9a-z]{1,8})*`
)

// kind is a kind of file: the form of its name, the place it belongs to (that of
// its snapshot where none is named), whether what is needed to go on leaving
// somebody out may name them there, and how it is searched.
type kind struct {
	name   string
	place  string
	lawful bool
	search func(p *proof, ctx context.Context, to *spot, path string) error
}

func (k kind) is(rel string) bool { return regexp.MustCompile(`^(` + k.name + `)$`).MatchString(rel) }

// walk searches every file of a folder. What cannot be searched is noted, and
// the others are searched all the same.
func (p *proof) walk(ctx context.Context, dir string, kinds []kind) error {
	return p.each(ctx, dir, func(rel, path string, d fs.DirEntry) {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.is(rel) })
		if i < 0 || d.Type() != 0 && d.Type() != fs.ModeSymlink || (d.Type() == fs.ModeSymlink) != (kinds[i].place == "marts, links") {
			p.fail(fmt.Errorf("%s: a file that is not known, number %d in its folder; next: see what it is, and take it away", filepath.Dir(path), nth(path)))
			return
		}
		to := p.place(kinds[i], rel)
		to.files++
		if err := kinds[i].search(p, ctx, to, path); err != nil {
			p.fail(fmt.Errorf("%s: %w", path, err))
		}
	})
}

// each calls f with every file of a folder, but for the folders themselves.
func (p *proof) each(ctx context.Context, dir string, f func(rel, path string, d fs.DirEntry)) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if d.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil {
			f(filepath.ToSlash(rel), path, d)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// nth is which file of its folder a file is, by name: its name might tell.
func nth(path string) int {
	entries, _ := os.ReadDir(filepath.Dir(path))
	return 1 + slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == filepath.Base(path) })
}

// place is where what is found in a file is counted.
func (p *proof) place(k kind, rel string) *spot {
	name := k.place
	if name == "" {
		name = "snapshot " + strings.Split(rel, "/")[1]
	}
	i := slices.IndexFunc(p.places, func(q *spot) bool { return q.name == name })
	if i < 0 {
		i, p.places = len(p.places), append(p.places, &spot{wanted: p.wanted, name: name, lawful: k.lawful, found: make(map[int]bool)})
	}
	return p.places[i]
}

func (p *proof) table(_ context.Context, to *spot, path string) error {
	c, err := stage.Search(path, to)
	to.rows += c.Rows
	return err
}

// touched searches what says whose rows have given way. Where it says more of
// anybody, it is rows as others are.
func (p *proof) touched(_ context.Context, to *spot, path string) error {
	return to.alone(path, stage.SaysTouched, "it says more of people than that their rows have given way")
}

// links searches what says which record refers to which, so that what hangs on a
// sensitive one goes whoever is out by then.
func (p *proof) links(_ context.Context, to *spot, path string) error {
	return to.alone(path, stage.SaysLinks, "it says more of records than to which they refer")
}

// alone searches a file that must say nothing else than it is for.
func (s *spot) alone(path string, only func(stage.Contents) bool, more string) error {
	c, err := stage.Search(path, s)
	s.rows += c.Rows
	if err == nil && !only(c) {
		err = errors.New(more)
	}
	return err
}

func (p *proof) prose(_ context.Context, to *spot, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return to.prose(f)
}

// link holds that a link leads to where everything is searched.
func (p *proof) link(_ context.Context, _ *spot, path string) error {
	to, err := filepath.EvalSymlinks(path)
	if err == nil {
		var in string
		if in, err = filepath.EvalSymlinks(filepath.Join(p.conf.Marts, "snapshots")); err == nil && filepath.Dir(to) != in {
			err = errors.New("it leads elsewhere")
		}
	}
	return err
}

// views searches a database that must have no rows of its own.
func (p *proof) views(ctx context.Context, to *spot, path string) error {
	texts, err := duckdb.ViewsAlone(ctx, path, duckdb.Limits{Temp: filepath.Join(p.temp, "views"), Threads: 1})
	for _, t := range texts {
		err = errors.Join(err, to.prose(strings.NewReader(t)))
	}
	return err
}

func (p *proof) locator(ctx context.Context, to *spot, path string) error {
	entries, err := locator.Count(path)
	to.rows += entries
	if err != nil {
		return err
	}
	return locator.Find(ctx, []string{path}, &p.marks, &p.marks, func(_ int, e locator.Entry) {
		to.ID(e.Record)
		to.ID(e.Subject)
	})
}

func (p *proof) roster(_ context.Context, to *spot, path string) error {
	return p.roll(path, func(n, heir identity.Number) { to.rows++; to.number(n) })
}

// roll reads a roster that is kept.
func (p *proof) roll(path string, each func(n, heir identity.Number)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return gate.Roll(f, info.Size(), p.key.Roster(), each)
}

// heirs takes up, for every former number that is asked about, whose it was.
func (p *proof) heirs(path string) error {
	own := make(map[int]identity.Number)
	err := p.roll(path, func(n, heir identity.Number) {
		if who, ok := p.numbers[n]; ok && !heir.Zero() {
			own[who] = heir
		}
	})
	for who, n := range own {
		if _, ok := p.numbers[n]; !ok {
			p.add(n, who)
		}
	}
	return err
}

// keyed holds that what a manifest says was made with keys that are here: with
// another, nobody would be found in it.
func (p *proof) keyed(rel, path string) error {
	switch {
	case strings.HasPrefix(rel, "runs/"):
		m, err := seal.Read(filepath.Dir(filepath.Dir(filepath.Dir(path))), filepath.Base(filepath.Dir(path)))
		if err == nil && m.Key != p.key.Fingerprint() {
			err = errors.New("it was made with another base key")
		}
		return err
	default:
		m, err := snapshot.Read(filepath.Dir(path))
		if err == nil && !slices.Contains(p.prints, m.Domain) {
			err = errors.New("it was made with a key that is not in the folder of keys; next: put it there")
		}
		return err
	}
}

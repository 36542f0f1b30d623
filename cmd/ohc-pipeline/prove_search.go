package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/stage/seal"
)

var errNoText = errors.New("it is no text")

// proof is the search for people who must not be there.
type proof struct {
	*wanted
	conf   config.Config
	asked  int
	prints []string // fingerprints of the domains whose keys are here
	temp   string
	places []*spot
	faults []error // what could not be searched
}

// newProof opens the keys, and works out what could stand for whom.
func newProof(c config.Config, numbers []identity.Number) (*proof, error) {
	h, err := openKeys(c, false)
	if err != nil {
		return nil, err
	}
	key, _, err := h.base()
	if err != nil {
		return nil, err
	}
	w := &wanted{key: key, feeds: feedsOf(c), numbers: make(map[identity.Number]int), of: make(map[uint64]int)}
	p := &proof{wanted: w, conf: c, asked: len(numbers)}
	if w.domains, err = h.domains(); err != nil {
		return nil, err
	}
	for _, k := range w.domains {
		p.prints = append(p.prints, k.Fingerprint())
	}
	for i, n := range numbers {
		w.add(n, i)
	}
	return p, nil
}

// feedsOf names every feed whose records may be stored: those that are
// configured, and those that what is live was read from.
func feedsOf(c config.Config) (names []term.Word) {
	for _, f := range c.Feeds {
		names = append(names, term.Word(f.Name))
	}
	live, _ := seal.Current(stageOf(c)) // what is wrong with it is found in the search
	for _, m := range live.Marks {
		names = append(names, term.Word(m.Feed))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *proof) fail(err error) { p.faults = append(p.faults, err) }

// search reads everything. Rosters and manifests come first: they say by what
// else somebody must be looked for, and whether that could be found.
func (p *proof) search(ctx context.Context) (err error) {
	var leave func() error
	if p.temp, leave, err = durable.Room("ohc-prove-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	folders := []struct {
		dir   string
		kinds []kind
	}{{stageOf(p.conf), stageFiles}, {p.conf.Marts, martsFiles}}
	for _, f := range folders {
		if err := p.each(ctx, f.dir, p.first); err != nil {
			return err
		}
	}
	for _, f := range folders {
		if err := p.walk(ctx, f.dir, f.kinds); err != nil {
			return err
		}
	}
	return nil
}

// first reads what must be read before everything else.
func (p *proof) first(rel, path string, d fs.DirEntry) {
	var err error
	switch {
	case !d.Type().IsRegular():
	case rosters.is(rel):
		err = p.heirs(path)
	case strings.Count(rel, "/") == 2 && filepath.Base(rel) == "manifest.json":
		err = p.keyed(rel, path)
	}
	if err != nil {
		p.fail(fmt.Errorf("%s: %w", path, err))
	}
}

// tell prints what was read, and how many were found where.
func (p *proof) tell(out io.Writer) error {
	rows := [][]string{{"PLACE", "LAWFUL", "PEOPLE", "FILES", "ROWS"}}
	for _, q := range p.places {
		rows = append(rows, []string{q.name, map[bool]string{false: "no", true: "yes"}[q.lawful], people(len(q.found)), fmt.Sprint(q.files), about(q.rows)})
	}
	_, err := fmt.Fprintf(out, "asked about %s people\n\n", about(int64(p.asked)))
	return errors.Join(err, table(out, 3, rows))
}

// people tells how many there are: none is the one count below 8 that is told.
func people(n int) string {
	if n == 0 {
		return "none"
	}
	return about(int64(n))
}

// verdict is nil where nobody is anywhere they must not be, and everything was
// read.
func (p *proof) verdict() error {
	var where []string
	for _, q := range p.places {
		if !q.lawful && len(q.found) > 0 {
			where = append(where, fmt.Sprintf("%s: %s people", q.name, people(len(q.found))))
		}
	}
	var wrong []string
	if len(where) > 0 {
		wrong = append(wrong, "not absent: "+strings.Join(where, "; ")+"; next: ohc-pipeline publish, then ohc-pipeline compact, and prove it again")
	}
	if len(p.faults) > 0 {
		var told []string
		for _, err := range p.faults {
			told = append(told, err.Error())
		}
		wrong = append(wrong, "not proved, for not everything could be read: "+firstOf(told))
	}
	if len(wrong) == 0 && !p.anything() {
		wrong = append(wrong, "nothing is staged and nothing is published: there is nothing that could be proved")
	}
	if len(wrong) > 0 {
		return coded{exitCheck, errors.New(strings.Join(wrong, "\n"))}
	}
	return nil
}

// anything reports whether there was anything to be searched.
func (p *proof) anything() bool {
	_, none := seal.Current(stageOf(p.conf))
	_, _, nothing := snapshot.Current(p.conf.Marts)
	return none == nil || nothing == nil
}

package duckdb

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/stage/seal"
)

// nights is a stage that goes on from night to night as the pipeline has it do:
// what has changed touches persons, all of whose records are settled anew, with
// what the nights before say of doomed records.
type nights struct {
	e      *engine
	dir    string
	n      int
	landed []staged       // every row that any night brought
	out    map[int64]bool // persons who may not be used now
	layers []nightLayer
	links  []staged // that were kept
	doomed []hung   // what the last night says
	part   string   // the file with that
}

// nightLayer is the rows that one night has left, of the persons it touched.
type nightLayer struct {
	touched map[int64]bool
	rows    []staged
}

// hung is a row of what is said of doomed records.
type hung struct {
	key  recordKey
	root bool
	on   int64 // the record with which it went
}

// again is whom and what a night takes up.
type again struct {
	persons map[int64]bool
	records map[recordKey]bool
}

// rows are those of all nights as they are staged now: of who may not be used
// only tombstones are, and, without whose they are, links.
func (s *nights) rows() (out []staged) {
	for _, r := range s.landed {
		switch {
		case r.set == "exclusion" || r.set == "tombstone" || !s.out[r.person]:
			out = append(out, r)
		case r.set == "link":
			r.person = 0
			out = append(out, r)
		case r.part == 0:
			out = append(out, staged{set: "tombstone", feed: r.feed, record: r.record, version: r.version})
			if r.encounter != 0 {
				out = append(out, staged{set: "link", feed: r.feed, record: r.record, version: r.version, to: r.encounter, whole: true})
			}
		}
	}
	return out
}

// touch takes up whom and what new rows name, whom that hangs together with, and
// who has a record that hangs on what must go, or hung on what is judged anew.
func (s *nights) touch(fresh []staged, persons ...int64) again {
	a := again{make(map[int64]bool), make(map[recordKey]bool)}
	for _, p := range persons {
		a.persons[p] = true
	}
	for _, r := range fresh {
		a.records[r.key()] = true
	}
	for a.find(s.landed) || a.hanging(s) {
	}
	return a
}

// find takes up all records of the persons, and all persons of the records.
func (a again) find(landed []staged) (grown bool) {
	for _, r := range landed {
		if r.person != 0 && a.persons[r.person] != a.records[r.key()] {
			a.persons[r.person], a.records[r.key()], grown = true, true, true
		}
	}
	return grown
}

// hanging takes up records that must go now, or hang on one that must, and such as
// went with one that is taken up.
func (a again) hanging(s *nights) bool {
	before := len(a.records)
	was, now := make(map[recordKey]bool), make(map[recordKey]bool)
	for _, h := range s.doomed {
		if was[h.key] = true; a.records[recordKey{h.key.feed, h.on}] {
			a.records[h.key] = true
		}
	}
	picked := a.pick(s.rows())
	for grown := true; grown; {
		grown = false
		for _, r := range picked {
			to, whole := r.refers()
			if r.set == "exclusion" || now[to] || was[to] || r.person != 0 && to.key == 0 && now[r.key()] {
				grown = grown || !now[r.key()]
				now[r.key()] = true
			}
			if whole && to.key != 0 && (now[r.key()] || was[r.key()]) {
				grown = grown || !now[to]
				now[to] = true
			}
		}
	}
	for _, l := range append(slices.Clone(s.layers), nightLayer{rows: s.links}) {
		for _, r := range l.rows {
			if to, _ := r.refers(); now[to] && !was[to] {
				a.records[r.key()] = true
			}
		}
	}
	for key := range now {
		a.records[key] = a.records[key] || !was[key]
	}
	maps.DeleteFunc(a.records, func(_ recordKey, in bool) bool { return !in })
	return len(a.records) > before
}

// rows names the persons that are taken up.
func (a again) rows() (out []staged) {
	for _, p := range slices.Sorted(maps.Keys(a.persons)) {
		out = append(out, staged{set: seal.Touched, person: p})
	}
	return out
}

// pick is the rows that are taken up.
func (a again) pick(rows []staged) (out []staged) {
	for _, r := range rows {
		if a.records[r.key()] {
			out = append(out, r)
		}
	}
	return out
}

// next takes up new rows, and persons of whom something else has changed.
func (s *nights) next(t fataler, fresh []staged, persons ...int64) {
	t.Helper()
	s.landed = append(s.landed, fresh...)
	a := s.touch(fresh, persons...)
	rows := a.pick(s.rows())
	s.n++
	dir := filepath.Join(s.dir, fmt.Sprint(s.n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	parts := lay(t, s.e, dir, append(a.rows(), rows...))
	if s.part != "" {
		p := seal.Part{Dataset: seal.Doomed, File: "doomed-kept.parquet", Rows: int64(len(s.doomed))}
		if err := os.Link(s.part, filepath.Join(dir, p.File)); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	got, err := Settle(context.Background(), dir, parts, repeatsOf(rows), true, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s.links = append(s.links, slices.DeleteFunc(rows, func(r staged) bool { return r.set != "link" })...)
	s.take(t, dir, a, got.Parts)
}

// take makes a layer of what a night has left.
func (s *nights) take(t fataler, dir string, a again, parts []seal.Part) {
	t.Helper()
	is := func(p seal.Part) bool { return p.Dataset == seal.Doomed }
	said := parts[slices.IndexFunc(parts, is)]
	s.part, s.doomed = filepath.Join(dir, said.File), nil
	err := s.e.each(context.Background(), "SELECT feed, record_key, root, on_key FROM "+parquet(dir, []string{said.File}, ""), func(scan func(...any) error) error {
		var h hung
		err := scan(&h.key.feed, &h.key.key, &h.root, &h.on)
		s.doomed = append(s.doomed, h)
		return err
	})
	if err != nil || int64(len(s.doomed)) != said.Rows {
		t.Fatalf("%d doomed, the part says %d, error %v", len(s.doomed), said.Rows, err)
	}
	var rows, links []seal.Part
	for _, p := range parts {
		switch p.Dataset {
		case seal.Doomed, seal.Touched:
		case "link":
			links = append(links, p)
		default:
			rows = append(rows, p)
		}
	}
	s.links = append(s.links, linksIn(t, s.e, dir, links)...)
	s.layers = append(s.layers, nightLayer{a.persons, left(t, s.e, dir, rows)})
}

// linksIn reads the links that are kept of rows that fell away.
func linksIn(t fataler, e *engine, dir string, parts []seal.Part) (out []staged) {
	for _, p := range parts {
		err := e.each(context.Background(), "SELECT feed, record_key, to_key, whole FROM "+parquet(dir, []string{p.File}, "")+" WHERE person_id = 0", func(scan func(...any) error) error {
			r := staged{set: "link"}
			err := scan(&r.feed, &r.record, &r.to, &r.whole)
			out = append(out, r)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// counts are the rows of all nights that count.
func (s *nights) counts() (out []staged) {
	for i, l := range s.layers {
		for _, r := range l.rows {
			if !slices.ContainsFunc(s.layers[i+1:], func(above nightLayer) bool { return above.touched[r.person] }) {
				out = append(out, r)
			}
		}
	}
	slices.SortFunc(out, less)
	return out
}

// holds that the rows that count, and the doomed, are those of a whole run.
func (s *nights) holds(t fataler, when string) {
	t.Helper()
	rows := s.rows()
	o := newOracle(rows)
	if stay, _ := o.settle(rows); !slices.Equal(s.counts(), stay) {
		t.Fatalf("%s: there count\n%+v\nwant\n%+v\nlanded\n%+v", when, s.counts(), stay, s.landed)
	}
	got := make(map[recordKey]bool)
	for _, h := range s.doomed {
		got[h.key] = true
	}
	if !maps.Equal(got, o.doomed) {
		t.Fatalf("%s: doomed are %v, want %v\nlanded\n%+v", when, got, o.doomed, s.landed)
	}
}

func newNights(t fataler, e *engine) *nights {
	dir, err := os.MkdirTemp("", "nights")
	if err != nil {
		t.Fatal(err)
	}
	return &nights{e: e, dir: dir, out: make(map[int64]bool)}
}

// TestSettleNights holds that nights, each of which settles only what it touches,
// come to what settling everything does, by the oracle: records are put right,
// move to another person, are deleted and doomed, and persons come and go.
func TestSettleNights(t *testing.T) {
	e := testEngine(t)
	rapid.Check(t, func(t *rapid.T) {
		s := newNights(t, e)
		defer os.RemoveAll(s.dir)
		for night := range rapid.IntRange(2, 6).Draw(t, "nights") {
			n := 2
			if night == 0 {
				n = 40
			}
			fresh, persons := changes(t, s, n)
			s.next(t, fresh, persons...)
			s.holds(t, fmt.Sprintf("night %d", night))
		}
	})
}

// nodes is how many records there are.
const nodes = 20

// changes draws what a night brings, each version once: of persons and records
// enough that it does not touch them all.
func changes(t *rapid.T, s *nights, n int) (fresh []staged, persons []int64) {
	key, person := rapid.Int64Range(1, nodes), rapid.Int64Range(1, 9)
	for range rapid.IntRange(1, n).Draw(t, "changes") {
		r := staged{set: "encounter", feed: "a", record: key.Draw(t, "record"), version: 1 + len(s.landed) + len(fresh)}
		if r.record%2 == 1 {
			r.set = "problem"
		}
		switch what := rapid.IntRange(0, 13).Draw(t, "what"); what {
		case 0, 10, 11, 12, 13:
			r.set = "tombstone"
		case 1:
			r.set, r.version = "exclusion", 0
		case 2:
			p := person.Draw(t, "out or back")
			s.out[p] = !s.out[p]
			persons = append(persons, p)
			continue
		default:
			r.person = 1 + r.record%9 // its own
			if what == 3 {
				r.person = person.Draw(t, "moved to")
			}
			r.encounter = max(0, rapid.Int64Range(-4, nodes).Draw(t, "encounter"))
			if to := rapid.Int64Range(-8, nodes).Draw(t, "link"); to > 0 {
				l := r
				l.set, l.to, l.encounter, l.whole = "link", to, 0, rapid.Bool().Draw(t, "whole")
				fresh = append(fresh, l)
			}
		}
		fresh = append(fresh, r)
	}
	return fresh, persons
}

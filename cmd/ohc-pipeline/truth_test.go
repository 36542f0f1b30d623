package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"secondaryuse/deid"
	"secondaryuse/deid/identity"
	"secondaryuse/marts/domain"
	"secondaryuse/pipeline/config"
	"secondaryuse/testdata/population"
)

// world is a population, what must become of it, and what a run has made of
// it.
type world struct {
	conf  config.Config
	told  *told
	base  map[int64]int // who has a person_id of the stage
	mart  map[int64]int // who has a person_id of the marts
	db    *sql.DB       // the sealed stage and the current snapshot
	files map[string]string
}

// The population of the tests: persons enough for a GP Connect record with
// each of its damages, and faults often enough that a few months hold them all.
var truthPlan = population.Plan{Persons: 3200, Seed: 7, Months: 4, Faults: oftenWrong()}

// oftenWrong returns rates at which nothing is rare.
func oftenWrong() population.Faults {
	f := population.Usual()
	for _, r := range f.Rates() {
		*r.Value = max(0.01, 1.5**r.Value)
	}
	return f
}

// TestTruth takes a population the whole way and holds what was made of it
// against the truth: ledger, stage and marts, record by record.
func TestTruth(t *testing.T) {
	w := newWorld(t, truthPlan)
	if missing := w.told.missing(); len(missing) > 0 {
		t.Fatalf("the population has no record that is %q: this would not test it", missing)
	}
	got := make(map[string][]string)
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			got[c.name] = c.got(t, w)
			if d := differ(c.want(w, w.told), got[c.name]); len(d) > 0 {
				complain(t, d)
			}
		})
	}
	if t.Failed() {
		return // what follows would only say so again
	}
	t.Run("spoilt", func(t *testing.T) { everySpoiltFieldShows(t, w, got) })
	t.Run("publish", func(t *testing.T) { publishTakesOut(t, w, got) })
}

// newWorld writes the population and runs the pipeline.
func newWorld(t *testing.T, plan population.Plan) *world {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "population")
	plan.Out = dir
	summary, err := population.Write(context.Background(), plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	return worldIn(t, dir, summary)
}

// worldIn runs the pipeline on a population that is written.
func worldIn(t *testing.T, dir string, summary population.Summary) *world {
	t.Helper()
	w, err := &world{told: readTold(t, dir, summary)}, error(nil)
	if w.conf, err = config.Load(filepath.Join(dir, "config.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(context.Background(), w.conf, extract); err != nil {
		t.Fatal(err)
	}
	w.know(t)
	w.files = filesAsTold(t, w.conf)
	w.db = look(t, w.conf)
	return w
}

// know learns by which person_id everybody goes, in the stage and in the
// marts, the way the design says: from the NHS number and the two keys.
func (w *world) know(t *testing.T) {
	t.Helper()
	key, err := deid.OpenKey(w.conf.Keys, false)
	if err != nil {
		t.Fatal(err)
	}
	planning, err := domain.Open(filepath.Join(w.conf.Keys, "planning.key"))
	if err != nil {
		t.Fatal(err)
	}
	w.base, w.mart = make(map[int64]int), make(map[int64]int)
	for _, who := range w.told.Identifiers {
		n, err := identity.Parse([]byte(who.Number))
		if err != nil {
			t.Fatal(err)
		}
		id := key.Person(n)
		w.base[id], w.mart[planning.ID(id)] = who.Person, who.Person
	}
}

// check is one way to hold a run against the truth. Both sides are lines, in
// no order; a line may stand there more than once.
type check struct {
	name string
	want func(*world, *told) []string
	got  func(*testing.T, *world) []string
}

var checks = slices.Concat(feedChecks, stageChecks, martChecks)

// differ returns the lines that only one side has, or has more often: with a
// minus what ought to be there, with a plus what ought not.
func differ(want, got []string) (out []string) {
	n := make(map[string]int, len(want))
	for _, l := range want {
		n[l]++
	}
	for _, l := range got {
		n[l]--
	}
	for l, n := range n {
		for ; n > 0; n-- {
			out = append(out, "- "+l)
		}
		for ; n < 0; n++ {
			out = append(out, "+ "+l)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return slices.Compare([]byte(a[2:]), []byte(b[2:])) })
	return out
}

// complain shows the first of the lines that differ.
func complain(t *testing.T, lines []string) {
	t.Helper()
	t.Errorf("%d lines differ (-truth +run)", len(lines))
	for _, l := range lines[:min(len(lines), 400)] {
		t.Log(l)
	}
}

// TestDiffer shows that the comparison counts.
func TestDiffer(t *testing.T) {
	got := differ([]string{"b", "a", "a", "c"}, []string{"a", "b", "d", "d"})
	if want := []string{"- a", "- c", "+ d", "+ d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := differ([]string{"x", "y", "x"}, []string{"x", "x", "y"}); len(got) != 0 {
		t.Errorf("got %q of equals", got)
	}
}

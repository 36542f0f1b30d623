package population_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/testdata/population"
)

// living is a small population to whom much happens.
func living(t testing.TB, seed uint64, persons int) population.Plan {
	t.Helper()
	f := population.Usual()
	for _, r := range f.Rates() {
		switch r.Name {
		case "merged", "erased", "resent", "mended", "retracted", "duplicate", "corrected", "deleted", "type1-coded", "superseded":
			*r.Value = max(0.01, 2**r.Value) // whatever day 0 tells in more than one version
		}
	}
	return population.Plan{
		Persons: persons, Seed: seed, Months: 3, Touch: 0.06, Faults: f, AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}
}

func state(t testing.TB, p population.Plan, day int) (dir string, m model) {
	t.Helper()
	p.Out = filepath.Join(t.TempDir(), "state")
	if _, err := population.State(context.Background(), p, day, nil); err != nil {
		t.Fatal(err)
	}
	m = make(model)
	m.take(t, p.Out)
	return p.Out, m
}

func delta(t testing.TB, p population.Plan, since, day int) (dir string) {
	t.Helper()
	p.Out = filepath.Join(t.TempDir(), "delta")
	if err := population.Delta(context.Background(), p, since, day); err != nil {
		t.Fatal(err)
	}
	return p.Out
}

// TestDeltasComeToTheState lays the delta of every day over day 0, and wants
// what a whole export holds on some of the days; so it must be when days are
// missed.
func TestDeltasComeToTheState(t *testing.T) {
	const days = 18
	for seed := range uint64(3) {
		p := living(t, seed, 220)
		_, nightly := state(t, p, 0)
		_, missed := state(t, p, 0)
		last := 0
		for day := 1; day <= days; day++ {
			dir := delta(t, p, day-1, day)
			nightly.take(t, dir)
			if (day*int(seed+3))%5 != 0 && day != days {
				continue
			}
			missed.take(t, delta(t, p, last, day))
			last = day
			whole, want := state(t, p, day)
			differ(t, fmt.Sprintf("seed %d, day %d, every night", seed, day), want, nightly)
			differ(t, fmt.Sprintf("seed %d, day %d, some nights", seed, day), want, missed)
			sameLists(t, whole, dir)
			if t.Failed() {
				return
			}
		}
	}
}

// sameLists wants two folders to have the same lists, byte for byte.
func sameLists(t *testing.T, one, other string) {
	t.Helper()
	for _, name := range []string{"optout-request.dat", "optout.dat", "optout.ctl", "objections.csv", "connections.csv", "agreements.csv"} {
		a, err := os.ReadFile(filepath.Join(one, "lists", name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(other, "lists", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(a) != string(b) {
			t.Errorf("%s differs", name)
		}
	}
}

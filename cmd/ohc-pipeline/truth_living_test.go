package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/testdata/population"
)

// TestTruthOfTheLiving takes the whole state of a population that has lived on
// for some weeks the way, and holds what was made of it against the truth.
func TestTruthOfTheLiving(t *testing.T) {
	plan := population.Plan{
		Persons: 700, Seed: 12, Months: 3, Touch: 0.08, Faults: oftenWrong(), AsOf: time.Now().AddDate(0, 0, -25),
		Out: filepath.Join(t.TempDir(), "population"),
	}
	summary, err := population.State(context.Background(), plan, 25, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := worldIn(t, plan.Out, summary)
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if d := differ(c.want(w, w.told), c.got(t, w)); len(d) > 0 {
				complain(t, d)
			}
		})
	}
}

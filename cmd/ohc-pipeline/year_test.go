package main

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"secondaryuse/testdata/population"
)

// TestYear has an installation serve by its own schedules through days in which
// everything happens: what feeds and lists do, kills and power cuts, a machine
// that is off, two daemons of which one stands still, a server that fails, lists
// that are late, and the clocks that change. It holds that each job ran once for
// each of its times, or was given up and says so, and that nothing was lost.
//
// With OHC_YEAR=1 it is a whole year; else some nights around each change of the
// clocks. OHC_YEAR_SEED chooses another one.
func TestYear(t *testing.T) {
	t.Parallel()
	seed := uint64(numbered("OHC_YEAR_SEED", 1))
	if os.Getenv("OHC_YEAR") != "" {
		t.Run("all", func(t *testing.T) { t.Parallel(); newYear(t, yearPlan(seed, "2025-10-15", false)).live(seed, 370, 15) })
		t.Run("plain", func(t *testing.T) { t.Parallel(); newYear(t, yearPlan(seed, "2025-10-15", true)).live(seed+1, 370, 30) })
		return
	}
	t.Run("autumn", func(t *testing.T) {
		newYear(t, yearPlan(seed, "2025-10-23", false)).live(seed, numbered("OHC_YEAR_DAYS", 13), 6)
	})
	t.Run("spring", func(t *testing.T) {
		newYear(t, yearPlan(seed, "2026-03-25", true)).live(seed+1, numbered("OHC_YEAR_DAYS", 13), 13)
	})
}

// yearPlan is a population that lives on. Of a plain one, nothing happens of
// which a whole export knows less than who has seen it happen.
func yearPlan(seed uint64, from string, plain bool) population.Plan {
	day, err := time.Parse(time.DateOnly, from)
	if err != nil {
		panic(err)
	}
	p := population.Plan{Persons: 90, Seed: seed, Touch: 0.1, AsOf: day, Months: 6, Faults: population.Usual()}
	p.Without = []string{"unreadable line"} // a server of FHIR has none, and the client takes none
	never(&p, "broken")
	if plain {
		p.Without = []string{"type 1 dissent", "type 1 dissent withdrawn", "patient deleted", "patient sent again", "second patient", "patients merged", "number superseded", "unreadable line", "sensitive record corrected away"}
		never(&p, "erased", "resent", "merged", "retracted", "shared-id", "type1-coded", "superseded", "mended")
	}
	return p
}

// never has faults be none.
func never(p *population.Plan, names ...string) {
	for _, r := range p.Faults.Rates() {
		if slices.Contains(names, r.Name) {
			*r.Value = 0
		}
	}
}

// live takes the installation through so many days, and holds it every so many
// against one that reads everything.
func (y *year) live(seed uint64, days, every int) {
	draw := rand.New(rand.NewPCG(seed, 2026))
	began, calm := time.Now(), 0
	off := 0
	for day := 0; day <= days; day++ {
		if day > 0 {
			y.come(day)
		}
		if off > 0 {
			off--
			y.rough[day] = true
			continue
		}
		last := day == days
		off = y.through(draw, day, day >= days-days/30) // what is open then is settled by the end
		if !y.rough[day] {
			calm++
		}
		if (day%every == every-1 || last) && y.fresh() && !y.stale[day] {
			y.rebuilt()
		}
		if y.t.Failed() {
			y.t.Fatalf("on day %d, after %v", day, y.counts)
		}
	}
	if plain := len(y.plan.Without) > 1; plain {
		y.exported()
	}
	y.kept()
	if v := y.server.Violations(); len(v) > 0 {
		y.t.Errorf("the client did what it must not: %q", v)
	}
	y.t.Logf("%d days, %d of them calm, in %.0f s: %v", days, calm, time.Since(began).Seconds(), y.counts)
}

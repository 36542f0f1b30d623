package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/testdata/population"
)

// wanted is what is to be written: a population and its days, or what there is
// of it at the end of one.
type wanted struct {
	asOf, from string
	at, since  int
}

// none is no day.
const none = -1

// flags binds the flags of the command to a plan.
func flags(c *cobra.Command, p *population.Plan, w *wanted) {
	f := c.Flags()
	f.IntVar(&p.Persons, "persons", 2000, "how many persons")
	f.Uint64Var(&p.Seed, "seed", 1, "what everything is drawn from")
	f.StringVar(&p.Out, "out", "", "folder to write to; empty or new")
	f.StringVar(&w.asOf, "as-of", "", "day that the lists and ages are for, YYYY-MM-DD (default today)")
	f.IntVar(&p.Months, "months", 24, "how many months of activity")
	f.IntVar(&p.Workers, "workers", 0, "how many cores (default all)")
	f.IntVar(&p.Days, "days", 0, "how many days the population lives on")
	f.StringVar(&w.from, "from", "", "day 0 of --days and --at, YYYY-MM-DD; another name of --as-of")
	f.Float64Var(&p.Touch, "touch", 0.01, "share of persons with a change a day, above 0 and at most 1")
	f.IntVar(&w.at, "at", none, "write the whole state at the end of a day instead")
	f.IntVar(&w.since, "since", none, "with --at: only what has changed since the end of another day")
	f.StringSliceVar(&p.Without, "without", nil, "what never happens on those days: "+strings.Join(population.Happenings(), ", "))
	for _, r := range p.Faults.Rates() {
		f.Float64Var(r.Value, r.Name, *r.Value, r.About)
	}
}

// check says what is wrong about the days.
func (w *wanted) check(p *population.Plan) error {
	name, day := "--as-of", w.asOf
	if w.from != "" {
		if w.asOf != "" {
			return fmt.Errorf("%w: --from: is another name of --as-of; give one of them", errUsage)
		}
		name, day = "--from", w.from
	}
	if day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil || t.Year() < 2000 || t.Year() > 2100 {
			return fmt.Errorf("%w: %s: must be a day YYYY-MM-DD from 2000 to 2100", errUsage, name)
		}
		p.AsOf = t
	}
	for _, what := range p.Without {
		if !slices.Contains(population.Happenings(), what) {
			return fmt.Errorf("%w: --without: nothing that happens is called %q", errUsage, what)
		}
	}
	switch {
	case p.Days < 0 || p.Days > population.MostDays:
		return fmt.Errorf("%w: --days: must be 0 to %d", errUsage, population.MostDays)
	case !(p.Touch > 0 && p.Touch <= 1):
		return fmt.Errorf("%w: --touch: must be above 0 and at most 1", errUsage)
	case w.at < none || w.at > population.MostDays:
		return fmt.Errorf("%w: --at: must be 0 to %d", errUsage, population.MostDays)
	case w.at != none && p.Days != 0:
		return fmt.Errorf("%w: --at: writes one state, --days writes many; give one of them", errUsage)
	case w.since != none && (w.since < 0 || w.since >= w.at):
		return fmt.Errorf("%w: --since: must be a day before that of --at", errUsage)
	}
	return nil
}

// write writes what is wanted.
func (w *wanted) write(ctx context.Context, p population.Plan, progress func(int)) (population.Summary, error) {
	switch {
	case w.since != none:
		return population.Summary{}, population.Delta(ctx, p, w.since, w.at)
	case w.at != none:
		return population.State(ctx, p, w.at, progress)
	}
	return population.Write(ctx, p, progress)
}

package main

import (
	"github.com/spf13/cobra"

	"secondaryuse/testdata/population"
)

// flags binds the flags of the command to a plan.
func flags(c *cobra.Command, p *population.Plan, asOf *string) {
	f := c.Flags()
	f.IntVar(&p.Persons, "persons", 2000, "how many persons")
	f.Uint64Var(&p.Seed, "seed", 1, "what everything is drawn from")
	f.StringVar(&p.Out, "out", "", "folder to write to; empty or new")
	f.StringVar(asOf, "as-of", "", "day that the lists and ages are for, YYYY-MM-DD (default today)")
	f.IntVar(&p.Months, "months", 24, "how many months of activity")
	f.IntVar(&p.Workers, "workers", 0, "how many cores (default all)")
	for _, r := range p.Faults.Rates() {
		f.Float64Var(r.Value, r.Name, *r.Value, r.About)
	}
}

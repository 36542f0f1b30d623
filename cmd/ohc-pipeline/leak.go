package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/deid/identity"
	"secondaryuse/marts"
	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/leak"
)

// nameless has nothing published that could name somebody. Who is known is everybody
// that the run has enrolled, those who are left out among them. Where it publishes what
// is staged already nobody is enrolled: then it is whoever the lists name, and what was
// held back before stays so, until a run has read the feeds again.
func nameless(c config.Config, r *pipeline.Run, o opened) {
	p, is := r.Marts.(marts.Publisher)
	if !is {
		return
	}
	var who func(identity.Number) bool
	r.Enrolled = func(known func(identity.Number) bool) { who = known }
	p.Check = func(ctx context.Context, dir string) error {
		held, enrolled := filepath.Join(c.Work, "held"), who != nil
		if _, err := os.Lstat(held); err == nil && !enrolled {
			return fmt.Errorf("what is staged was held back before: %w, and start ohc-pipeline run", leak.ErrNames)
		}
		err := leak.Draft(ctx, dir, func(digits []byte) bool {
			n, err := identity.Parse(digits)
			if who == nil {
				who = onLists(o)
			}
			return err == nil && who(n)
		})
		switch {
		case errors.Is(err, leak.ErrNames):
			return errors.Join(err, durable.Replace(held, []byte(err.Error()+"\n")))
		case err == nil && enrolled:
			return os.RemoveAll(held)
		}
		return err
	}
	r.Marts = p
}

// onLists is who stands in the lists of the person gates.
func onLists(o opened) func(identity.Number) bool {
	all := make(map[identity.Number]bool)
	for _, n := range known(o) {
		all[n] = true
	}
	return func(n identity.Number) bool { return all[n] }
}

// databases shows what DuckDB files hold, with room of its own below temp for each.
func databases(temp string) func(context.Context, string, func(table, column, value string)) error {
	return func(ctx context.Context, path string, yield func(table, column, value string)) error {
		dir, err := os.MkdirTemp(temp, "duckdb-*")
		if err != nil {
			return err
		}
		err = duckdb.Texts(ctx, path, duckdb.Limits{Temp: dir, Threads: 1, Memory: "1GB"}, yield)
		return errors.Join(err, os.RemoveAll(dir))
	}
}

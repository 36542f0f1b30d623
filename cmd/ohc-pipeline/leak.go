package main

import (
	"context"
	"errors"
	"os"

	"secondaryuse/deid/identity"
	"secondaryuse/marts"
	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/leak"
)

// nameless has nothing published that could name somebody. Who is known is everybody
// that the run has enrolled, those who are left out among them; where it publishes what
// is staged already, whoever the lists name.
func nameless(r *pipeline.Run, o opened) {
	p, is := r.Marts.(marts.Publisher)
	if !is {
		return
	}
	var who func(identity.Number) bool
	r.Enrolled = func(known func(identity.Number) bool) { who = known }
	p.Check = func(ctx context.Context, dir string) error {
		return leak.Draft(ctx, dir, func(digits []byte) bool {
			n, err := identity.Parse(digits)
			if who == nil {
				who = onLists(o)
			}
			return err == nil && who(n)
		})
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

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/deid/identity"
	"secondaryuse/marts"
	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/leak"
)

// lookedFor is what every manifest and report says of that.
const lookedFor = "leak: looked through for NHS numbers, postcodes, telephone numbers and e-mail addresses; names and addresses NOT LOOKED FOR: ohc-pipeline verify leak does"

// nameless has nothing published that could name somebody. Who is known is everybody
// that the run has enrolled, those who are left out among them. Where it publishes what
// is staged already nobody is enrolled: then it is whoever the feeds that lie here and the
// lists name, and what was held back before stays so, until a run has read the feeds again.
func nameless(c config.Config, r *pipeline.Run, o opened, now time.Time) {
	p, is := r.Marts.(marts.Publisher)
	if !is {
		return
	}
	run := *r
	var who func(identity.Number) bool
	r.Enrolled = func(known func(identity.Number) bool) { who = known }
	p.Check = func(ctx context.Context, dir string) error {
		held, enrolled := filepath.Join(c.Work, "held"), who != nil
		if _, err := os.Lstat(held); err == nil && !enrolled {
			return fmt.Errorf("what is staged was held back before: %w, and start ohc-pipeline run", leak.ErrNames)
		}
		var unread error
		err := leak.Draft(ctx, dir, func(digits []byte) bool {
			n, err := identity.Parse(digits)
			if err == nil && who == nil {
				who, unread = everyoneOf(ctx, c, run, o, now)
			}
			return err == nil && who(n)
		})
		switch {
		case unread != nil:
			return fmt.Errorf("whom the feeds name must be known before anything is published: %w", unread)
		case errors.Is(err, leak.ErrNames):
			return errors.Join(err, durable.Replace(held, []byte(err.Error()+"\n")))
		case err == nil && enrolled:
			return os.RemoveAll(held)
		}
		return err
	}
	r.Marts = p
}

// everyoneOf is who stands in the feeds, where they lie here still, and in the lists of the
// person gates.
func everyoneOf(ctx context.Context, c config.Config, run pipeline.Run, o opened, now time.Time) (func(identity.Number) bool, error) {
	all := make(map[identity.Number]bool)
	who := func(n identity.Number) bool { return all[n] }
	for _, n := range known(o) {
		all[n] = true
	}
	run, err := gather(c, now, run, newest)
	if err != nil || feedsThere(c, run.Feeds) != nil {
		return who, err
	}
	fed, err := run.Everyone(ctx)
	if err != nil {
		return who, err
	}
	for n := range fed {
		all[n] = true
	}
	return who, nil
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

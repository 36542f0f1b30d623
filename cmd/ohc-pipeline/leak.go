package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/trace"
	"secondaryuse/marts"
	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/leak"
	"secondaryuse/pipeline/stage/seal"
)

// lookedFor is what every manifest and report says of that.
const lookedFor = "leak: looked through for what has the form of an NHS number, postcode, telephone number or e-mail address; " +
	"and every text for the names, addresses, accounts and numbers of everybody in the feeds and lists"

// nameless has nothing published that could name somebody. Who is known is everybody
// that the run has enrolled, those who are left out among them. Where it publishes what
// is staged already nobody is enrolled: then it is whoever the feeds that lie here and the
// lists name, and what was held back before stays so, until a run has read the feeds again.
// Then every text is held to everything by which the feeds and lists name somebody.
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
		shown, err := leak.Draft(ctx, dir, func(digits []byte) bool {
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
			err = os.RemoveAll(held)
		}
		if err != nil {
			return err
		}
		l, err := lookOf(ctx, c, run, now)
		if err != nil {
			return err
		}
		return l.Through(ctx, shown)
	}
	r.Marts = p
}

// lookOf is what holds that which is about to be published to everybody. What was held to
// one another is kept in work/looked. Where anything is gone that what is staged was read
// from, not everybody could be looked for.
func lookOf(ctx context.Context, c config.Config, run pipeline.Run, now time.Time) (l leak.Look, err error) {
	l = leak.Look{File: filepath.Join(c.Work, "looked"), Local: onlyLocal(c), Right: func(w *trace.Wanted) error { return byRight(c, run.Places, w) }}
	if l.Version, err = lookVersion(c); err != nil {
		return l, err
	}
	live, err := seal.Current(stageOf(c))
	if err == nil {
		run, err = gather(c, now, run, func(feed string) int64 { return cmp.Or(readOf(live, feed), math.MaxInt64) })
	}
	if err != nil {
		return l, err
	}
	if l.Missing = feedsThere(c, run.Feeds); l.Missing == nil {
		l.Missing = run.Gone(ctx, live)
	}
	for _, f := range named(c) {
		if _, err := os.Stat(f.Dir); l.Missing == nil || !errors.Is(err, fs.ErrNotExist) {
			l.Feeds = append(l.Feeds, f)
		}
	}
	return l, nil
}

// lookVersion is a digest of all by which a text is held to the feeds, but for the text
// and the files of the feeds: the program, what the configuration says of the feeds, and
// what is published by right.
func lookVersion(c config.Config) (string, error) {
	h := sha256.New()
	program, err := program()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%q\n", program)
	for i, f := range leakFeeds(c) {
		fmt.Fprintf(h, "%q %q %t %q %q\n", f.Name, c.Feeds[i].Path, f.Folders, f.Numbers, f.Locals)
	}
	for _, of := range [][2]string{{"reference.practices", c.Reference.Practices}, {"reference.places", c.Reference.Places}, {"leak.words", c.Leak.Words}} {
		key, path := of[0], of[1]
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", wrong(c, key, "it cannot be read")
		}
		fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)), nil
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

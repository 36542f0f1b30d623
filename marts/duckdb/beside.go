package duckdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/guard"
)

// result is a mart that was built, or could not be, and who built it.
type result struct {
	mart  int
	by    *follower
	built Built
	err   error
}

// together builds the marts, two at a time where there are two threads: each
// after those that it reads and, of what can be begun, the largest first. The
// first that fails ends the others.
func (f *follower) together(ctx context.Context, marts []catalogue.Mart) (out []Built, err error) {
	hands, err := f.hands(ctx, marts)
	defer func() { err = errors.Join(err, dismiss(hands)) }()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var beside guard.Group
	defer beside.Wait()
	defer stop()
	out = make([]Built, len(marts))
	idle, done, waiting := slices.Clone(hands), make(chan result, len(marts)), f.largest(marts)
	for len(waiting) > 0 || len(idle) < len(hands) {
		next := slices.IndexFunc(waiting, func(i int) bool { return ready(marts[:i], marts[i], out) })
		if next >= 0 && len(idle) > 0 {
			r := result{mart: waiting[next], by: idle[0]}
			waiting, idle = slices.Delete(waiting, next, next+1), idle[1:]
			beside.Go(func() {
				r.err = guard.Try(func() (err error) { r.built, err = r.by.one(ctx, marts[r.mart]); return err })
				done <- r
			})
			continue
		}
		r := <-done
		if r.err != nil {
			return nil, fmt.Errorf("%s: %w", marts[r.mart].Name, r.err)
		}
		out[r.mart], idle = r.built, append(idle, r.by)
	}
	return out, nil
}

// ready reports whether what a mart reads is built, given those before it.
func ready(before []catalogue.Mart, m catalogue.Mart, built []Built) bool {
	for i, o := range before {
		if slices.Contains(m.Reads, o.Name) && built[i].File == "" {
			return false
		}
	}
	return true
}

// largest is the numbers of the marts, those that were largest first.
func (f *follower) largest(marts []catalogue.Mart) (out []int) {
	var sizes []int64
	for i, m := range marts {
		out, sizes = append(out, i), append(sizes, 0)
		if was, err := os.Stat(filepath.Join(f.before.Folder, m.Name+".parquet")); err == nil {
			sizes[i] = was.Size()
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(sizes[b], sizes[a]) })
	return out
}

// hands are those who build: the follower, and besides it one with a connection
// and worlds of its own, where no mart is built from everybody.
func (f *follower) hands(ctx context.Context, marts []catalogue.Mart) ([]*follower, error) {
	out := []*follower{f}
	if f.threads < 2 || !allFollow(marts) {
		return out, nil
	}
	// What is made of a delta is small: each has its own thread.
	if err := f.exec(ctx, fmt.Sprintf("SET threads = %d", f.threads/2)); err != nil {
		return out, err
	}
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return out, err
	}
	other, all, e := *f, *f.builder, *f.engine
	e.conn = conn
	all.engine = &e
	other.builder = &all
	other.was.schema, other.now.schema, other.asks.schema = "was_beside", "now_beside", "asks_beside"
	return append(out, &other), other.worlds(ctx)
}

// dismiss closes the connections of all but the first.
func dismiss(hands []*follower) error {
	var errs []error
	for _, h := range hands[1:] {
		errs = append(errs, h.conn.Close())
	}
	return errors.Join(errs...)
}

func allFollow(marts []catalogue.Mart) bool {
	return !slices.ContainsFunc(marts, func(m catalogue.Mart) bool { return !m.Follows() })
}

// one builds one mart.
func (f *follower) one(ctx context.Context, m catalogue.Mart) (Built, error) {
	if !m.Follows() {
		return f.whole(ctx, m)
	}
	b := Built{Mart: m, File: m.Name + ".parquet"}
	if err := f.look(ctx, m); err != nil {
		return b, err
	}
	if err := f.enter(ctx, f.now); err != nil {
		return b, err
	}
	if err := f.codelists(ctx, m); err != nil {
		return b, err
	}
	rest, err := f.made(ctx, m)
	if err != nil {
		return b, err
	}
	if err := f.put(ctx, m, rest, filepath.Join(f.dir, b.File)); err != nil {
		return b, err
	}
	if err := f.forget(ctx, m); err != nil {
		return b, err
	}
	return f.finish(ctx, b, f.dir)
}

// nowIs is the query for a mart that has changed, given what of it stays. To sort
// it takes as long as to read and write it, so that is done by the first who goes
// on from a compaction; with the others what was made comes last.
func (f *follower) nowIs(m catalogue.Mart, rest string) string {
	made := "FROM " + f.table("made")
	if since := f.all.src.Manifest.Since; since > 0 && f.before.Layer == since {
		return sorted(m, rest+" UNION ALL "+made)
	}
	return rest + " UNION ALL (" + made + " ORDER BY " + strings.Join(m.Grain, ", ") + ")"
}

// put writes a mart's file, or takes the earlier one where nothing changed,
// shows it to those that read it, and checks it.
func (f *follower) put(ctx context.Context, m catalogue.Mart, rest, path string) error {
	var err error
	if rest == "" {
		err = os.Link(filepath.Join(f.before.Folder, filepath.Base(path)), path)
	} else {
		err = f.copyTo(ctx, f.nowIs(m, rest), path)
	}
	if err != nil {
		return err
	}
	if err := f.exec(ctx, "CREATE VIEW main."+m.Name+" AS FROM read_parquet("+text(path)+")"); err != nil {
		return err
	}
	return f.promised(ctx, m, "main."+m.Name, false)
}

package duckdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/stage/seal"
)

// Compact makes one layer of all: it takes the parts of a sealed run to the
// folder of another, which seal.Make has made, without the rows that do not
// count any more, and returns the manifest to be sealed for that run. It is m
// but for its name, its parts and State, all of which are of m's newest layer
// now, and Since, which is that layer too; parts Touched are gone. A snapshot
// of an earlier layer cannot be gone on from after that.
//
// What State has that is no table of persons' rows stays as it is. A part that
// loses nothing is the same file under another name, unless it is small: small
// parts of a dataset become one. Rows keep their order, lower layers first. The
// same run gives the same bytes. What is written is durable on return, with its
// size and checksum; the names are once the run is sealed. The run it is made
// from is left as it is. When Compact fails, the folder is of no further use.
func Compact(ctx context.Context, stage string, m seal.Manifest, run string, lim Limits) (seal.Manifest, error) {
	if lim.Temp == "" {
		lim.Temp = filepath.Join(seal.Dir(stage, run), "compact")
	}
	defer os.RemoveAll(lim.Temp)
	c := compactor{from: seal.Dir(stage, m.Run), to: seal.Dir(stage, run), src: Source{Stage: stage, Manifest: m}}
	if err := c.run(ctx, lim); err != nil {
		return seal.Manifest{}, fmt.Errorf("compact: %w", err)
	}
	m.Run, m.Since, m.Parts, m.State = run, m.Layer, c.parts, c.state
	return m, nil
}

type compactor struct {
	*engine
	src          Source
	from, to     string
	top          int64 // the highest layer that touched anybody
	writes       []write
	parts, state []seal.Part
	whole        int // parts that were taken over as they are
}

// write is a part to be written.
type write struct{ query, path string }

func (c *compactor) run(ctx context.Context, lim Limits) (err error) {
	if c.engine, err = c.open(ctx, lim); err != nil {
		return err
	}
	err = c.plan(ctx)
	if err = errors.Join(err, c.close()); err != nil {
		return err
	}
	if err := c.write(ctx, lim); err != nil {
		return err
	}
	for _, set := range [][]seal.Part{c.parts, c.state} {
		for i := range set {
			if set[i].SHA256 == "" {
				if set[i].Bytes, set[i].SHA256, err = durable(filepath.Join(c.to, set[i].File)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// open starts an engine that knows in which layer everybody was touched last.
func (c *compactor) open(ctx context.Context, lim Limits) (*engine, error) {
	e, err := open(ctx, lim)
	if err != nil {
		return nil, err
	}
	if err = e.touches(ctx, c.src); err == nil {
		err = e.exec(ctx, "CREATE TABLE home AS SELECT base, max(layer) AS home FROM touch GROUP BY base")
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// plan links what stays as it is and notes what is to be written.
func (c *compactor) plan(ctx context.Context) (err error) {
	if c.top, err = c.number(ctx, fmt.Sprintf("SELECT coalesce(max(home), %d) FROM home", none)); err != nil {
		return err
	}
	if c.parts, err = c.all(ctx, c.src.Manifest.Parts); err != nil {
		return err
	}
	c.state, err = c.all(ctx, c.src.Manifest.State)
	return err
}

// write writes parts side by side, each by an engine of one thread: with
// several, the same rows in the same order come out as other row groups.
func (c *compactor) write(ctx context.Context, lim Limits) error {
	workers := lim.Threads
	if workers == 0 {
		workers = runtime.NumCPU()
	}
	workers, lim.Threads = min(workers, len(c.writes)), 1
	errs := make([]error, workers)
	var next atomic.Int64
	var wg guard.Group
	for w := range workers {
		wg.Go(func() {
			e, err := c.open(ctx, lim)
			if err != nil {
				errs[w] = err
				return
			}
			for i := next.Add(1) - 1; i < int64(len(c.writes)) && err == nil; i = next.Add(1) - 1 {
				err = guard.Try(func() error { return e.copyTo(ctx, c.writes[i].query, c.writes[i].path) })
			}
			errs[w] = errors.Join(err, e.close())
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// all takes over parts, dataset by dataset.
func (c *compactor) all(ctx context.Context, parts []seal.Part) (out []seal.Part, err error) {
	sets := make(map[string][]seal.Part)
	var names []string
	for _, p := range parts {
		switch p.Dataset {
		case seal.Touched:
			continue
		case seal.Locator, seal.Roster, seal.Doomed: // of no person's rows
			if p, err = c.same(p); err != nil {
				return nil, fmt.Errorf("%s: %w", p.Dataset, err)
			}
			out = append(out, p)
			continue
		}
		if sets[p.Dataset] == nil {
			names = append(names, p.Dataset)
		}
		sets[p.Dataset] = append(sets[p.Dataset], p)
	}
	slices.Sort(names)
	for _, name := range names {
		slices.SortStableFunc(sets[name], func(a, b seal.Part) int { return cmp.Compare(a.Layer, b.Layer) })
		some, err := c.dataset(ctx, name, sets[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, some...)
	}
	return out, nil
}

// same takes a part over as it is.
func (c *compactor) same(p seal.Part) (seal.Part, error) {
	from := filepath.Join(c.from, p.File)
	c.whole++
	p.File, p.Layer = fmt.Sprintf("%s-%03d-compact%s", p.Dataset, c.whole, filepath.Ext(p.File)), c.src.Manifest.Layer
	return p, os.Link(from, filepath.Join(c.to, p.File))
}

// piece is a part with what it keeps.
type piece struct {
	seal.Part
	kept, lost int64
}

// dataset takes over the parts of one dataset: what is large by itself, what is
// small together.
func (c *compactor) dataset(ctx context.Context, name string, parts []seal.Part) (out []seal.Part, err error) {
	var small []piece
	take := func(some ...piece) error {
		p, err := c.take(fmt.Sprintf("%s-%03d-compact.parquet", name, len(out)), some)
		out = append(out, p)
		return err
	}
	for _, p := range parts {
		one, err := c.weigh(ctx, p)
		if err != nil {
			return nil, err
		}
		switch {
		case one.kept == 0:
		case one.kept < rowGroup:
			small = append(small, one)
		default:
			if err := take(one); err != nil {
				return nil, err
			}
		}
	}
	if len(small) > 0 {
		err = take(small...)
	}
	return out, err
}

// weigh counts what of a part counts and what does not.
func (c *compactor) weigh(ctx context.Context, p seal.Part) (out piece, err error) {
	out.Part = p
	file := text(filepath.Join(c.from, p.File))
	if out.kept, err = c.number(ctx, "SELECT count(*) FROM read_parquet("+file+")"); err != nil || c.top <= p.Layer {
		return out, err
	}
	out.lost, err = c.number(ctx, fmt.Sprintf("SELECT count(*) FROM read_parquet(%s) t SEMI JOIN home h ON h.base = t.person_id AND h.home > %d", file, p.Layer))
	out.kept -= out.lost
	return out, err
}

// take makes one part of pieces. What is not linked has no checksum yet.
func (c *compactor) take(name string, some []piece) (seal.Part, error) {
	path := filepath.Join(c.to, name)
	p := some[0].Part
	p.File, p.Layer, p.Rows = name, c.src.Manifest.Layer, 0
	var queries []string
	for _, s := range some {
		p.Rows += s.kept
		query := "SELECT * FROM read_parquet(" + text(filepath.Join(c.from, s.File)) + ") t"
		if s.lost > 0 {
			query += fmt.Sprintf(" ANTI JOIN home h ON h.base = t.person_id AND h.home > %d", s.Layer)
		}
		queries = append(queries, query)
	}
	if len(some) == 1 && some[0].lost == 0 {
		return p, os.Link(filepath.Join(c.from, some[0].File), path)
	}
	p.Bytes, p.SHA256 = 0, ""
	c.writes = append(c.writes, write{strings.Join(queries, " UNION ALL BY NAME "), path})
	return p, nil
}

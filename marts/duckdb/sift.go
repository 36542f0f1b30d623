package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/stage/seal"
)

// sift takes the rows that fall away out of every dataset.
func (s *settler) sift(ctx context.Context) error {
	total, err := s.tallies(ctx, "SELECT dataset, '', feed, 0, 0, count(*) FILTER (part = 0), count(*) FROM here GROUP BY dataset, feed")
	if err != nil {
		return err
	}
	some, err := s.number(ctx, "SELECT (SELECT count(*) FROM barred) + (SELECT count(*) FROM fated)")
	if err != nil {
		return err
	}
	var gone []loss
	if s.lost = some > 0; s.lost {
		if gone, err = s.gone(ctx); err != nil {
			return err
		}
	}
	s.count(total, gone)
	lost := make(map[string]int64)
	for _, l := range gone {
		lost[l.file] += l.Rows
	}
	return s.settle(ctx, lost)
}

// loss is how many rows of a part of one feed come to one end.
type loss struct {
	file string
	Tally
}

// tallies asks for what rows come to.
func (s *settler) tallies(ctx context.Context, query string) (out []loss, err error) {
	err = s.each(ctx, query, func(scan func(...any) error) error {
		var l loss
		err := scan(&l.Dataset, &l.file, &l.Feed, &l.End, &l.Reason, &l.Records, &l.Rows)
		out = append(out, l)
		return err
	})
	return out, err
}

// count tallies what becomes of all rows: what is gone comes to its end, and the
// others are kept.
func (s *settler) count(total, gone []loss) {
	ends := make(map[Tally]Tally)
	add := func(t Tally, end End, sign int64) {
		of := Tally{Dataset: t.Dataset, Feed: t.Feed, End: end, Reason: t.Reason}
		if end == Kept {
			of.Reason = 0
		}
		sum := ends[of]
		ends[of] = Tally{Records: sum.Records + sign*t.Records, Rows: sum.Rows + sign*t.Rows}
	}
	for _, t := range total {
		add(t.Tally, Kept, 1)
	}
	for _, l := range gone {
		add(l.Tally, Kept, -1)
		add(l.Tally, l.End, 1)
	}
	for end, sum := range ends {
		if sum.Rows > 0 {
			end.Records, end.Rows = sum.Records, sum.Rows
			s.out.Tallies = append(s.out.Tallies, end)
		}
	}
}

// settle takes the rows that are gone out of the parts, and has what is doomed
// remembered.
func (s *settler) settle(ctx context.Context, lost map[string]int64) error {
	var stay []seal.Part
	var anew [][]seal.Part // each to be written as one
	for _, name := range s.names() {
		var less []seal.Part
		for _, p := range s.sets[name] {
			switch lost[filepath.Join(s.dir, p.File)] {
			case 0:
				stay = append(stay, p)
			case p.Rows:
				if err := os.Remove(filepath.Join(s.dir, p.File)); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			default:
				less = append(less, p)
			}
		}
		size := 1
		if s.small {
			size = max(len(less), 1)
		}
		anew = slices.AppendSeq(anew, slices.Chunk(less, size))
	}
	written := make([]seal.Part, len(anew))
	var next atomic.Int64
	err := s.together(ctx, func() error { return s.remember(ctx) }, func(e *engine) (err error) {
		for i := next.Add(1) - 1; i < int64(len(anew)); i = next.Add(1) - 1 {
			if written[i], err = s.rewrite(ctx, e, anew[i], lost); err != nil {
				return fmt.Errorf("%s: %w", anew[i][0].Dataset, err)
			}
		}
		return nil
	})
	s.out.Parts = slices.Concat(s.out.Parts, stay, written)
	return err
}

// together calls first, and work with the engine. The files of a delta are
// small: two are written at a time, and a second work, which has a connection of
// its own to the same tables, begins at once.
func (s *settler) together(ctx context.Context, first func() error, work func(*engine) error) error {
	both := func() error { return errors.Join(first(), work(s.engine)) }
	if !s.small {
		return both()
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	var other error
	var wg guard.Group
	wg.Go(func() { other = work(&engine{conn: conn}) })
	err = guard.Try(both)
	wg.Wait()
	return errors.Join(err, other, conn.Close())
}

// rewrite replaces parts of a dataset by one without the rows that are gone, in
// the same order.
func (s *settler) rewrite(ctx context.Context, e *engine, parts []seal.Part, lost map[string]int64) (seal.Part, error) {
	out := seal.Part{Dataset: parts[0].Dataset, Layer: parts[0].Layer, File: strings.TrimSuffix(parts[0].File, ".parquet") + "-settled.parquet"}
	var old []string
	for _, p := range parts {
		old, out.Rows = append(old, p.File), out.Rows+p.Rows-lost[filepath.Join(s.dir, p.File)]
	}
	path := filepath.Join(s.dir, out.File)
	err := e.copyTo(ctx, fmt.Sprintf(`SELECT t.* EXCLUDE (filename, file_row_number) FROM %s t
		ANTI JOIN (SELECT filename, file_row_number FROM gone WHERE way IS NOT NULL AND dataset = %s) g USING (filename, file_row_number)`,
		parquet(s.dir, old, ", filename = true, file_row_number = true"), text(out.Dataset)), path)
	if err != nil {
		return out, err
	}
	if out.Bytes, out.SHA256, err = durable(path); err != nil {
		return out, err
	}
	for _, file := range old {
		if err := os.Remove(filepath.Join(s.dir, file)); err != nil {
			return out, err
		}
	}
	return out, nil
}

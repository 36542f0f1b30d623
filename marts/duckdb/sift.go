package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	if some > 0 {
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

// settle takes the rows that are gone out of the parts. Those of a delta are
// small, and are written two at a time.
func (s *settler) settle(ctx context.Context, lost map[string]int64) error {
	var parts []seal.Part
	for _, name := range s.names() {
		parts = append(parts, s.sets[name]...)
	}
	var next atomic.Int64
	work := func(e *engine) error {
		for i := next.Add(1) - 1; i < int64(len(parts)); i = next.Add(1) - 1 {
			p := &parts[i]
			var err error
			if *p, err = s.rewrite(ctx, e, *p, lost[filepath.Join(s.dir, p.File)]); err != nil {
				return fmt.Errorf("%s: %w", p.Dataset, err)
			}
		}
		return nil
	}
	err := s.together(ctx, len(lost), work)
	for _, p := range parts {
		if p.File != "" {
			s.out.Parts = append(s.out.Parts, p)
		}
	}
	return err
}

// together calls work with the engine, and, if there are several files of a
// delta to be written, at the same time with one that has a connection of its
// own to the same tables.
func (s *settler) together(ctx context.Context, files int, work func(*engine) error) error {
	if !s.small || files < 2 {
		return work(s.engine)
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	var other error
	var wg guard.Group
	wg.Go(func() { other = work(&engine{conn: conn}) })
	err = guard.Try(func() error { return work(s.engine) })
	wg.Wait()
	return errors.Join(err, other, conn.Close())
}

// rewrite replaces a part by one without the rows that are gone, in the same
// order. It returns the part as it is when it loses none, and no part when it
// keeps none.
func (s *settler) rewrite(ctx context.Context, e *engine, p seal.Part, lost int64) (seal.Part, error) {
	if lost == 0 {
		return p, nil
	}
	old := filepath.Join(s.dir, p.File)
	if p.Rows == lost {
		return seal.Part{}, os.Remove(old)
	}
	p.Rows -= lost
	p.File = strings.TrimSuffix(p.File, ".parquet") + "-settled.parquet"
	path := filepath.Join(s.dir, p.File)
	err := e.copyTo(ctx, fmt.Sprintf(`SELECT t.* EXCLUDE (file_row_number) FROM read_parquet(%s, file_row_number = true) t
		ANTI JOIN (SELECT file_row_number FROM gone WHERE way IS NOT NULL AND filename = %[1]s) g USING (file_row_number)`, text(old)), path)
	if err != nil {
		return p, err
	}
	if p.Bytes, p.SHA256, err = durable(path); err != nil {
		return p, err
	}
	return p, os.Remove(old)
}

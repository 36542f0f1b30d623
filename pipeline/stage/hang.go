package stage

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"secondaryuse/pipeline/stage/seal"
)

// Hanging returns the keys of the records of a sealed run that hang on one of the
// records with the given keys: because that is its encounter, or by a link.
// Records that do not count any more are among them, and such as are not stored.
func Hanging(stage string, m seal.Manifest, on interface{ Has(uint64) bool }) ([]int64, error) {
	parts := slices.Concat(m.Parts, m.State)
	found := make([][]int64, len(parts))
	errs := make([]error, len(parts))
	inParallel(len(parts), func(i int) {
		column := "encounter_key"
		switch parts[i].Dataset {
		case "link":
			column = "to_key"
		case seal.Touched, seal.Locator, seal.Roster, seal.Doomed:
			return
		}
		err := integers(filepath.Join(seal.Dir(stage, m.Run), parts[i].File), []string{column, "record_key"}, func(g *group) error {
			keys, err := g.column(0)
			if err != nil || !slices.ContainsFunc(keys, func(key int64) bool { return on.Has(uint64(key)) }) {
				return err // in most groups there is none: what rows they are need not be read
			}
			records, err := g.column(1)
			for n := range records {
				if on.Has(uint64(keys[n])) {
					found[i] = append(found[i], records[n])
				}
			}
			return err
		})
		if err != nil {
			errs[i] = fmt.Errorf("stage: %s: %w", parts[i].Dataset, err)
		}
	})
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(found...)))), errors.Join(errs...)
}

// Doomed calls each for what a sealed run says of the records that had to go
// because of a sensitive one: the key of a record, and of that with which it
// went, unless that is gone for good.
func Doomed(stage string, m seal.Manifest, each func(record, on int64)) error {
	for _, p := range m.State {
		if p.Dataset != seal.Doomed {
			continue
		}
		err := integers(filepath.Join(seal.Dir(stage, m.Run), p.File), []string{"record_key", "on_key"}, func(g *group) error {
			var c [2][]int64
			for i := range c {
				var err error
				if c[i], err = g.column(i); err != nil {
					return err
				}
			}
			for i := range c[0] {
				each(c[0][i], c[1][i])
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("stage: %s: %w", p.Dataset, err)
		}
	}
	return nil
}

// group is columns of integers of a row group, which are read when asked for.
type group struct {
	parquet.RowGroup
	at  []int
	buf [2][]int64
}

// groups are used again and again, for their memory.
var groups = sync.Pool{New: func() any { return new(group) }}

// integers calls each with the row groups of a part, of which it can ask for the
// columns, at most two, by their places among names.
func integers(path string, names []string, each func(*group) error) error {
	f, file, err := read(path)
	if err != nil {
		return err
	}
	defer f.Close()
	g := groups.Get().(*group)
	defer func() { g.RowGroup = nil; groups.Put(g) }()
	g.at = g.at[:0]
	for _, name := range names {
		i := slices.IndexFunc(file.Schema().Columns(), func(path []string) bool { return path[0] == name })
		if i < 0 || !is(file, i, parquet.Int64) {
			return errors.New("no keys of records")
		}
		g.at = append(g.at, i)
	}
	for _, g.RowGroup = range file.RowGroups() {
		if err := each(g); err != nil {
			return err
		}
	}
	return nil
}

// column reads one of the columns.
func (g *group) column(i int) ([]int64, error) {
	g.buf[i] = g.buf[i][:0]
	err := pages(g.ColumnChunks()[g.at[i]], func(p parquet.Page) error {
		g.buf[i] = values(g.buf[i], p, (*encoding.Values).Int64)
		return nil
	})
	if err == nil && int64(len(g.buf[i])) != g.NumRows() {
		err = errors.New("a column of another length")
	}
	return g.buf[i], err
}

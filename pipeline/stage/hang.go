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

// Hung returns the persons of a sealed run of whom a record went with one of one
// of the given persons that it hung on.
func Hung(stage string, m seal.Manifest, on interface{ Has(uint64) bool }) ([]int64, error) {
	var all []int64
	for _, p := range m.State {
		if p.Dataset != seal.Doomed {
			continue
		}
		found, err := hanging(filepath.Join(seal.Dir(stage, m.Run), p.File), "on_person", on)
		if err != nil {
			return nil, fmt.Errorf("stage: %s: %w", p.Dataset, err)
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Hanging returns the persons of a sealed run of whom a record hangs on one of
// the records with the given keys: because that is its encounter, or by a link.
// Rows that do not count any more are among them.
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
		var err error
		if found[i], err = hanging(filepath.Join(seal.Dir(stage, m.Run), parts[i].File), column, on); err != nil {
			errs[i] = fmt.Errorf("stage: %s: %w", parts[i].Dataset, err)
		}
	})
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(found...)))), errors.Join(errs...)
}

// pages of keys are used again and again.
var keys = sync.Pool{New: func() any { return new([2][]int64) }}

func hanging(path, column string, on interface{ Has(uint64) bool }) (persons []int64, err error) {
	f, file, err := read(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var at [2]int
	for i, name := range []string{"person_id", column} {
		at[i] = slices.IndexFunc(file.Schema().Columns(), func(path []string) bool { return path[0] == name })
		if at[i] < 0 || !is(file, at[i], parquet.Int64) {
			return nil, errors.New("no keys of records")
		}
	}
	buf := keys.Get().(*[2][]int64)
	defer keys.Put(buf)
	for _, group := range file.RowGroups() {
		chunks := group.ColumnChunks()
		for i := range at {
			buf[i] = buf[i][:0]
			err := pages(chunks[at[i]], func(p parquet.Page) error {
				buf[i] = values(buf[i], p, (*encoding.Values).Int64)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		if len(buf[0]) != len(buf[1]) {
			return nil, errors.New("columns of different lengths")
		}
		for i, key := range buf[1] {
			if on.Has(uint64(key)) {
				persons = append(persons, buf[0][i])
			}
		}
	}
	return persons, nil
}

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
		err := integers(filepath.Join(seal.Dir(stage, m.Run), parts[i].File), [3]string{"person_id", column}, func(c [3][]int64) {
			for n, key := range c[1] {
				if on.Has(uint64(key)) {
					found[i] = append(found[i], c[0][n])
				}
			}
		})
		if err != nil {
			errs[i] = fmt.Errorf("stage: %s: %w", parts[i].Dataset, err)
		}
	})
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(found...)))), errors.Join(errs...)
}

// Doomed calls each for what a sealed run says of the records that had to go
// because of a sensitive one: the key of a record, whose it was, unless it was a
// sensitive one itself or one that such a one points to, and of whom the record
// was on which it hung, where that is somebody else.
func Doomed(stage string, m seal.Manifest, each func(record, person, on int64)) error {
	for _, p := range m.State {
		if p.Dataset != seal.Doomed {
			continue
		}
		err := integers(filepath.Join(seal.Dir(stage, m.Run), p.File), [3]string{"record_key", "person_id", "on_person"}, func(c [3][]int64) {
			for i := range c[0] {
				each(c[0][i], c[1][i], c[2][i])
			}
		})
		if err != nil {
			return fmt.Errorf("stage: %s: %w", p.Dataset, err)
		}
	}
	return nil
}

// buffers of integers are used again and again.
var buffers = sync.Pool{New: func() any { return new([3][]int64) }}

// integers calls each with columns of a part, a row group at a time. A column
// without a name is not read.
func integers(path string, names [3]string, each func([3][]int64)) error {
	f, file, err := read(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var at [3]int
	for i, name := range names {
		at[i] = slices.IndexFunc(file.Schema().Columns(), func(path []string) bool { return path[0] == name })
		if name != "" && (at[i] < 0 || !is(file, at[i], parquet.Int64)) {
			return errors.New("no keys of records")
		}
	}
	buf := buffers.Get().(*[3][]int64)
	defer buffers.Put(buf)
	for _, group := range file.RowGroups() {
		chunks := group.ColumnChunks()
		for i, name := range names {
			if buf[i] = buf[i][:0]; name == "" {
				continue
			}
			err := pages(chunks[at[i]], func(p parquet.Page) error {
				buf[i] = values(buf[i], p, (*encoding.Values).Int64)
				return nil
			})
			if err != nil {
				return err
			}
			if len(buf[i]) != len(buf[0]) {
				return errors.New("columns of different lengths")
			}
		}
		each(*buf)
	}
	return nil
}

package stage

import (
	"errors"
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage/seal"
)

// keysHeld is how many record keys Repeats holds in memory at a time: 64 MB.
const keysHeld = 8 << 20

// Repeats returns, in order, the keys of the records that stand in the parts of
// a run more than once, in whatever datasets; and 0, which is nobody's key, if
// it stands there. It reads two columns, once for every 8 million records; what
// it holds does not grow with the run.
func Repeats(dir string, parts []seal.Part) ([]int64, error) {
	return repeats(dir, parts, keysHeld)
}

func repeats(dir string, parts []seal.Part, held int64) ([]int64, error) {
	var files []seal.Part
	var rows int64
	for _, p := range parts {
		if !helps(p.Dataset) {
			files = append(files, p)
			rows += p.Rows
		}
	}
	var out []int64
	passes := uint64(rows/held + 1)
	for n := range passes {
		s := pass{number: n, of: passes}
		if err := s.gather(dir, files); err != nil {
			return nil, err
		}
		out = append(out, s.repeated()...)
	}
	slices.Sort(out)
	return out, nil
}

// helps reports whether a dataset has no records of its own, but says
// something of others.
func helps(dataset string) bool {
	return dataset == record.DatasetOf[row.Link]().String() || dataset == record.DatasetOf[row.Tombstone]().String() ||
		dataset == record.DatasetOf[row.Exclusion]().String() || dataset == seal.Touched || dataset == seal.Doomed
}

// shares is how many shares the keys of a part are dealt out to, by their first
// bits, so that each fits into a processor's cache.
const shares = 256

// pass reads one of several parts of all keys.
type pass struct {
	number, of uint64
	keys       [][shares][]int64 // by part
}

// gather reads the keys of all parts, on every core.
func (s *pass) gather(dir string, parts []seal.Part) error {
	s.keys = make([][shares][]int64, len(parts))
	errs := make([]error, len(parts))
	inParallel(len(parts), func(i int) {
		for j := range s.keys[i] {
			s.keys[i][j] = make([]int64, 0, parts[i].Rows/int64(s.of)*9/8/shares+16)
		}
		if err := s.part(i, filepath.Join(dir, parts[i].File)); err != nil {
			errs[i] = fmt.Errorf("%s: %w", parts[i].Dataset, err)
		}
	})
	return errors.Join(errs...)
}

func (s *pass) part(number int, path string) error {
	f, file, err := read(path)
	if err != nil {
		return err
	}
	defer f.Close()
	columns := file.Schema().Columns()
	at := func(name string) int {
		return slices.IndexFunc(columns, func(path []string) bool { return path[0] == name })
	}
	key, ordinal := at("record_key"), at("part")
	if key < 0 || ordinal < 0 || !is(file, key, parquet.Int64) || !is(file, ordinal, parquet.Int32) {
		return errors.New("no keys of records")
	}
	var keys []int64
	var ordinals []int32
	for _, group := range file.RowGroups() {
		chunks := group.ColumnChunks()
		keys, ordinals = keys[:0], ordinals[:0]
		err := errors.Join(
			pages(chunks[key], func(p parquet.Page) error { keys = values(keys, p, (*encoding.Values).Int64); return nil }),
			pages(chunks[ordinal], func(p parquet.Page) error { ordinals = values(ordinals, p, (*encoding.Values).Int32); return nil }))
		if err == nil && len(keys) != len(ordinals) {
			err = errors.New("columns of different lengths")
		}
		if err != nil {
			return err
		}
		s.deal(number, keys, ordinals)
	}
	return nil
}

// is reports whether a column holds values of a kind.
func is(file *parquet.File, column int, kind parquet.Kind) bool {
	return file.Schema().Fields()[column].Leaf() && file.Schema().Fields()[column].Type().Kind() == kind
}

// values appends the values of a page. Parts that were settled are written by
// an engine that makes a dictionary where it sees fit: the page then holds
// places in it.
func values[T any](out []T, p parquet.Page, of func(*encoding.Values) []T) []T {
	data := p.Data()
	d := p.Dictionary()
	if d == nil {
		return append(out, of(&data)...)
	}
	held := d.Page().Data()
	words := of(&held)
	for _, place := range data.Int32() {
		out = append(out, words[place])
	}
	return out
}

// deal deals out the keys of the first rows of records.
func (s *pass) deal(part int, keys []int64, ordinals []int32) {
	to := &s.keys[part]
	for i, k := range keys {
		if ordinals[i] == 0 && uint64(k)%s.of == s.number {
			share := uint64(k) >> 56
			to[share] = append(to[share], k)
		}
	}
}

// repeated returns the keys that stand more than once.
func (s *pass) repeated() (out []int64) {
	var mu sync.Mutex
	inParallel(shares, func(i int) {
		var lists [][]int64
		for part := range s.keys {
			lists = append(lists, s.keys[part][i])
		}
		if again := repeated(lists); len(again) > 0 {
			mu.Lock()
			defer mu.Unlock()
			out = append(out, again...)
		}
	})
	return out
}

// repeated returns the keys that stand more than once in the lists, each once.
// They are hashes already, so a table of them needs no other hash.
func repeated(lists [][]int64) (out []int64) {
	n := 0
	for _, keys := range lists {
		n += len(keys)
	}
	table := make([]int64, 1<<bits.Len(uint(2*n)))
	last := len(table) - 1
	for _, keys := range lists {
		for _, k := range keys {
			at := int(k) & last
			for table[at] != 0 && table[at] != k {
				at = (at + 1) & last
			}
			if table[at] == k { // 0, which marks a free place, is told in any case
				out = append(out, k)
			}
			table[at] = k
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

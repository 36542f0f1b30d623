package stage

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"secondaryuse/pipeline/stage/seal"
)

// Holding is what a sealed run holds of people. Homes has, for everybody who was
// touched, the highest layer in which they were: their rows in lower ones do not
// count.
type Holding struct {
	Homes map[int64]int64
	stage string
	of    seal.Manifest
}

// Held looks at a sealed run: whose rows in lower layers have given way is told by
// the parts Touched.
func Held(stage string, m seal.Manifest) (Holding, error) {
	h := Holding{make(map[int64]int64), stage, m}
	for _, p := range m.Parts {
		if p.Dataset != seal.Touched {
			continue
		}
		if err := persons(stage, m, p, func(id int64, _ int32) { h.Homes[id] = max(h.Homes[id], p.Layer) }); err != nil {
			return h, err
		}
	}
	return h, nil
}

// Rows returns how many rows that count each person has in a dataset. Where among
// is not nil, nobody else is looked at.
func (h Holding) Rows(dataset string, among map[int64]bool) (map[int64]int32, error) {
	low, sieve := lowest(h.Homes, among), newSieve(among)
	parts := slices.DeleteFunc(slices.Clone(h.of.Parts), func(p seal.Part) bool { return p.Dataset != dataset || p.Layer < low })
	held := make(map[int64]int32)
	errs := make([]error, len(parts))
	var mu sync.Mutex
	inParallel(len(parts), func(i int) {
		mine := make(map[int64]int32)
		errs[i] = persons(h.stage, h.of, parts[i], func(id int64, rows int32) {
			if (among == nil || sieve.passes(id) && among[id]) && (len(h.Homes) == 0 || h.Homes[id] <= parts[i].Layer) {
				mine[id] += rows
			}
		})
		mu.Lock()
		defer mu.Unlock()
		for id, rows := range mine {
			held[id] += rows
		}
	})
	delete(held, 0) // nobody's
	return held, errors.Join(errs...)
}

// sieve holds back most who are not among some few: a bit for the lowest 16 of an
// id, which is as good as drawn at random.
type sieve [1 << 10]uint64

func newSieve(among map[int64]bool) *sieve {
	s := new(sieve)
	for id := range among {
		s[id>>6&(1<<10-1)] |= 1 << (id & 63)
	}
	return s
}

func (s *sieve) passes(id int64) bool { return s[id>>6&(1<<10-1)]>>(id&63)&1 != 0 }

// lowest is below which layer nobody among some has rows that count.
func lowest(homes map[int64]int64, among map[int64]bool) int64 {
	low := int64(math.MaxInt64)
	for id := range among {
		low = min(low, homes[id])
	}
	if len(among) == 0 {
		return 0
	}
	return low
}

// persons calls each with the person_id of every row of a part, and of how many
// rows in a row it is.
func persons(stage string, m seal.Manifest, p seal.Part, each func(id int64, rows int32)) error {
	err := integers(filepath.Join(seal.Dir(stage, m.Run), p.File), []string{"person_id"}, func(g *group) error {
		ids, err := g.column(0)
		for from, to := 0, 0; from < len(ids); from = to {
			for to = from + 1; to < len(ids) && ids[to] == ids[from]; to++ {
			}
			each(ids[from], int32(to-from))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("stage: %s: %w", p.Dataset, err)
	}
	return nil
}

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

// Held returns how many rows that count each person has in a dataset of a sealed
// run: whose rows in lower layers have given way is told by the parts Touched.
// Where among is not nil, nobody else is looked at.
func Held(stage string, m seal.Manifest, dataset string, among map[int64]bool) (map[int64]int32, error) {
	homes, err := Homes(stage, m)
	if err != nil {
		return nil, err
	}
	low := lowest(homes, among)
	parts := slices.DeleteFunc(slices.Clone(m.Parts), func(p seal.Part) bool { return p.Dataset != dataset || p.Layer < low })
	held := make(map[int64]int32)
	errs := make([]error, len(parts))
	var mu sync.Mutex
	inParallel(len(parts), func(i int) {
		mine := make(map[int64]int32)
		errs[i] = persons(stage, m, parts[i], func(id int64, rows int32) {
			if (among == nil || among[id]) && (len(homes) == 0 || homes[id] <= parts[i].Layer) {
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

// Homes returns, for everybody who was touched, the highest layer in which they
// were: their rows in lower ones do not count.
func Homes(stage string, m seal.Manifest) (map[int64]int64, error) {
	homes := make(map[int64]int64)
	for _, p := range m.Parts {
		if p.Dataset != seal.Touched {
			continue
		}
		if err := persons(stage, m, p, func(id int64, _ int32) { homes[id] = max(homes[id], p.Layer) }); err != nil {
			return nil, err
		}
	}
	return homes, nil
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

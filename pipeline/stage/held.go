package stage

import (
	"errors"
	"fmt"
	"path/filepath"

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
	held := make(map[int64]int32)
	for _, p := range m.Parts {
		if p.Dataset != dataset {
			continue
		}
		err := persons(stage, m, p, func(id int64) {
			if (among == nil || among[id]) && homes[id] <= p.Layer {
				held[id]++
			}
		})
		if err != nil {
			return nil, err
		}
	}
	delete(held, 0) // nobody's
	return held, nil
}

// Homes returns, for everybody who was touched, the highest layer in which they
// were: their rows in lower ones do not count.
func Homes(stage string, m seal.Manifest) (map[int64]int64, error) {
	homes := make(map[int64]int64)
	for _, p := range m.Parts {
		if p.Dataset != seal.Touched {
			continue
		}
		if err := persons(stage, m, p, func(id int64) { homes[id] = max(homes[id], p.Layer) }); err != nil {
			return nil, err
		}
	}
	return homes, nil
}

// persons calls each with the person_id of every row of a part.
func persons(stage string, m seal.Manifest, p seal.Part, each func(id int64)) error {
	err := integers(filepath.Join(seal.Dir(stage, m.Run), p.File), []string{"person_id"}, func(g *group) error {
		ids, err := g.column(0)
		for _, id := range ids {
			each(id)
		}
		return err
	})
	if err != nil {
		return errors.Join(fmt.Errorf("stage: %s: %w", p.Dataset, err))
	}
	return nil
}

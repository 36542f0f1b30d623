package marts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/bridge"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// BridgeProject pairs the ids, under two keys of a project, of everybody in the
// current snapshot of a marts folder, whose own ids those are made of.
func BridgeProject(ctx context.Context, dir, stage string, old, key domain.Key) ([]bridge.Pair, error) {
	folder, _, err := snapshot.Current(dir)
	if err != nil {
		return nil, err
	}
	lim := duckdb.Limits{Temp: seal.Spill(stage)}
	defer os.RemoveAll(lim.Temp)
	listed, err := duckdb.Listed(ctx, folder, lim)
	if err != nil {
		return nil, fmt.Errorf("marts: %w", err)
	}
	return pair(listed, func(int64) bool { return true }, old, key)
}

// Bridge pairs the ids, under two keys, of everybody in the current snapshot of a
// marts folder, which must have been made with the first of them, of this run of
// the stage. Who is staged and not published is not in it.
func Bridge(ctx context.Context, dir, stage string, m seal.Manifest, old, key domain.Key) ([]bridge.Pair, error) {
	folder, was, err := snapshot.Current(dir)
	if err != nil {
		return nil, err
	}
	if was.Domain != old.Fingerprint() {
		return nil, errors.New("what is published was made with another key than this; next: publish, and then replace it")
	}
	lim := duckdb.Limits{Temp: seal.Spill(stage)}
	defer os.RemoveAll(lim.Temp)
	listed, err := duckdb.Listed(ctx, folder, lim)
	if err != nil {
		return nil, fmt.Errorf("marts: %w", err)
	}
	base, err := duckdb.Persons(ctx, duckdb.Source{Stage: stage, Manifest: m}, lim)
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	slices.Sort(listed)
	return pair(base, func(id int64) bool {
		_, published := slices.BinarySearch(listed, id)
		return published
	}, old, key)
}

// pair pairs the ids of persons whose first id is wanted.
func pair(base []int64, wanted func(id int64) bool, old, key domain.Key) (out []bridge.Pair, err error) {
	was, err1 := old.Map(base)
	is, err2 := key.Map(base)
	for i := range min(len(was), len(is)) {
		if wanted(was[i]) {
			out = append(out, bridge.Pair{Old: was[i], New: is[i]})
		}
	}
	return out, errors.Join(err1, err2)
}

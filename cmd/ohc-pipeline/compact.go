package main

import (
	"context"
	"errors"

	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// compacted makes one layer of all layers of the stage, under the name of
// another run. Where there is but one, everything that is there counts already.
func compacted(ctx context.Context, dir, id string) error {
	live, err := seal.Current(dir)
	if errors.Is(err, seal.ErrNone) || err == nil && live.Layer == live.Since {
		return nil
	}
	if err != nil {
		return err
	}
	if err := seal.Make(dir, id); err != nil {
		return err
	}
	m, err := duckdb.Compact(ctx, dir, live, id, duckdb.Limits{})
	if err != nil {
		return err
	}
	if _, err := stage.Seal(dir, m); err != nil {
		return err
	}
	if err := seal.SetCurrent(dir, id); err != nil {
		return err
	}
	return seal.Sweep(dir, id)
}

package main

import (
	"context"
	"path/filepath"

	"secondaryuse/deid/gate"
	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// settler has the embedded engine settle a run, and keep what a later delta
// needs where keep is set.
type settler struct{ keep bool }

func (k settler) Settle(ctx context.Context, dir string, parts []seal.Part) ([]seal.Part, []pipeline.Settled, error) {
	repeats, err := stage.Repeats(dir, parts)
	if err != nil {
		return nil, nil, err
	}
	s, err := duckdb.Settle(ctx, dir, parts, repeats, k.keep, duckdb.Limits{Temp: filepath.Join(dir, "spill")})
	if err != nil {
		return nil, nil, err
	}
	out := make([]pipeline.Settled, 0, len(s.Tallies))
	for _, t := range s.Tallies {
		end := pipeline.Settled{Dataset: t.Dataset, Feed: t.Feed, Records: t.Records}
		switch t.End {
		case duckdb.Kept:
			end.Outcome = "kept"
		case duckdb.Superseded:
			end.Outcome = "superseded"
		case duckdb.Deleted:
			end.Outcome = "deleted"
		case duckdb.Linked:
			end.Outcome, end.Reason = "excluded", gate.SensitiveLink
		case duckdb.Barred:
			end.Outcome, end.Reason = "excluded", gate.Reason(t.Reason)
		}
		out = append(out, end)
	}
	return s.Parts, out, nil
}

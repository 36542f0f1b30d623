package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"secondaryuse/marts/duckdb"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
)

func compactCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "compact", Short: "Take off the disk what may not be used any more", Args: cobra.NoArgs,
		Long: `Write the files of the stage anew without the rows that do not count any more:
those of whoever was taken out since, and older versions of others'. What is long
over goes out of the ledger. The job compact does it by the clock; this does it now.

Nothing is read from feeds, and nothing is published. Silent on success.`,
		Example: "  ohc-pipeline compact --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		way, _ := wayOf(schedules.Job{}, schedules.Step{Word: "compact"})
		_, _, err = begin(cmd.Context(), conf, way)
		return err
	}
	return leaving(c, path)
}

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

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/identity"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
)

func publishCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "publish", Short: "Apply new opt-outs and objections, and publish again", Args: cobra.NoArgs,
		Long: `Apply the opt-out and objection lists as they are now to what is already staged,
and publish. No feed is read. Whoever is not on the allow list any more, or has
objected, is gone from every mart and from the stage's files.

Somebody who may be used again comes back with the next run, which reads the feeds.`,
		Example: "  ohc-pipeline publish --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		result, took, err := begin(cmd.Context(), conf, again)
		if err == nil && terminal(os.Stdout) {
			fmt.Fprintln(cmd.OutOrStdout(), sentence(result, took))
		}
		return err
	}
	return c
}

// again opens what a publication needs, and goes.
func again(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
	if _, err := seal.Current(stageOf(c)); err != nil {
		return pipeline.Result{}, fmt.Errorf("%w; start with ohc-pipeline run", err)
	}
	r, o, err := assemble(c, asOf, now)
	if err != nil {
		return pipeline.Result{}, err
	}
	r.ID, r.Ledger, r.Feeds = id, l, nil // no feed is read
	result, err := r.Again(ctx, known(o), o.optout != nil)
	if errors.Is(err, seal.ErrDamaged) {
		err = fmt.Errorf("%w; next: start ohc-pipeline run, which reads the feeds again", err)
	}
	return result, err
}

// known is every number that the lists of the person gates name.
func known(o opened) []identity.Number {
	var out []identity.Number
	if o.optout != nil {
		out = slices.AppendSeq(out, o.optout.Numbers())
	}
	if g, ok := o.gates.Watch.(*objection.Gate); ok {
		out = slices.AppendSeq(out, g.Numbers())
	}
	return out
}

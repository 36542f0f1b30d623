package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "run", Short: "Extract, gate, pseudonymise, build and publish", Args: cobra.NoArgs,
		Long: `Take every record of every configured feed the whole way: past the gates,
across to pseudonyms, into the stage and the marts, and publish a snapshot.

Nothing is published unless every gate opened, every record is accounted for and
every mart holds its checks; what was published before stays served until then.
Silent on success unless it runs on a terminal or --summary is given.`,
		Example: "  ohc-pipeline run --config config.yaml\n  ohc-pipeline run --summary >> /var/log/ohc.log",
	}
	path := configFlag(c)
	summary := c.Flags().Bool("summary", false, "print one line at the end, terminal or not")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		result, took, err := begin(cmd.Context(), conf, extract)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if terminal(os.Stdout) {
			fmt.Fprintln(out)
			if err := reconcile(out, result.Account.Tallies()); err != nil {
				return err
			}
		}
		if terminal(os.Stdout) || *summary {
			fmt.Fprintln(out, sentence(result, took))
		}
		return nil
	}
	return c
}

// sentence is the line an operator reads in the morning.
func sentence(r pipeline.Result, took time.Duration) string {
	sums := make(map[string]int64)
	for _, t := range r.Account.Tallies() {
		sums[t.Outcome] += t.Records
		sums["read"] += t.Records
	}
	return fmt.Sprintf("published %s: %d persons, %d records read, %d kept, %d excluded, %d rejected; %.1f s",
		r.Snapshot, r.Persons, sums["read"], sums["kept"], sums["excluded"], sums["rejected"], took.Seconds())
}

// attempt is a way to run.
type attempt func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error)

// begin does one run under the lock, and has the ledger know of it.
func begin(ctx context.Context, c config.Config, try attempt) (pipeline.Result, time.Duration, error) {
	unlock, err := lock(c)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	defer unlock()
	began := time.Now().UTC()
	asOf, err := day(c, began)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	l, err := openLedger(c)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	defer l.Close()
	entry := ledger.Run{ID: seal.Name(began), Started: began, AsOf: asOf.Format(time.DateOnly), Purpose: c.Purpose}
	err = errors.Join(l.Recover(ctx, served(c).Run, served(c).ID), l.Begin(ctx, entry))
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	var result pipeline.Result
	if err = sweep(c); err == nil {
		result, err = try(ctx, c, l, entry.ID, asOf, began)
	}
	entry.Snapshot = result.Snapshot
	entry, err = ended(ctx, c, entry, err)
	// The context may be what ended the run; that it ended is noted all the same.
	return result, time.Since(began), errors.Join(err, l.Finish(context.WithoutCancel(ctx), entry))
}

// served is what the current snapshot says of itself: nothing where there is
// none that can be read.
func served(c config.Config) snapshot.Manifest {
	_, m, _ := snapshot.Current(c.Marts)
	return m
}

// ended says how a run ended: by what is published, whatever went wrong.
func ended(ctx context.Context, c config.Config, r ledger.Run, err error) (ledger.Run, error) {
	r.Finished, r.Status = time.Now(), ledger.Published
	if m := served(c); m.Run == r.ID {
		r.Snapshot = m.ID
		if err != nil {
			r.Failure = "after it had published: " + err.Error()
			err = coded{exitFailed, fmt.Errorf("published %s, and then: %w", r.Snapshot, err)}
		}
		return r, err
	}
	if err != nil {
		r.Snapshot, r.Status, r.Failure = "", status(ctx, err), err.Error()
	}
	if r.Status == ledger.Interrupted {
		err = coded{exitInterrupted, errors.New("interrupted; nothing was published; run it again")}
	}
	return r, err
}

// sweep takes away what runs that died have left. What is not ours stays.
func sweep(c config.Config) error {
	err := errors.Join(pipeline.Sweep(stageOf(c)), snapshot.Sweep(c.Marts))
	if errors.Is(err, seal.ErrDamaged) {
		err = fmt.Errorf("%w; next: move %s away and start ohc-pipeline run, which reads the feeds again", err, stageOf(c))
	}
	return err
}

func status(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return ledger.Interrupted
	case errors.Is(err, gate.ErrRefused):
		return ledger.Refused
	}
	return ledger.Failed
}

// extract opens everything a run of all feeds needs, and goes.
func extract(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
	r, _, err := assemble(c, asOf, now)
	if err != nil {
		return pipeline.Result{}, err
	}
	r.ID, r.Ledger = id, l
	if terminal(os.Stderr) {
		b := &bar{out: os.Stderr}
		defer b.End()
		r.Progress = b
	}
	return r.Go(ctx)
}

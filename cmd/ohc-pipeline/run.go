package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
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
	unlock, err := lock(c.Work)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	defer unlock()
	l, err := openLedger(c)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	defer l.Close()
	began := time.Now().UTC()
	asOf := c.AsOf.Time
	if asOf.IsZero() {
		asOf = began.Truncate(24 * time.Hour)
	}
	entry := ledger.Run{ID: began.Format("20060102T150405.000Z"), Started: began, AsOf: asOf.Format(time.DateOnly), Purpose: c.Purpose}
	if err := l.Begin(ctx, entry); err != nil {
		return pipeline.Result{}, 0, err
	}
	result, err := try(ctx, c, l, entry.ID, asOf, began)
	entry.Finished, entry.Snapshot, entry.Status = time.Now(), result.Snapshot, "published"
	if err != nil {
		entry.Status, entry.Failure = status(ctx, err), err.Error()
	}
	// The context may be what ended the run; that it ended is noted all the same.
	return result, time.Since(began), errors.Join(err, l.Finish(context.WithoutCancel(ctx), entry))
}

func status(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case errors.Is(err, gate.ErrRefused):
		return "refused"
	}
	return "failed"
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

// lock makes this the only run of a work folder.
func lock(work string) (unlock func(), err error) {
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(work, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, coded{exitBusy, errors.New("another run is going on in this work folder; wait for it, or see ohc-pipeline runs")}
	}
	return func() { f.Close() }, nil
}

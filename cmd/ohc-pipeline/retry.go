package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules/clock"
)

func retryCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "retry RUN|JOB", Short: "Do once more what has failed", Args: cobra.ExactArgs(1),
		Long: `Do once more what has failed: the turn of a job that a run was part of, of which
only what is missing is done; the newest turn of a job that has failed or was
given up; or, for a run that was called by hand, what was called. It is done now,
by this call. What has ended well is not done again, and that is said.`,
		Example: "  ohc-pipeline retry nightly\n  ohc-pipeline retry 20261101T020000.000Z",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		return retry(cmd.Context(), cmd.OutOrStdout(), conf, args[0])
	}
	acceptFlag(c)
	return leaving(c, path)
}

func retry(ctx context.Context, out io.Writer, c config.Config, of string) error {
	set, err := jobs(c)
	if err != nil {
		return err
	}
	l, err := pastLedger(c)
	if err != nil {
		return err
	}
	job, at, by, err := failing(ctx, l, of)
	if err = errors.Join(err, l.Close()); err != nil {
		return err
	}
	switch {
	case job != "":
		return withHands(c, set, func(h *clock.Hands, _ *ledger.Ledger) error { return settled(out, h.Retry(ctx, job, at)) })
	case by == nil:
		fmt.Fprintf(out, "nothing to do: %s has ended well\n", of)
		return nil
	}
	_, _, err = begin(ctx, c, *by)
	return err
}

// failing finds what is to be done again: the turn of a job, or a way to run;
// neither where it has ended well.
func failing(ctx context.Context, l *ledger.Ledger, of string) (job string, at time.Time, by *attempt, err error) {
	runs, err := l.Runs(ctx, 10_000)
	if err != nil {
		return "", at, nil, err
	}
	if i := slices.IndexFunc(runs, func(r ledger.Run) bool { return r.ID == of }); i >= 0 {
		r := runs[i]
		for _, way := range []attempt{everything(r.Step == reloads), again, exchanged} {
			if way.command == r.Command && r.Status != way.well {
				by = &way
			}
		}
		return r.Job, r.Due, by, nil
	}
	turns, err := l.Turns(ctx, of, 10_000)
	if err != nil {
		return "", at, nil, err
	}
	for _, t := range turns {
		if t.Status == ledger.Failed || t.Status == clock.Missed {
			return of, t.At, nil, nil
		}
	}
	if len(turns) > 0 {
		return of, turns[0].At, nil, nil // it says how that stands
	}
	return "", at, nil, coded{exitUsage, errors.New("no such run, and no job that has run; ohc-pipeline runs lists them; see ohc-pipeline retry --help")}
}

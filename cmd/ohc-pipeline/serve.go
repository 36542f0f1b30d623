package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/audit"
	"secondaryuse/schedules"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "Run every job of the schedules at its time", Args: cobra.NoArgs,
		Long: `Run every job of the schedules at its time, one at a time, until it is told to
end. Each logical time is run once, whatever happens to this machine: what was
missed while it was off is caught up, what was cut off goes on where it stopped,
what has failed is tried again, all as each job's file says.

Of several that serve one work folder one does; the others wait, and take over
when nothing is heard of it for the time of --lease. SIGTERM or SIGINT lets the
step that is going on finish for the time of --grace, parks it then, and ends
with 0; the next serve goes on where it stopped. The configuration and the
schedules are read when it starts.

It tells systemd when it is ready, what it does and that it lives ($NOTIFY_SOCKET,
$WATCHDOG_USEC), and writes a log to standard error: JSON, or text on a terminal.
After a failure it runs what on_failure in the configuration names. With --metrics
it answers Prometheus at that address, under /metrics: 127.0.0.1:9464 for this
machine alone. Metrics hold no identifier and no small count.`,
		Example: "  ohc-pipeline serve --config config.yaml\n  ohc-pipeline status",
	}
	path := configFlag(c)
	lease := c.Flags().Duration("lease", time.Minute, "how long a process of which nothing is heard is thought to live, from 1s to 5m")
	grace := c.Flags().Duration("grace", 30*time.Second, "how long a step may go on when it is told to end, up to 1h")
	metrics := c.Flags().String("metrics", "", "answer Prometheus at this `address:port`; nowhere when absent")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *lease < time.Second || *lease > 5*time.Minute || *grace < 0 || *grace > time.Hour {
			return coded{exitUsage, errors.New("--lease: from 1s to 5m, --grace: up to 1h; see ohc-pipeline serve --help")}
		}
		return serve(cmd.Context(), *path, *metrics, *lease, *grace)
	}
	return c
}

func serve(ctx context.Context, path, metrics string, lease, grace time.Duration) error {
	c, err := load(path)
	if err != nil {
		return err
	}
	set, err := jobs(c)
	if err != nil {
		return err
	}
	l, err := openLedger(c)
	if err != nil {
		return err
	}
	defer l.Close()
	log := logger(os.Stderr, slog.LevelInfo)
	w := newWatcher(c, log)
	if w.systemd, err = dialSystemd(); err != nil {
		return err
	}
	defer w.end()
	h := newHands(c, set, l, log, w)
	h.Lease, h.Grace = w.systemd.within(lease), grace
	h.Log = log.With("holder", h.Holder)
	g := gaugeOf{c: c, set: set, l: l, seen: newWalked(), now: time.Now}
	if metrics != "" {
		end, err := scraped(ctx, metrics, g, h.Log)
		if err != nil {
			return err
		}
		defer end()
	}
	perform := h.Perform
	h.Perform = func(ctx context.Context, j schedules.Job, at time.Time, s schedules.Step) error {
		err := perform(context.WithValue(ctx, unwatched{}, true), j, at, s) // the log says what goes on
		if metrics != "" {
			g.look(ctx)
		}
		return err
	}
	if _, err := attest(ctx, c, l, audit.Event{What: "began", Command: "serve"}); err != nil {
		return err
	}
	h.Log.Info("starts", "jobs", len(set.Jobs()))
	defer context.AfterFunc(ctx, w.systemd.stopping)()
	err = h.Serve(ctx)
	h.Log.Info("ends")
	_, failed := attest(context.WithoutCancel(ctx), c, l, audit.Event{What: "ended", Command: "serve", Outcome: outcome(err)})
	return errors.Join(err, failed)
}

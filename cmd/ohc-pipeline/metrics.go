package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/metric"
)

// leaving has a command leave metrics in a file, however it ends, unless it was
// called wrongly. That it cannot is said, and is no failure of the command.
func leaving(c *cobra.Command, path *string) *cobra.Command {
	file := c.Flags().String("metrics-file", "", "leave metrics for node_exporter in the `file` NAME.prom; metrics_file in the configuration when absent")
	run := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *file != "" {
			if err := metric.CheckFile(*file); err != nil {
				return coded{exitUsage, fmt.Errorf("--metrics-file: %w; see %s --help", err, cmd.CommandPath())}
			}
		}
		err := run(cmd, args)
		conf, wrong := load(*path)
		if wrong != nil || err != nil && code(err) == exitUsage {
			return err
		}
		ctx, end := context.WithTimeout(context.WithoutCancel(cmd.Context()), leaveTime)
		defer end()
		if failed := leaveMetrics(ctx, conf, *file); failed != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "ohc-pipeline: the metrics could not be left:", failed)
		}
		return err
	}
	return c
}

// leaveTime is how long it may take to leave metrics.
const leaveTime = time.Minute

// scraped answers scrapes until end is called. The folders are looked at once
// meanwhile.
func scraped(ctx context.Context, address string, g gaugeOf, log *slog.Logger) (end func(), err error) {
	l, err := metric.Listen(address)
	if errors.Is(err, metric.ErrAddress) {
		return nil, coded{exitUsage, fmt.Errorf("--metrics: %w; see ohc-pipeline serve --help", err)}
	}
	if err != nil {
		return nil, err
	}
	log.Info("metrics", "address", l.Addr().String())
	if !metric.Loopback(l) {
		log.Warn("metrics can be read from other machines, by whoever reaches this address")
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // what is parked is watched as well
	var going guard.Group
	going.Go(func() {
		if err := metric.Serve(ctx, l, g.measure); err != nil {
			log.Error("metrics", "reason", err.Error())
		}
	})
	going.Go(func() { g.look(ctx) })
	return func() { stop(); going.Wait() }, nil
}

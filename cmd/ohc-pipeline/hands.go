package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
)

// logger writes text on a terminal, else JSON, a line each.
func logger(out *os.File, least slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: least}
	if terminal(out) {
		return slog.New(slog.NewTextHandler(out, opts))
	}
	return slog.New(slog.NewJSONHandler(out, opts))
}

// newHands are the hands that move the jobs of an installation.
func newHands(c config.Config, set schedules.Set, l clock.Ledger, log *slog.Logger, w clock.Watcher) *clock.Hands {
	return &clock.Hands{
		Set: set, Ledger: l, Perform: performer(c), Watcher: w, Log: log, Holder: holder(),
		Now: time.Now, Sleep: sleep,
	}
}

// holder names this process among all that there were.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s/%d/%.6s", host, os.Getpid(), rand.Text())
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
)

// logger writes text on a terminal, else JSON, a line each. Every line says of
// which run it is; run is empty in one that is of none.
func logger(out *os.File, least slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: least}
	if terminal(out) {
		return slog.New(ofRun{slog.NewTextHandler(out, opts), false})
	}
	return slog.New(ofRun{slog.NewJSONHandler(out, opts), false})
}

// ofRun is a log in which every line has a run.
type ofRun struct {
	slog.Handler
	has bool
}

// WithAttrs adds attributes to every line.
func (h ofRun) WithAttrs(attrs []slog.Attr) slog.Handler {
	return ofRun{h.Handler.WithAttrs(attrs), h.has || slices.ContainsFunc(attrs, isRun)}
}

// Handle writes a line.
func (h ofRun) Handle(ctx context.Context, r slog.Record) error {
	has := h.has
	r.Attrs(func(a slog.Attr) bool { has = has || isRun(a); return !has })
	if !has {
		r = r.Clone()
		r.AddAttrs(slog.String("run", ""))
	}
	return h.Handler.Handle(ctx, r)
}

func isRun(a slog.Attr) bool { return a.Key == "run" }

// newHands are the hands that move the jobs of an installation.
func newHands(c config.Config, set schedules.Set, l clock.Ledger, log *slog.Logger, w clock.Watcher) *clock.Hands {
	h := &clock.Hands{Set: set, Ledger: l, Watcher: w, Log: log, Holder: holder(), Now: time.Now, Sleep: sleep}
	perform := performer(c)
	h.Perform = func(ctx context.Context, j schedules.Job, at time.Time, s schedules.Step) error {
		log := h.Log.With("job", j.Name, "due", at.UTC().Format(time.RFC3339), "step", s.String())
		return perform(logged(ctx, log), j, at, s)
	}
	return h
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

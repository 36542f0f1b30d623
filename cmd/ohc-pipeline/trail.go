package main

import (
	"context"
	"log/slog"
	"math"
	"os"
	"sync"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/ledger"
)

// trail takes down the steps of a run as it comes to them, in the ledger and the
// log. What cannot be written is missing in ohc-pipeline show, and nowhere else.
// It may be used from several goroutines.
type trail struct {
	pipeline.Progress
	ctx    context.Context
	ledger *ledger.Ledger
	run    string
	now    func() time.Time

	mu    sync.Mutex
	step  string
	bytes int64 // of the step, so far
	total int64 // that it will come to, as far as that is known
	began time.Time
	told  time.Time // when the log was last told of it
}

// follow takes down the steps of a run, and shows its progress on a terminal,
// until end is called.
func follow(ctx context.Context, l *ledger.Ledger, run string) (t *trail, end func()) {
	t = &trail{Progress: quiet{}, ctx: ctx, ledger: l, run: run, now: func() time.Time { return nowIn(ctx) }}
	if !terminal(os.Stderr) || ctx.Value(unwatched{}) != nil {
		return t, t.end
	}
	b := &bar{out: os.Stderr, now: time.Now}
	t.Progress = b
	return t, func() { t.end(); b.End() }
}

// often is how often the log is told of a step that goes on.
const often = 30 * time.Second

// Step begins a step, and ends the one before.
func (t *trail) Step(name string, bytes int64) {
	t.end()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step, t.bytes, t.total, t.began = name, 0, bytes, t.now()
	t.told = t.began
	t.ledger.BeginStep(t.ctx, t.run, name, t.began)
	t.Progress.Step(name, bytes)
}

// more says that the step comes to a part of it that will bring so many bytes,
// or 0 where that is not known.
func (t *trail) more(part string, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total += bytes
	if p, ok := t.Progress.(interface{ More(string, int64) }); ok {
		p.More(part, bytes)
	}
}

// Add counts bytes that were read or fetched.
func (t *trail) Add(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += bytes
	t.Progress.Add(bytes)
	if now := t.now(); now.Sub(t.told) >= often {
		t.told = now
		t.ledger.Weigh(t.ctx, t.run, t.bytes)
		t.log("part goes on", now)
	}
}

// Note is what a system says of its progress. It is shown and not logged: its
// words are not ours, and may count.
func (t *trail) Note(text string) {
	if p, ok := t.Progress.(interface{ Note(string) }); ok {
		p.Note(text)
	}
}

// end ends the last step, but for how that went.
func (t *trail) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.step == "" {
		return
	}
	if t.bytes > 0 {
		t.ledger.Weigh(context.WithoutCancel(t.ctx), t.run, t.bytes)
	}
	t.log("part over", t.now())
	t.step = ""
}

func (t *trail) log(text string, now time.Time) {
	took := now.Sub(t.began).Seconds()
	args := []any{"part", t.step, "seconds", math.Round(took*1000) / 1000}
	if t.bytes > 0 {
		args = append(args, "bytes", t.bytes, "bytes_per_second", math.Round(float64(t.bytes)/max(took, 0.001)))
	}
	if t.total > t.bytes {
		args = append(args, "of_bytes", t.total)
	}
	loggerOf(t.ctx).Info(text, args...)
}

// haul is the progress of fetching a feed: one step of the run, whatever many
// parts it has.
type haul struct{ *trail }

// fetching begins to fetch a feed. Where a run is followed it is one step of it.
func fetching(p fetch.Progress, feed string) fetch.Progress {
	t, ok := p.(*trail)
	if !ok {
		return p
	}
	t.Step("fetch "+feed, 0)
	return haul{t}
}

// Step comes to the next part.
func (h haul) Step(name string, bytes int64) { h.more(name, bytes) }

type loggerKey struct{}

// logged has what is done in a context log there.
func logged(ctx context.Context, log *slog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, log)
}

// loggerOf is the log of a context; where there is none, of what must not be
// overlooked alone.
func loggerOf(ctx context.Context) *slog.Logger {
	if log, ok := ctx.Value(loggerKey{}).(*slog.Logger); ok {
		return log
	}
	return logger(os.Stderr, slog.LevelWarn)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/pipeline/withdrawal"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
)

// performer does the steps of the jobs of an installation. Each step is a run of
// its own, under the lock of the work folder: jobs do not overlap.
func performer(c config.Config) clock.Perform {
	return func(ctx context.Context, j schedules.Job, at time.Time, s schedules.Step) error {
		way, ok := wayOf(j, s)
		if !ok {
			return clock.Fault{Kind: clock.Misconfigured, Err: fmt.Errorf("%s: no such step", s.Word)}
		}
		way.of = part{run: clock.Run(ctx), job: j.Name, due: at.UTC(), step: s.String()}
		_, _, err := begin(ctx, c, way)
		return fault(err)
	}
}

// wayOf is how a step of a job is done. This is the one place where that is
// said.
func wayOf(j schedules.Job, s schedules.Step) (way attempt, ok bool) {
	switch s.Word {
	case "extract", "reload":
		return attempt{s.Word, extractFeeds(s.Feed, s.Word == "reload"), ledger.Done, part{}}, true
	case "publish":
		if i := slices.IndexFunc(j.Runs, func(s schedules.Step) bool { return s.Word == "reload" }); i >= 0 {
			return reloaded(j.Runs[i].Feed), true
		}
		if slices.ContainsFunc(j.Runs, func(s schedules.Step) bool { return s.Word == "extract" }) {
			return extract, true
		}
		return again, true
	case "verify":
		return attempt{verifying, verify, ledger.Done, part{}}, true
	case "compact":
		return attempt{"compact", compact, ledger.Done, part{}}, true
	case "optout":
		return exchanged, true
	}
	return attempt{}, false
}

// try is what an attempt does.
type try = func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error)

// extractFeeds brings what has changed in a feed, or in every one, to where it is
// read from, or everything where whole is set, and holds that those which are not
// fetched are there.
func extractFeeds(name string, whole bool) try {
	return func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, _, _ time.Time) (pipeline.Result, error) {
		for i, f := range c.Feeds {
			if f.Fetch.Some() || name != "" && name != f.Name {
				continue
			}
			if err := folderThere(c, i); err != nil {
				return pipeline.Result{}, err
			}
		}
		steps, end := follow(ctx, l, id)
		defer end()
		return pipeline.Result{}, fetchFeeds(ctx, c, name, whole, steps)
	}
}

// reloaded is extract for a job that has fetched a feed anew, or all of them. Where
// a fetch since then has taken that away, because it could not be staged, it is
// fetched once more: what was deleted in silence would stay, and the job be done.
func reloaded(name string) attempt {
	way := extract
	way.try = func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
		for _, f := range c.Feeds {
			if !f.Fetch.Some() || name != "" && name != f.Name || !landingOf(c, f).Dropped() {
				continue
			}
			if r, err := extractFeeds(f.Name, true)(ctx, c, l, id, asOf, now); err != nil {
				return r, err
			}
		}
		return extract.try(ctx, c, l, id, asOf, now)
	}
	return way
}

// verifying is what the run that verifies is called.
const verifying = "verify"

// verify reads all that is staged and published, and holds that it is what its
// seals say; and the audit log, that nobody has changed it; and that nobody of the feeds
// is named in any of it. Where there is nothing
// yet, nothing can be wrong with it.
func verify(ctx context.Context, c config.Config, l *ledger.Ledger, id string, _, _ time.Time) (pipeline.Result, error) {
	steps, end := follow(ctx, l, id)
	defer end()
	steps.Step("stage", 0)
	live, err := seal.Current(stageOf(c))
	if err == nil {
		err = seal.Verify(ctx, stageOf(c), live)
	}
	if err != nil && !errors.Is(err, seal.ErrNone) {
		return pipeline.Result{}, err
	}
	steps.Step("snapshot", 0)
	folder, _, err := snapshot.Current(c.Marts)
	if err == nil {
		err = errors.Join(snapshot.Verify(folder), signed(c, folder), snapshot.Chain(c.Marts))
	}
	if err != nil && !errors.Is(err, snapshot.ErrNone) {
		return pipeline.Result{}, err
	}
	steps.Step("audit", 0)
	p, err := auditProof(ctx, c, l)
	if err == nil {
		err = sound(p)
	}
	if err == nil {
		steps.Step("leak", 0)
		err = noLeak(ctx, c)
	}
	return pipeline.Result{}, errors.Join(err, ctx.Err())
}

// remembered is for how many days the ledger has what is over.
const remembered = 400

// compact takes off the disk what counts no more, and what is long over out of
// the ledger.
func compact(ctx context.Context, c config.Config, l *ledger.Ledger, id string, _, now time.Time) (pipeline.Result, error) {
	steps, end := follow(ctx, l, id)
	defer end()
	steps.Step("compact", 0)
	if err := compacted(ctx, stageOf(c), id); err != nil {
		return pipeline.Result{}, err
	}
	live, err := seal.Current(stageOf(c))
	if err != nil && !errors.Is(err, seal.ErrNone) {
		return pipeline.Result{}, err
	}
	if err := errors.Join(withdrawal.Forget(withdrawalsOf(c), now.Add(-time.Duration(c.Withdrawals.Keep))),
		l.Forget(ctx, now.AddDate(0, 0, -remembered), live.Run, served(c).Run)); err != nil {
		return pipeline.Result{}, err
	}
	return pipeline.Result{}, report.Prune(ctx, reportsOf(c), l)
}

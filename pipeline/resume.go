package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// Staged reports whether a sealed run is what reading everything would stage once
// more: of the same files, lists, day and program, and undamaged. Where what later
// deltas need is kept it is not asked: a delta of nothing is as short.
func (r *Run) Staged(ctx context.Context, live seal.Manifest) (bool, error) {
	if r.Keep || r.Reload {
		return false, nil
	}
	marks, err := r.marks(ctx)
	same := func(was, is seal.Mark) bool {
		return was.Feed == is.Feed && was.Files == is.Files
	}
	if err != nil || live.Basis != r.Basis || live.AsOf != r.AsOf.Format(time.DateOnly) || live.Purpose != r.Purpose ||
		!slices.Equal(live.Rules, r.Rules) || !slices.EqualFunc(live.Marks, marks, same) {
		return false, err
	}
	if tallies, err := r.Ledger.Tallies(ctx, live.Run); err != nil || len(tallies) == 0 {
		return false, err // nobody knows what became of its records
	}
	r.Progress.Step("verify", 0)
	if err = seal.Verify(ctx, r.Stage, live); errors.Is(err, seal.ErrDamaged) {
		return false, nil
	}
	return err == nil, err
}

// Resume publishes what a run before has staged and not published, as Staged has
// found it. What became of every record is what that run has taken down.
func (r *Run) Resume(ctx context.Context, live seal.Manifest) (Result, error) {
	if err := r.ready(ctx); err != nil {
		return Result{}, err
	}
	census, err := stage.Count(r.Stage, live)
	if err != nil {
		return Result{}, err
	}
	result := Result{Persons: len(census.Persons), Account: newAccount(r), Resumed: true, Kind: ledger.Whole}
	if err := result.Account.inherit(ctx, r.Ledger, live.Run, r.ID); err != nil {
		return result, err
	}
	m := live
	m.Run, m.Audit = r.ID, r.Audit
	if m.Rules, err = r.checked(ctx, result.Kind, r.Rules); err != nil {
		return result, err
	}
	if m.Parts, err = r.link(live, live.Parts); err != nil {
		return result, err
	}
	if m, err = r.seal(m); err == nil {
		result.Snapshot, err = r.publish(ctx, m)
	}
	return result, err
}

// inherit takes over what another run has accounted for.
func (a *Account) inherit(ctx context.Context, l *ledger.Ledger, from, to string) error {
	tallies, err := l.Tallies(ctx, from)
	if err != nil {
		return err
	}
	for _, t := range tallies {
		a.ends[end{t.Feed, t.Dataset, t.Outcome, t.Gate, t.Reason}] += t.Records
		if i := slices.Index(a.feeds, t.Feed); i >= 0 && t.Outcome != cut {
			a.read[i] += t.Records
		}
	}
	held, err := l.Organisations(ctx, from)
	if err != nil {
		return err
	}
	verdicts, err := l.Verdicts(ctx, from)
	if err != nil {
		return err
	}
	places, err := l.Places(ctx, from, -1)
	return errors.Join(err, l.Judge(ctx, to, verdicts), l.Quarantine(ctx, to, places), l.Account(ctx, to, ledger.Whole, a.Tallies(), held))
}

package clock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// Why a step was told to end.
var (
	errParked  = errors.New("parked: the clock is told to end")
	errOverdue = errors.New("told to end at its deadline")
	errEnded   = errors.New("interrupted")
	errLeft    = errors.New("it was told to end and has not; it is left alone")
)

// run performs what is missing of a turn that is ours, and notes how it ended.
// The error is what went wrong, of its kind.
func (h *Hands) run(ctx context.Context, j schedules.Job, t ledger.Turn, serving bool) error {
	began := h.Now()
	for _, s := range j.Runs {
		if done(t, s) {
			continue
		}
		var err error
		switch {
		case ctx.Err() == nil:
			err = h.step(ctx, j, &t, s, serving)
		case serving:
			err = errParked
		default:
			err = Fault{Interrupted, errEnded}
		}
		if err != nil {
			return h.ended(ctx, j, t, s, err, serving)
		}
	}
	err := h.hold(context.WithoutCancel(ctx), &t, func(t *ledger.Turn, now time.Time) {
		t.Status, t.Ended, t.Lease, t.Again = ledger.Done, now, time.Time{}, time.Time{}
	})
	if err != nil {
		h.about(t).Error("not noted as done", "reason", err.Error())
		return err
	}
	h.about(t).Info("done", "seconds", h.Now().Sub(began).Seconds())
	return nil
}

// step performs one step. That it begins, under which run, and that it is done
// is in the ledger before anything else happens.
func (h *Hands) step(ctx context.Context, j schedules.Job, t *ledger.Turn, s schedules.Step, serving bool) error {
	id := h.name()
	lasting := context.WithoutCancel(ctx)
	if err := h.hold(lasting, t, func(t *ledger.Turn, _ time.Time) { t.Runs = append(t.Runs, id) }); err != nil {
		return err
	}
	log := h.about(*t).With("step", s.String())
	log.Info("step begins", "try", t.Tries)
	began := h.Now()
	if err := h.tend(context.WithValue(ctx, runKey{}, id), j, *t, s, serving, log); err != nil {
		return err
	}
	log.Info("step done", "seconds", h.Now().Sub(began).Seconds())
	return h.hold(lasting, t, func(t *ledger.Turn, _ time.Time) { t.Done = append(t.Done, s.String()) })
}

// name is an id for a run that begins now, and is given to one of ours only. It
// sorts as time does.
func (h *Hands) name() string {
	now := h.Now().UTC().Truncate(time.Millisecond)
	if now.Sub(h.named).Abs() < time.Second && !now.After(h.named) {
		now = h.named.Add(time.Millisecond)
	}
	h.named = now
	return now.Format("20060102T150405.000Z")
}

// ended notes how a try has ended that did not end well.
func (h *Hands) ended(ctx context.Context, j schedules.Job, t ledger.Turn, s schedules.Step, err error, serving bool) error {
	if errors.Is(err, errLost) {
		h.about(t).Error("taken over by another process", "step", s.String())
		return Fault{Busy, fmt.Errorf("%s: %w", moment(j, t.At), err)}
	}
	noted := h.hold(context.WithoutCancel(ctx), &t, func(t *ledger.Turn, now time.Time) {
		switch {
		case errors.Is(err, errParked) && serving, kind(err) == Busy:
			t.Status, t.Tries, t.Lease, t.Again = Waiting, t.Tries-1, time.Time{}, now
			if kind(err) == Busy {
				t.Again, t.Runs = now.Add(h.beat()), t.Runs[:len(t.Runs)-1]
			}
		default:
			*t = failed(j, *t, kind(err), err.Error(), now, now)
		}
	})
	log := h.about(t).With("step", s.String())
	switch {
	case noted != nil:
		log.Error("failed, and that is not noted", "reason", err.Error(), "noted", noted.Error())
		return errors.Join(err, noted)
	case errors.Is(err, errParked) && serving:
		log.Info("parked")
	case kind(err) == Busy:
		log.Info("waits", "reason", err.Error(), "again", again(t))
	default:
		log.Error("failed", "kind", t.Kind, "reason", t.Failure, "again", again(t))
		h.Watcher.Failed(ctx, h.failure(j, t, s.String()))
	}
	return err
}

// failure is a turn that has failed, as it is told.
func (h *Hands) failure(j schedules.Job, t ledger.Turn, step string) Failure {
	f := Failure{Job: t.Job, Due: t.At, Step: step, Run: t.Run(), Kind: schedules.Failure(t.Kind), Reason: t.Failure, Tries: t.Tries, By: j.By(t.At, t.Seen)}
	if t.Status == Waiting {
		f.Again = t.Again
	}
	return f
}

// about is the log, with what a turn is told by.
func (h *Hands) about(t ledger.Turn) *slog.Logger {
	return h.Log.With("job", t.Job, "due", t.At.UTC().Format(time.RFC3339), "run", t.Run())
}

// again says when a turn is tried again.
func again(t ledger.Turn) string {
	if t.Status != Waiting {
		return "never"
	}
	return t.Again.UTC().Format(time.RFC3339)
}

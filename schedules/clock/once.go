package clock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// Once runs the turn of a job at a logical time, or all that the job owes now,
// the oldest first, where that is the zero time. A turn that has ended is not
// run again: the error wraps ErrSettled, or is that of its failure.
func (h *Hands) Once(ctx context.Context, job string, at time.Time) error {
	j, err := h.find(job)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		if h.Now().Before(at) {
			return Fault{Busy, fmt.Errorf("%s has not come yet", moment(j, at))}
		}
		return h.once(ctx, j, at, forcedWhere(h, ctx, j, at))
	}
	p, err := h.plan(ctx, j, true)
	if err != nil {
		return err
	}
	p.Open = slices.DeleteFunc(p.Open, func(t ledger.Turn) bool { return t.At.After(h.Now()) }) // the clock was set back
	if len(p.Open) == 0 {
		if last := j.Latest(h.Now()); !last.IsZero() {
			return h.once(ctx, j, last, called)
		}
		return fmt.Errorf("%w: %s was never due", ErrSettled, j.Name)
	}
	for _, t := range p.Open {
		if err := h.once(ctx, j, t.At, called); err != nil {
			return err
		}
	}
	return nil
}

// Retry runs a turn that has failed or was given up once more: what is missing
// of it.
func (h *Hands) Retry(ctx context.Context, job string, at time.Time) error {
	j, err := h.find(job)
	if err != nil {
		return err
	}
	return h.once(ctx, j, at, forced)
}

// forcedWhere says how a turn is called for that is named by its time: one that
// was given up is run all the same.
func forcedWhere(h *Hands, ctx context.Context, j schedules.Job, at time.Time) call {
	if p, err := h.Ledger.Past(ctx, j.Name, at, h.Now()); err == nil && p.Asked.Status == Missed {
		return forced
	}
	return called
}

func (h *Hands) find(job string) (schedules.Job, error) {
	j, ok := h.Set.Find(job)
	switch {
	case !ok:
		return j, Fault{Misconfigured, errors.New("no such job; ohc-pipeline schedule list lists them")}
	case j.Off != "":
		return j, Fault{Misconfigured, fmt.Errorf("the job is off: %s", j.Off)}
	}
	return j, nil
}

// once runs one turn. Where the hands are patient it waits until the turn can
// begin, and for its next tries, and is done when it is settled.
func (h *Hands) once(ctx context.Context, j schedules.Job, at time.Time, c call) error {
	said := ""
	for {
		reason, err := h.Blocked(ctx, j, at)
		if err == nil && reason != "" {
			err = Fault{Busy, fmt.Errorf("%s waits for %s", moment(j, at), reason)}
		}
		if err == nil {
			var t ledger.Turn
			if t, err = h.claim(ctx, j, at, c); err == nil {
				c, err = owing, h.run(ctx, j, t, false)
			}
		}
		wait, waits := h.waits(ctx, j, at, err)
		if err == nil || !h.Patient || !waits {
			return err
		}
		if err.Error() != said {
			said = err.Error()
			h.Log.Info("waits", "job", j.Name, "due", at.UTC().Format(time.RFC3339), "run", "", "reason", said)
		}
		h.Watcher.Alive("waits")
		h.Sleep(ctx, wait)
		if ctx.Err() != nil {
			return Fault{Interrupted, errEnded}
		}
	}
}

// waits reports whether, after an error, a turn may still be run, and how long
// it is to sleep before it is looked at again.
func (h *Hands) waits(ctx context.Context, j schedules.Job, at time.Time, err error) (time.Duration, bool) {
	now := h.Now()
	p, unread := h.Ledger.Past(ctx, j.Name, at, now)
	if unread == nil && p.Asked.Status == Waiting && now.Before(p.Asked.Again) {
		return min(h.beat(), p.Asked.Again.Sub(now)), true
	}
	return h.beat(), unread == nil && p.Asked.Status == Waiting || kind(err) == Busy
}

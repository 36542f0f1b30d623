package clock

import (
	"context"
	"fmt"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// Blocked says for what a turn of a job still has to wait; it is empty when it
// waits for nothing. It writes nothing.
func (h *Hands) Blocked(ctx context.Context, j schedules.Job, at time.Time) (string, error) {
	need, ok := h.Set.Needs(j, at)
	if !ok {
		return "", nil
	}
	p, err := h.Ledger.Past(ctx, need.Job.Name, need.At, h.Now())
	if err != nil {
		return "", err
	}
	name := moment(need.Job, need.At)
	switch t := p.Asked; {
	case t.Status == ledger.Done, t.Status == Missed:
		return "", nil
	case j.Ended && (t.Status == ledger.Failed || t.Status != ledger.Running && h.overdue(need, t)):
		return "", nil
	case t.Status == ledger.Failed:
		return fmt.Sprintf("%s, which has failed; ohc-pipeline retry %s", name, need.Job.Name), nil
	case t.At.IsZero() && !p.Seen.IsZero() && need.At.Before(p.Seen.Add(-schedules.OnTime)):
		return "", nil // it was before that job was there
	case t.At.IsZero() && !need.At.After(p.Forgot):
		return "", nil // it is forgotten, and so had ended
	case t.At.IsZero():
		return name + ", which has not begun", nil
	case t.Status == Waiting:
		return name + ", which waits itself", nil
	}
	return name + ", which is going on", nil
}

// overdue reports whether the deadline of a turn has gone by.
func (h *Hands) overdue(d schedules.Due, t ledger.Turn) bool {
	by := d.Job.By(d.At, t.Seen)
	return !by.IsZero() && !h.Now().Before(by)
}

// Owed is what would be written of a job now: turns that have come due, and what
// is given up. It writes nothing. called says that somebody calls for the job.
func (h *Hands) Owed(ctx context.Context, j schedules.Job, called bool) ([]ledger.Turn, error) {
	now := h.Now()
	p, err := h.Ledger.Past(ctx, j.Name, time.Time{}, now)
	if err != nil {
		return nil, err
	}
	return plan(j, p, now, called), nil
}

// Waived says why a turn went on without the one that it comes after, where that
// was given up, or has not ended well; empty else.
func (h *Hands) Waived(ctx context.Context, j schedules.Job, at time.Time) (string, error) {
	need, ok := h.Set.Needs(j, at)
	if !ok {
		return "", nil
	}
	p, err := h.Ledger.Past(ctx, need.Job.Name, need.At, h.Now())
	switch {
	case err == nil && j.Ended && p.Asked.Status != ledger.Done && p.Asked.Status != Missed:
		return moment(need.Job, need.At) + " has not ended well: " + p.Asked.Failure, nil
	case err != nil || p.Asked.Status != Missed:
		return "", err
	}
	return fmt.Sprintf("%s was given up: %s", moment(need.Job, need.At), p.Asked.Failure), nil
}

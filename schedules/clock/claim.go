package clock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// How urgently a turn is called for.
type call int

const (
	owing  call = iota // when its time has come
	called             // now, if it has not ended
	forced             // now, even if it has failed or was given up
)

// errHeld says that somebody else has the turn.
var errHeld = errors.New("it is going on")

// errLost says that somebody else has taken the turn over.
var errLost = errors.New("it was taken over")

// claim makes a turn ours, and plans its job first.
func (h *Hands) claim(ctx context.Context, j schedules.Job, at time.Time, c call) (mine ledger.Turn, err error) {
	if _, err := h.plan(ctx, j, false); err != nil {
		return mine, err
	}
	err = h.decide(ctx, j.Name, at, func(p ledger.Past, now time.Time) ([]ledger.Turn, error) {
		t, out := p.Asked, []ledger.Turn(nil)
		if t.At.IsZero() && !at.After(p.Forgot) {
			return nil, fmt.Errorf("%w: %s is older than what the ledger remembers", ErrSettled, moment(j, at))
		}
		if t.At.IsZero() || t.Status == Missed && !t.First.Equal(t.At) {
			out = split(j, t, at)
			t = ledger.Turn{Job: j.Name, At: at.UTC(), Status: t.Status, Ended: t.Ended, Failure: t.Failure, Seen: now}
		}
		if err := free(j, t, now, c); err != nil {
			return nil, err
		}
		if t.Status == ledger.Failed || t.Status == Missed {
			t.Tries, t.Ended, t.Seen = 0, time.Time{}, now
		}
		t.Status, t.Holder, t.Lease, t.Tries = ledger.Running, h.Holder, now.Add(h.lease()), t.Tries+1
		t.Kind, t.Failure = "", ""
		mine = t
		return append(out, t), nil
	})
	return mine, err
}

// free returns an error where a turn cannot be had.
func free(j schedules.Job, t ledger.Turn, now time.Time, c call) error {
	name := moment(j, t.At)
	switch {
	case t.Status == ledger.Running && now.Before(t.Lease):
		return Fault{Busy, fmt.Errorf("%s: %w, by %s", name, errHeld, t.Holder)}
	case t.Status == ledger.Done:
		return fmt.Errorf("%w: %s is done, since %s", ErrSettled, name, clockTime(j, t.Ended))
	case t.Status == Missed && c < forced:
		return fmt.Errorf("%w: %s was given up: %s; --as-of with its time runs it all the same", ErrSettled, name, t.Failure)
	case t.Status == ledger.Failed && c < forced && (c == owing || t.Kind != string(Interrupted)):
		return Fault{schedules.Failure(t.Kind), fmt.Errorf("%s has failed, at %s: %s; next: ohc-pipeline retry %s", name, clockTime(j, t.Ended), t.Failure, j.Name)}
	case t.Status == Waiting && c == owing && now.Before(t.Again):
		return Fault{Busy, fmt.Errorf("%s waits until %s", name, clockTime(j, t.Again))}
	}
	return nil
}

func clockTime(j schedules.Job, at time.Time) string {
	return at.In(j.Zone).Format("2006-01-02 15:04 MST")
}

// hold changes a turn that is ours. Where it was thought that we are dead, and
// nobody has taken it since, it is ours again.
func (h *Hands) hold(ctx context.Context, t *ledger.Turn, change func(t *ledger.Turn, now time.Time)) error {
	return h.decide(ctx, t.Job, t.At, func(p ledger.Past, now time.Time) ([]ledger.Turn, error) {
		is := p.Asked
		if is.Holder != h.Holder || !is.At.Equal(t.At) || is.Status == ledger.Done {
			return nil, errLost
		}
		is.Status, is.Lease, is.Ended, is.Kind, is.Failure = ledger.Running, now.Add(h.lease()), time.Time{}, "", ""
		change(&is, now)
		*t = is
		return []ledger.Turn{is}, nil
	})
}

// plan writes what has come due of a job, and what is given up, and returns what
// there is of it then.
func (h *Hands) plan(ctx context.Context, j schedules.Job, called bool) (ledger.Past, error) {
	now := h.Now()
	p, err := h.Ledger.Past(ctx, j.Name, time.Time{}, now)
	if err != nil || !p.Seen.IsZero() && len(plan(j, p, now, called)) == 0 {
		return p, err
	}
	var turns []ledger.Turn
	err = h.decide(ctx, j.Name, time.Time{}, func(p ledger.Past, now time.Time) ([]ledger.Turn, error) {
		turns = plan(j, p, now, called)
		return turns, nil
	})
	if err != nil {
		return p, err
	}
	h.tell(ctx, j, turns)
	return h.Ledger.Past(ctx, j.Name, time.Time{}, h.Now())
}

// tell logs what was found while planning.
func (h *Hands) tell(ctx context.Context, j schedules.Job, turns []ledger.Turn) {
	for _, t := range turns {
		log := h.about(t)
		switch {
		case t.Kind == string(schedules.CutOff):
			log.Error("cut off", "reason", t.Failure, "again", again(t))
			h.Watcher.Failed(ctx, h.failure(j, t, ""))
		case t.Status == Missed:
			log.Warn("given up", "times", max(1, t.Times), "reason", t.Failure)
		case t.Times == 0:
			log.Debug("due")
		}
	}
}

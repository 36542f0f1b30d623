package clock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// Serve runs what is due, one turn at a time, until the context ends: then the
// step that is going on may finish for the time of grace, and is parked. Of
// several that serve one ledger one does, and the others wait. What goes wrong
// is logged, and Serve goes on: it returns nil.
func (h *Hands) Serve(ctx context.Context) error {
	s := &serving{h: h, said: make(map[string]string)}
	for ctx.Err() == nil {
		if !h.lead(ctx, s) {
			h.Sleep(ctx, h.beat())
			continue
		}
		wait := h.beat()
		due, err := s.next(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			s.once(h.Log, slog.LevelError, "", "the ledger", err)
		case due != nil:
			h.Watcher.Alive("begins " + moment(due.j, due.t.At))
			if s.begin(ctx, *due) {
				wait = 0
			}
		default:
			h.Watcher.Alive(s.doing)
			wait = min(wait, s.wait)
		}
		if wait > 0 {
			h.Sleep(ctx, wait)
		}
	}
	return h.resign(context.WithoutCancel(ctx))
}

// serving is what Serve keeps in mind; nothing that counts.
type serving struct {
	h     *Hands
	said  map[string]string // what was said last of what, so that it is said once
	doing string
	wait  time.Duration // until something may be due
}

// once logs what was not said of a thing before.
func (s *serving) once(log *slog.Logger, level slog.Level, of, text string, reason error) {
	if s.said[of] == reason.Error() {
		return
	}
	s.said[of] = reason.Error()
	log.Log(context.Background(), level, text, "reason", reason.Error())
}

// pending is a turn that waits.
type pending struct {
	j schedules.Job
	t ledger.Turn
}

// next plans all jobs and returns the first turn that can begin now.
func (s *serving) next(ctx context.Context) (*pending, error) {
	now := s.h.Now()
	s.wait, s.doing = s.h.beat(), "waits"
	var all []pending
	var soon pending
	for _, j := range s.h.Set.Jobs() {
		if j.Off != "" {
			continue
		}
		p, err := s.h.plan(ctx, j, false)
		if err != nil {
			return nil, err
		}
		for _, t := range p.Open {
			all = append(all, pending{j, t})
		}
		if at := j.Next(now); soon.t.At.IsZero() || at.Before(soon.t.At) {
			soon = pending{j, ledger.Turn{At: at}}
		}
	}
	if !soon.t.At.IsZero() {
		s.doing, s.wait = "next: "+moment(soon.j, soon.t.At), soon.t.At.Sub(now)
	}
	slices.SortStableFunc(all, func(a, b pending) int { return a.t.At.Compare(b.t.At) })
	return s.first(ctx, all, now)
}

// first is the first turn of those that wait which can begin.
func (s *serving) first(ctx context.Context, all []pending, now time.Time) (*pending, error) {
	for _, p := range all {
		if p.t.Status != Waiting || p.t.At.After(now) { // where the clock was set back
			continue
		}
		if ended, err := s.overdue(ctx, p, now); err != nil || ended {
			return nil, err
		}
		if now.Before(p.t.Again) {
			s.wait = min(s.wait, p.t.Again.Sub(now))
			continue
		}
		reason, err := s.h.Blocked(ctx, p.j, p.t.At)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			s.once(s.h.about(p.t), slog.LevelInfo, p.j.Name, "waits", fmt.Errorf("for %s", reason))
			continue
		}
		return &p, nil
	}
	return nil, nil
}

// overdue says that a turn that waits is late, and ends it where that is its
// policy.
func (s *serving) overdue(ctx context.Context, p pending, now time.Time) (ended bool, err error) {
	by := p.j.By(p.t.At, p.t.Seen)
	if by.IsZero() || now.Before(by) {
		return false, nil
	}
	s.h.late(ctx, p.j, p.t, "")
	if p.j.AtDeadline != schedules.Stop {
		return false, nil
	}
	return true, s.h.decide(ctx, p.j.Name, p.t.At, func(past ledger.Past, now time.Time) ([]ledger.Turn, error) {
		t := past.Asked
		if t.Status != Waiting {
			return nil, nil
		}
		t.Status, t.Ended, t.Kind, t.Failure = ledger.Failed, now, string(Overdue), "its deadline came before it could begin"
		return []ledger.Turn{t}, nil
	})
}

// begin runs a turn, and reports whether it did. How that ended is in the ledger.
func (s *serving) begin(ctx context.Context, p pending) (ran bool) {
	if reason, err := s.h.Waived(ctx, p.j, p.t.At); err == nil && reason != "" {
		s.h.about(p.t).Info("does not wait", "reason", reason)
	}
	t, err := s.h.claim(ctx, p.j, p.t.At, owing)
	if err != nil {
		if kind(err) != Busy && !errors.Is(err, ErrSettled) {
			s.once(s.h.about(p.t), slog.LevelError, p.j.Name, "not begun", err)
		}
		return false
	}
	delete(s.said, p.j.Name)
	s.h.run(ctx, p.j, t, true)
	return true
}

// lead makes us the one who serves. It is false, and said once, where another
// one does.
func (h *Hands) lead(ctx context.Context, s *serving) bool {
	other, err := h.take(ctx)
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		h.Watcher.Alive("the ledger cannot be written")
		s.once(h.Log, slog.LevelError, Itself, "the ledger", err)
	case other != "":
		h.Watcher.Alive("waits: " + other + " serves")
		s.once(h.Log, slog.LevelWarn, Itself, "waits", fmt.Errorf("%s serves this ledger; this one takes over when nothing is heard of it any more", other))
	default:
		if s.said[Itself] != "" {
			delete(s.said, Itself)
			h.Log.Info("serves now")
		}
		return true
	}
	return false
}

// take takes, or keeps, the lease of the one who serves. other is who has it.
func (h *Hands) take(ctx context.Context) (other string, err error) {
	at := time.Unix(0, 0).UTC()
	err = h.decide(ctx, Itself, at, func(p ledger.Past, now time.Time) ([]ledger.Turn, error) {
		t := p.Asked
		if t.Status == ledger.Running && t.Holder != h.Holder && now.Before(t.Lease) {
			other = t.Holder
			return nil, nil
		}
		if t.Holder != h.Holder || t.Status != ledger.Running {
			t = ledger.Turn{Job: Itself, At: at, Seen: now, Holder: h.Holder, Status: ledger.Running}
		}
		t.Lease = now.Add(h.lease())
		return []ledger.Turn{t}, nil
	})
	return other, err
}

// keep keeps the lease of the one who serves while a step is going on, and takes
// down what comes due meanwhile.
func (h *Hands) keep(ctx context.Context, log *slog.Logger) {
	_, err := h.take(ctx)
	for _, j := range h.Set.Jobs() {
		if err == nil && j.Off == "" {
			_, err = h.plan(ctx, j, false)
		}
	}
	if err != nil {
		log.Error("the ledger", "reason", err.Error())
	}
}

// resign gives the lease back.
func (h *Hands) resign(ctx context.Context) error {
	return h.decide(ctx, Itself, time.Unix(0, 0).UTC(), func(p ledger.Past, now time.Time) ([]ledger.Turn, error) {
		if p.Asked.Holder != h.Holder {
			return nil, nil
		}
		t := p.Asked
		t.Status, t.Ended, t.Lease = ledger.Done, now, time.Time{}
		return []ledger.Turn{t}, nil
	})
}

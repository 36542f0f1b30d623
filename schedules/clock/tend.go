package clock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// tended is a step that is being performed.
type tended struct {
	h       *Hands
	j       schedules.Job
	t       ledger.Turn
	step    schedules.Step
	serving bool
	log     *slog.Logger

	stop  context.CancelCauseFunc // tells it to end
	told  error                   // why it was told to end
	until time.Time               // when it is told, or left alone, where we are to end; zero else
}

// ending is how long a step that was told to end may take to do so.
const ending = 30 * time.Second

// tend has a step performed, and sees meanwhile that we are heard of, that the
// deadline is kept, and that it ends when we are told to.
func (h *Hands) tend(ctx context.Context, j schedules.Job, t ledger.Turn, s schedules.Step, serving bool, log *slog.Logger) error {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	w := &tended{h: h, j: j, t: t, step: s, serving: serving, log: log, stop: stop}
	over, end := context.WithCancel(context.Background())
	err := errors.New("the step has left its goroutine")
	go func() {
		defer end()
		err = h.guarded(work, j, t, s, log)
	}()
	for over.Err() == nil {
		w.nap(ctx, over)
		if over.Err() == nil && !w.goOn(ctx) {
			return errLeft
		}
	}
	switch {
	case err == nil: // it was done before it was told
	case errors.Is(w.told, errLost), errors.Is(w.told, errParked):
		return w.told
	case w.told != nil:
		return Fault{map[error]schedules.Failure{errOverdue: Overdue, errEnded: Interrupted}[w.told], fmt.Errorf("%w: %w", w.told, err)}
	}
	return err
}

// nap sleeps until the next beat, the deadline, the end of the step, or until we
// are told to end.
func (w *tended) nap(ctx, over context.Context) {
	sleep, wake := context.WithCancel(over)
	defer wake()
	wait, now := w.h.beat(), w.h.Now()
	if by := w.j.By(w.t.At, w.t.Seen); !by.IsZero() && now.Before(by) {
		wait = min(wait, by.Sub(now))
	}
	if w.until.IsZero() {
		defer context.AfterFunc(ctx, wake)()
	} else {
		wait = min(wait, max(w.until.Sub(now), time.Millisecond))
	}
	w.h.Sleep(sleep, wait)
}

// goOn does what is to be done while a step goes on. It is false when the step
// is not waited for any longer.
func (w *tended) goOn(ctx context.Context) bool {
	now, lasting := w.h.Now(), context.WithoutCancel(ctx)
	w.h.Watcher.Alive(w.step.String() + " for " + moment(w.j, w.t.At))
	err := w.h.hold(lasting, &w.t, func(*ledger.Turn, time.Time) {})
	if errors.Is(err, errLost) {
		w.tell(errLost)
	} else if err != nil {
		w.log.Error("the ledger", "reason", err.Error())
	}
	if w.serving {
		w.h.keep(lasting, w.log)
	}
	w.deadline(ctx, now)
	return w.leave(ctx, now)
}

// deadline says that the turn is late, and has it end where that is its policy.
func (w *tended) deadline(ctx context.Context, now time.Time) {
	by := w.j.By(w.t.At, w.t.Seen)
	if by.IsZero() || now.Before(by) {
		return
	}
	w.h.late(ctx, w.j, w.t, w.step.String())
	if w.j.AtDeadline == schedules.Stop {
		w.tell(errOverdue)
	}
}

// leave has the step end where we are told to: one of Serve may go on for the
// time of grace, and is then parked.
func (w *tended) leave(ctx context.Context, now time.Time) bool {
	switch {
	case ctx.Err() == nil:
	case w.until.IsZero() && w.serving:
		w.until = now.Add(w.h.Grace)
		w.log.Info("told to end: the step may finish", "grace", w.h.Grace.String())
	case w.until.IsZero():
		w.until = now.Add(ending)
		w.tell(errEnded)
	case now.Before(w.until):
	case w.told == nil:
		w.until = now.Add(ending)
		w.tell(errParked)
	default:
		w.log.Error("the step was told to end and has not; it is left alone")
		return false
	}
	return true
}

// tell tells the step to end, once.
func (w *tended) tell(why error) {
	if w.told == nil {
		w.told = why
		w.stop(why)
	}
}

// late says, once, that a turn is not done by its deadline.
func (h *Hands) late(ctx context.Context, j schedules.Job, t ledger.Turn, step string) {
	key := moment(j, t.At)
	if h.saidLate[key] {
		return
	}
	if h.saidLate == nil || len(h.saidLate) > 1000 {
		h.saidLate = make(map[string]bool)
	}
	h.saidLate[key] = true
	f := h.failure(j, t, step)
	f.Kind, f.Reason, f.Late, f.Again = Overdue, "not done by its deadline, "+clockTime(j, f.By)+" (at_deadline: "+j.AtDeadline+")", true, time.Time{}
	h.about(t).Error("late", "step", step, "reason", f.Reason)
	h.Watcher.Failed(ctx, f)
}

// guarded performs a step and lives on whatever it does.
func (h *Hands) guarded(ctx context.Context, j schedules.Job, t ledger.Turn, s schedules.Step, log *slog.Logger) error {
	err := guard.Try(func() error { return h.Perform(ctx, j, t.At, s) })
	if p, ok := err.(*guard.Panic); ok {
		log.Error("panic", "type", p.Type, "stack", p.Stack)
	}
	return err
}

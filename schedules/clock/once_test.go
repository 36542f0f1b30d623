package clock

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

func TestOnce(t *testing.T) {
	inWorld(t, "2026-11-02 12:00", []string{"a", daily, "b", "cron: '0 2 * * *'\nruns: verify\ncatch_up: none\n", "c", "off: not now\n"}, func(w *world) {
		l := w.open()
		defer l.Close()
		ctx, h := context.Background(), w.new(l)
		if err := h.Once(ctx, "a", time.Time{}); err != nil { // it was never run: it owes its latest time
			t.Error(err)
		}
		w.did("a 2026-11-02 02:00 extract", "a 2026-11-02 02:00 publish")
		err := w.new(l).Once(ctx, "a", time.Time{})
		if !errors.Is(err, ErrSettled) || !strings.Contains(err.Error(), "a of Mon 2026-11-02 02:00 GMT is done, since 2026-11-02 12:00 GMT") {
			t.Errorf("the second time: %v", err)
		}
		if err := h.Once(ctx, "a", utc("2026-11-02 02:00")); !errors.Is(err, ErrSettled) {
			t.Errorf("the third time: %v", err)
		}
		if err := h.Once(ctx, "b", time.Time{}); !errors.Is(err, ErrSettled) || !strings.Contains(err.Error(), "was given up: missed by more than 5m0s (catch_up: none); --as-of") {
			t.Errorf("too late, and catch_up none: %v", err)
		}
		if err := h.Once(ctx, "b", utc("2026-11-03 02:00")); kind(err) != Busy {
			t.Errorf("to come: %v", err)
		}
		for _, name := range []string{"c", "d"} {
			if err := h.Once(ctx, name, time.Time{}); kind(err) != Misconfigured {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.did()
	})
}

// TestOnceFails holds what a call does about a turn that has failed, and that it
// waits for nothing unless it is patient.
func TestOnceFails(t *testing.T) {
	inWorld(t, "2026-11-02 02:00", []string{"a", daily + "retry: {times: 1, every: 40m, on: [refused]}\n"}, func(w *world) {
		l := w.open()
		defer l.Close()
		ctx, began := context.Background(), w.now()
		w.doing(func(context.Context, string) error { return Fault{schedules.Refused, errBroken} })
		for _, tries := range []string{"waiting 1", "failed 2", "failed 2"} {
			if err := w.new(l).Once(ctx, "a", time.Time{}); kind(err) != schedules.Refused {
				t.Errorf("%v", err)
			}
			w.turns(l, "a", "2026-11-02 02:00 "+tries)
		}
		w.did("a 2026-11-02 02:00 extract", "a 2026-11-02 02:00 extract")
		if w.now().Sub(began) > time.Minute {
			t.Error("it has waited")
		}
		w.clock("2026-11-03 02:00")
		h := w.new(l)
		h.Patient = true
		if err := h.Once(ctx, "a", time.Time{}); kind(err) != schedules.Refused || w.now().Format("15:04") != "02:40" {
			t.Errorf("the patient one has ended at %v with %v", w.now(), err)
		}
		w.doing(func(context.Context, string) error { return nil })
		w.turns(l, "a", "2026-11-02 02:00 failed 2", "2026-11-03 02:00 failed 2")
		if err := h.Retry(ctx, "a", utc("2026-11-02 02:00")); err != nil {
			t.Error(err)
		}
		if err := h.Retry(ctx, "a", utc("2026-11-02 02:00")); !errors.Is(err, ErrSettled) {
			t.Errorf("what is done, once more: %v", err)
		}
	})
}

// TestOnceIsTold holds that a call that is told to end says so, and can be made
// again.
func TestOnceIsTold(t *testing.T) {
	inWorld(t, "2026-11-02 02:00", []string{"a", daily + "retry: {times: 1, every: 40m, on: [failed]}\n"}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.taking(time.Hour)
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := w.new(l).Once(ctx, "a", time.Time{}); kind(err) != Interrupted {
			t.Errorf("told to end: %v", err)
		}
		w.turns(l, "a", "2026-11-02 02:00 failed 1")
		w.serve(l, "2026-11-02 03:00") // a daemon does not take up what somebody has ended
		w.did("a 2026-11-02 02:00 extract")
		w.taking(time.Second)
		if err := w.new(l).Once(context.Background(), "a", time.Time{}); err != nil {
			t.Error(err)
		}
		w.turns(l, "a", "2026-11-02 02:00 done 1")
	})
}

// TestRobbed has a clock that jumps ahead while a step goes on. Another process
// takes the turn; the first one stops.
func TestRobbed(t *testing.T) {
	inWorld(t, "2026-11-02 02:00", []string{"a", daily + "retry: {times: 3, every: 1m, on: [cut-off]}\n"}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.taking(time.Hour)
		first := make(chan error, 1)
		var stopped time.Time
		go func() {
			err := w.new(l).Once(context.Background(), "a", time.Time{})
			stopped = w.now()
			first <- err
		}()
		time.Sleep(time.Second)
		w.clock("2026-11-02 04:00")
		w.taking(20 * time.Minute)
		if err := w.new(l).Once(context.Background(), "a", time.Time{}); err != nil {
			t.Errorf("the second: %v", err)
		}
		if err := <-first; kind(err) != Busy || !strings.Contains(err.Error(), "taken over") {
			t.Errorf("the first: %v", err)
		}
		w.turns(l, "a", "2026-11-02 02:00 done 2")
		if stopped.After(utc("2026-11-02 04:05")) {
			t.Errorf("the first has gone on until %v", stopped)
		}

		// where nobody has taken it, it is taken back
		w.clock("2026-11-03 02:00")
		w.taking(time.Minute)
		go func() { first <- w.new(l).Once(context.Background(), "a", time.Time{}) }()
		time.Sleep(time.Second)
		w.clock("2026-11-03 04:00")
		if _, err := w.new(l).plan(context.Background(), w.set.Jobs()[0], false); err != nil {
			t.Error(err)
		}
		w.turnsHold(l, "waiting")
		if err := <-first; err != nil {
			t.Errorf("the first: %v", err)
		}
		w.turns(l, "a", "2026-11-02 02:00 done 2", "2026-11-03 02:00 done 1")
	})
}

func (w *world) turnsHold(l *ledger.Ledger, status string) {
	w.t.Helper()
	if turns, err := l.Turns(context.Background(), "a", 1); err != nil || turns[0].Status != status {
		w.t.Errorf("%+v %v", turns, err)
	}
}

package clock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

const daily = "cron: '0 2 * * *'\nruns: [extract, publish]\ncatch_up: latest\n"

func TestServe(t *testing.T) {
	inWorld(t, "2026-11-20 12:00", []string{"night", daily}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.serve(l, "2026-11-22 12:00")
		w.did("night 2026-11-21 02:00 extract", "night 2026-11-21 02:00 publish", "night 2026-11-22 02:00 extract", "night 2026-11-22 02:00 publish")
		w.turns(l, "night", "2026-11-21 02:00 done 1", "2026-11-22 02:00 done 1")
		w.heard()
		for line := range strings.SplitSeq(strings.TrimSpace(w.said()), "\n") {
			if !strings.Contains(line, "job=night due=2026-11-2") || !strings.Contains(line, "run=") {
				t.Errorf("a line without job, due and run: %s", line)
			}
		}
	})
}

// TestChangesOfTheClocks holds each logical time once in the night that has an
// hour twice and in the one that lacks it.
func TestChangesOfTheClocks(t *testing.T) {
	hourly := []string{"often", "cron: '0 * * * *'\nruns: verify\ncatch_up: none\n", "night", daily}
	inWorld(t, "2026-10-24 22:30", hourly, func(w *world) {
		l := w.open()
		defer l.Close()
		w.serve(l, "2026-10-25 03:30")
		w.turns(l, "often", "2026-10-24 23:00 done 1", "2026-10-25 00:00 done 1", "2026-10-25 01:00 done 1", "2026-10-25 02:00 done 1", "2026-10-25 03:00 done 1")
		w.turns(l, "night", "2026-10-25 02:00 done 1")
	})
	inWorld(t, "2027-03-27 23:30", hourly, func(w *world) {
		l := w.open()
		defer l.Close()
		w.serve(l, "2027-03-28 03:30")
		w.turns(l, "often", "2027-03-28 00:00 done 1", "2027-03-28 01:00 done 1", "2027-03-28 02:00 done 1", "2027-03-28 03:00 done 1")
		w.turns(l, "night", "2027-03-28 01:00 done 1")
	})
}

func TestMissedIsCaughtUp(t *testing.T) {
	jobs := []string{"a", daily, "b", "cron: '0 2 * * *'\nruns: verify\ncatch_up: all up to 2\n", "c", "cron: '0 2 * * *'\nruns: verify\ncatch_up: none\n"}
	inWorld(t, "2026-11-01 12:00", jobs, func(w *world) {
		l := w.open()
		defer l.Close()
		w.serve(l, "2026-11-02 12:00")
		w.clock("2026-11-06 12:00") // the machine was off
		w.serve(l, "2026-11-07 12:00")
		w.turns(l, "a", "2026-11-02 02:00 done 1", "2026-11-03 02:00 to 2026-11-05 02:00 missed 0, 3 times", "2026-11-06 02:00 done 1", "2026-11-07 02:00 done 1")
		w.turns(l, "b", "2026-11-02 02:00 done 1", "2026-11-03 02:00 to 2026-11-04 02:00 missed 0, 2 times", "2026-11-05 02:00 done 1", "2026-11-06 02:00 done 1", "2026-11-07 02:00 done 1")
		w.turns(l, "c", "2026-11-02 02:00 done 1", "2026-11-03 02:00 to 2026-11-06 02:00 missed 0, 4 times", "2026-11-07 02:00 done 1")

		// one of those that were given up is run all the same, when it is called for
		h := w.new(l)
		if err := h.Once(context.Background(), "a", utc("2026-11-05 02:00")); err != nil {
			t.Error(err)
		}
		if err := h.Once(context.Background(), "a", utc("2026-11-04 02:00")); err != nil {
			t.Error(err)
		}
		w.turns(l, "a", "2026-11-02 02:00 done 1", "2026-11-03 02:00 missed 0", "2026-11-04 02:00 done 1", "2026-11-05 02:00 done 1", "2026-11-06 02:00 done 1", "2026-11-07 02:00 done 1")
	})
}

// TestRetry holds how often, how far apart and after what a turn is tried again,
// and that only what is missing is.
func TestRetry(t *testing.T) {
	jobs := []string{"a", daily + "retry: {times: 2, every: 40m, on: [failed, refused]}\ndeadline: 5h\nat_deadline: warn\n"}
	inWorld(t, "2026-11-01 12:00", jobs, func(w *world) {
		l := w.open()
		defer l.Close()
		bad := error(errBroken)
		w.doing(func(_ context.Context, call string) error {
			if strings.HasSuffix(call, "publish") {
				return bad
			}
			return nil
		})
		w.serve(l, "2026-11-02 12:00")
		w.did("a 2026-11-02 02:00 extract", "a 2026-11-02 02:00 publish", "a 2026-11-02 02:00 publish", "a 2026-11-02 02:00 publish")
		w.turns(l, "a", "2026-11-02 02:00 failed 3")
		w.heard("a failed 02:40", "a failed 03:20", "a failed never")
		for _, k := range []schedules.Failure{schedules.Check, Misconfigured, Interrupted} {
			bad = Fault{k, errBroken}
			w.clock("2026-11-02 23:00")
			w.mu.Lock()
			w.path += string(k) // a new ledger
			w.mu.Unlock()
			l := w.open()
			w.serve(l, "2026-11-03 12:00")
			w.turns(l, "a", "2026-11-03 02:00 failed 1")
			w.heard("a " + string(k) + " never")
			l.Close()
		}
		w.did("a 2026-11-03 02:00 extract", "a 2026-11-03 02:00 publish", "a 2026-11-03 02:00 extract", "a 2026-11-03 02:00 publish", "a 2026-11-03 02:00 extract", "a 2026-11-03 02:00 publish")
	})
}

// TestBusy holds that who meets another one waits, and that this is no try.
func TestBusy(t *testing.T) {
	inWorld(t, "2026-11-01 12:00", []string{"a", daily}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.doing(func(context.Context, string) error {
			if w.now().Before(utc("2026-11-02 04:00")) {
				return Fault{Busy, errBroken}
			}
			return nil
		})
		w.serve(l, "2026-11-02 12:00")
		w.turns(l, "a", "2026-11-02 02:00 done 1")
		w.heard()
		turns, _ := l.Turns(context.Background(), "a", 1)
		if len(turns[0].Runs) != 2 {
			t.Errorf("it made the runs %v", turns[0].Runs)
		}
	})
}

func TestPanic(t *testing.T) {
	jobs := []string{"a", daily, "b", "cron: '0 3 * * *'\nruns: verify\ncatch_up: latest\n"}
	inWorld(t, "2026-11-01 12:00", jobs, func(w *world) {
		l := w.open()
		defer l.Close()
		w.doing(func(_ context.Context, call string) error {
			if strings.HasPrefix(call, "a ") {
				panic("of patient 9434765919")
			}
			return nil
		})
		w.serve(l, "2026-11-02 12:00")
		w.turns(l, "a", "2026-11-02 02:00 failed 1")
		w.turns(l, "b", "2026-11-02 03:00 done 1")
		w.heard("a failed never")
		turns, _ := l.Turns(context.Background(), "a", 1)
		if said := w.said() + turns[0].Failure; strings.Contains(said, "9434765919") || !strings.Contains(said, "serve_test.go:") || !strings.Contains(turns[0].Failure, "TestPanic") {
			t.Errorf("it said %s", said)
		}
	})
}

func TestDeadline(t *testing.T) {
	for policy, want := range map[string]string{"warn": "done", "stop": "failed"} {
		jobs := []string{"a", daily + "deadline: 1h\nat_deadline: " + policy + "\n"}
		inWorld(t, "2026-11-01 12:00", jobs, func(w *world) {
			l := w.open()
			defer l.Close()
			w.taking(40 * time.Minute)
			w.serve(l, "2026-11-02 12:00")
			w.turns(l, "a", "2026-11-02 02:00 "+want+" 1")
			w.did("a 2026-11-02 02:00 extract", "a 2026-11-02 02:00 publish")
			turns, _ := l.Turns(context.Background(), "a", 1)
			ended := turns[0].Ended.Format("15:04")
			if policy == "warn" {
				w.heard("a deadline never")
			} else {
				w.heard("a deadline never", "a deadline never") // late, and told to end
			}
			if policy == "stop" && (ended != "03:00" || turns[0].Kind != string(Overdue)) || policy == "warn" && ended != "03:20" {
				t.Errorf("%s: it ended at %s: %s", policy, ended, turns[0].Failure)
			}
		})
	}
}

// TestDeadlineOfOneThatWaits holds the same of a turn that cannot begin: another
// job is at it.
func TestDeadlineOfOneThatWaits(t *testing.T) {
	jobs := []string{"a", daily, "b", "cron: '30 2 * * *'\nruns: verify\ncatch_up: latest\ndeadline: 1h\nat_deadline: stop\n",
		"c", "cron: '30 2 * * *'\nruns: verify\ncatch_up: none\ndeadline: 1h\nat_deadline: warn\n"}
	inWorld(t, "2026-11-02 01:00", jobs, func(w *world) {
		w.lease = 4 * time.Minute
		l := w.open()
		defer l.Close()
		w.taking(time.Hour)
		w.serve(l, "2026-11-02 07:00")
		w.turns(l, "a", "2026-11-02 02:00 done 1")
		w.turns(l, "b", "2026-11-02 02:30 failed 0")
		w.turns(l, "c", "2026-11-02 02:30 done 1") // it was not missed: it was seen, and had to wait
		w.heard("b deadline never", "c deadline never")
	})
}

// TestTold holds that who is told to end lets a step finish for the time of
// grace, parks it then, and leaves nothing behind; and that what was parked goes
// on where it stopped, and counts as one try.
func TestTold(t *testing.T) {
	inWorld(t, "2026-11-01 12:00", []string{"a", daily}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.taking(75 * time.Second)
		w.serve(l, "2026-11-02 02:01") // and 15 s of grace are enough
		w.did("a 2026-11-02 02:00 extract")
		w.turns(l, "a", "2026-11-02 02:00 waiting 0")
		w.taking(time.Hour)
		began := w.now()
		w.serve(l, "2026-11-02 02:10")
		w.did("a 2026-11-02 02:00 publish")
		w.turns(l, "a", "2026-11-02 02:00 waiting 0")
		if took := w.now().Sub(began); took > 10*time.Minute {
			t.Errorf("it took %v to park", took)
		}
		w.taking(time.Second)
		w.serve(l, "2026-11-02 03:00")
		w.did("a 2026-11-02 02:00 publish")
		w.turns(l, "a", "2026-11-02 02:00 done 1")
		w.heard()
	})
}

// TestTheDeaf has a step that does not end when it is told to: the hands do.
func TestTheDeaf(t *testing.T) {
	inWorld(t, "2026-11-01 12:00", []string{"a", daily}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.doing(func(context.Context, string) error {
			time.Sleep(24 * time.Hour)
			return nil
		})
		began := w.now()
		w.serve(l, "2026-11-02 02:01")
		if took := w.now().Sub(began); took > 14*time.Hour+10*time.Minute {
			t.Errorf("it took %v to end", took)
		}
		w.turns(l, "a", "2026-11-02 02:00 failed 1")
		time.Sleep(24 * time.Hour) // until it has ended
	})
}

// TestDied has hands die in the middle of a step. Others find the turn when the
// lease has run out, and do what is missing.
func TestDied(t *testing.T) {
	for policy, want := range map[string]string{"retry: {times: 1, every: 10m, on: cut-off}\n": "done 2", "": "failed 1"} {
		inWorld(t, "2026-11-01 12:00", []string{"a", daily + policy}, func(w *world) {
			l := w.open()
			defer l.Close()
			m := &mortal{Ledger: l}
			ctx, stop := context.WithCancel(context.Background())
			w.doing(func(ctx context.Context, call string) error {
				if strings.HasSuffix(call, "publish") && !m.dead.Load() {
					m.dead.Store(true)
					stop()
				}
				return nil
			})
			if err := w.new(m).Serve(ctx); err == nil {
				t.Error("the dead have said nothing")
			}
			w.turns(l, "a", "2026-11-02 02:00 running 1")
			w.serve(l, "2026-11-02 12:00")
			w.turns(l, "a", "2026-11-02 02:00 "+want)
			calls := []string{"a 2026-11-02 02:00 extract", "a 2026-11-02 02:00 publish", "a 2026-11-02 02:00 publish"}
			if policy == "" {
				calls = calls[:2]
				w.heard("a cut-off never")
			} else {
				w.heard("a cut-off 02:22")
			}
			w.did(calls...)
		})
	}
}

// TestOneServes holds that of two who serve one does, that the other takes over
// when nothing is heard of it, and that both together run nothing twice.
func TestOneServes(t *testing.T) {
	jobs := []string{"a", "cron: '* * * * *'\nruns: verify\ncatch_up: all up to 100\nretry: {times: 9, every: 1m, on: cut-off}\n"}
	inWorld(t, "2026-11-02 11:59", jobs, func(w *world) {
		w.lease = time.Minute
		l := w.open()
		defer l.Close()
		m := &mortal{Ledger: l}
		first, kill := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- w.new(m).Serve(first) }()
		time.Sleep(time.Second)
		second, stop := context.WithCancel(context.Background())
		over := make(chan error, 1)
		go func() { over <- w.new(l).Serve(second) }()
		w.until("2026-11-02 12:10")
		if !strings.Contains(w.said(), "process 1 serves this ledger") || strings.Contains(w.said(), "serves now") {
			t.Errorf("the second has said %s", w.said())
		}
		m.dead.Store(true)
		kill()
		<-ended
		w.until("2026-11-02 12:20")
		stop()
		if err := <-over; err != nil || !strings.Contains(w.said(), "serves now") {
			t.Errorf("the second ended with %v", err)
		}
		var want, turns []string
		for at := utc("2026-11-02 12:00").Add(-5 * time.Minute); !at.After(utc("2026-11-02 12:20")); at = at.Add(time.Minute) {
			if text := at.Format("2006-01-02 15:04"); at.After(utc("2026-11-02 11:54")) && at.Before(utc("2026-11-02 12:20")) {
				want, turns = append(want, "a "+text+" verify"), append(turns, text+" done 1")
			}
		}
		w.did(want...)
		w.turns(l, "a", turns...)
	})
}

// TestAfter holds what becomes of a turn when the one that it waits for is
// slow, is missed, has failed, and is tried again by hand.
func TestAfter(t *testing.T) {
	jobs := []string{"a", "cron: '0 2 * * *'\nruns: extract\ncatch_up: latest\n", "b", "after: a\nruns: publish\ncatch_up: all up to 9\n", "c", "cron: '0 2 * * *'\nafter: a\nruns: verify\ncatch_up: none\n"}
	inWorld(t, "2026-11-02 01:00", jobs, func(w *world) {
		w.lease = 4 * time.Minute
		l := w.open()
		defer l.Close()
		w.doing(func(ctx context.Context, call string) error {
			if strings.HasPrefix(call, "a ") {
				nap(ctx, 20*time.Minute)
			}
			return nil
		})
		w.serve(l, "2026-11-02 12:00")
		w.did("a 2026-11-02 02:00 extract", "b 2026-11-02 02:00 publish", "c 2026-11-02 02:00 verify")

		w.clock("2026-11-05 12:00")
		w.serve(l, "2026-11-05 13:00") // a of the 3rd and the 4th is given up: b does not wait for it
		w.did("b 2026-11-03 02:00 publish", "b 2026-11-04 02:00 publish", "a 2026-11-05 02:00 extract", "b 2026-11-05 02:00 publish")
		if !strings.Contains(w.said(), "a of Tue 2026-11-03 02:00 GMT was given up: newer times were due") {
			t.Error("it is not said why b did not wait")
		}
		w.turns(l, "c", "2026-11-02 02:00 done 1", "2026-11-03 02:00 to 2026-11-05 02:00 missed 0, 3 times")

		w.doing(func(_ context.Context, call string) error {
			if strings.HasPrefix(call, "a ") {
				return errBroken
			}
			return nil
		})
		w.clock("2026-11-06 01:59")
		w.serve(l, "2026-11-06 12:00")
		w.did("a 2026-11-06 02:00 extract")
		w.turns(l, "c", "2026-11-02 02:00 done 1", "2026-11-03 02:00 to 2026-11-05 02:00 missed 0, 3 times", "2026-11-06 02:00 waiting 0")
		w.doing(func(context.Context, string) error { return nil })
		h := w.new(l)
		err := h.Once(context.Background(), "b", time.Time{})
		if kind(err) != Busy || !strings.Contains(err.Error(), "b of Fri 2026-11-06 02:00 GMT waits for a of Fri 2026-11-06 02:00 GMT, which has failed; ohc-pipeline retry a") {
			t.Errorf("b, whose a has failed: %v", err)
		}
		if err := h.Retry(context.Background(), "a", utc("2026-11-06 02:00")); err != nil {
			t.Error(err)
		}
		w.clock("2026-11-06 12:30")
		w.serve(l, "2026-11-06 13:00")
		w.did("a 2026-11-06 02:00 extract", "b 2026-11-06 02:00 publish") // c of the day is missed: nobody was there
	})
}

// TestJumps has the clock on the wall jump: nothing is run twice, and no time is
// lost once it is right.
func TestJumps(t *testing.T) {
	jobs := []string{"a", "cron: '0 * * * *'\nruns: verify\ncatch_up: all up to 999\n"}
	inWorld(t, "2026-11-02 10:30", jobs, func(w *world) {
		l := w.open()
		defer l.Close()
		w.serve(l, "2026-11-02 12:30")
		w.clock("2026-11-02 16:30")
		w.serve(l, "2026-11-02 17:30")
		w.clock("2026-11-02 11:30")
		w.serve(l, "2026-11-02 19:30")
		var want []string
		for hour := 11; hour < 20; hour++ {
			want = append(want, fmt.Sprintf("2026-11-02 %d:00 done 1", hour))
		}
		w.turns(l, "a", want...)
	})
}

// TestSetAhead has a clock that was a year ahead when the job was first seen.
func TestSetAhead(t *testing.T) {
	inWorld(t, "2027-11-02 10:30", []string{"a", daily}, func(w *world) {
		l := w.open()
		defer l.Close()
		w.serve(l, "2027-11-03 12:00")
		w.clock("2026-11-02 10:30")
		w.serve(l, "2026-11-03 12:00")
		w.turns(l, "a", "2026-11-03 02:00 done 1", "2027-11-03 02:00 done 1")
	})
}

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
		go func() { first <- w.new(l).Once(context.Background(), "a", time.Time{}) }()
		time.Sleep(time.Second)
		w.clock("2026-11-02 04:00")
		w.taking(10 * time.Second)
		if err := w.new(l).Once(context.Background(), "a", time.Time{}); err != nil {
			t.Errorf("the second: %v", err)
		}
		if err := <-first; kind(err) != Busy || !strings.Contains(err.Error(), "taken over") {
			t.Errorf("the first: %v", err)
		}
		w.turns(l, "a", "2026-11-02 02:00 done 2")

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

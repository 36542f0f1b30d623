package clock

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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

// TestSuperseded holds that of turns that wait for one that has failed no more are
// kept than the policy for missed times would run.
func TestSuperseded(t *testing.T) {
	jobs := []string{"a", "cron: '0 2 * * *'\nruns: extract\ncatch_up: latest\n", "b", "after: a\nruns: publish\ncatch_up: all up to 2\n", "c", "after: a\nruns: verify\ncatch_up: none\n"}
	inWorld(t, "2026-11-02 01:00", jobs, func(w *world) {
		l := w.open()
		defer l.Close()
		w.doing(func(context.Context, string) error { return errBroken })
		w.serve(l, "2026-11-05 12:00")
		w.turns(l, "b", "2026-11-02 02:00 missed 0", "2026-11-03 02:00 missed 0", "2026-11-04 02:00 waiting 0", "2026-11-05 02:00 waiting 0")
		w.turns(l, "c", "2026-11-02 02:00 missed 0", "2026-11-03 02:00 missed 0", "2026-11-04 02:00 missed 0", "2026-11-05 02:00 waiting 0")
	})
}

// TestEnded holds that a job which waits for the end of another goes on when that
// has failed for good, and not before.
func TestEnded(t *testing.T) {
	jobs := []string{"a", "cron: '0 2 * * *'\nruns: extract\ncatch_up: latest\nretry: {times: 1, every: 1h, on: failed}\n",
		"b", "cron: '10 2 * * *'\nafter: a\nwait: ended\nruns: publish\ncatch_up: latest\n", "c", "cron: '10 2 * * *'\nafter: a\nwait: done\nruns: verify\ncatch_up: latest\n"}
	inWorld(t, "2026-11-02 01:00", jobs, func(w *world) {
		l := w.open()
		defer l.Close()
		w.doing(func(_ context.Context, call string) error {
			if strings.HasPrefix(call, "a ") {
				return errBroken
			}
			return nil
		})
		w.serve(l, "2026-11-02 02:30")
		w.turns(l, "b", "2026-11-02 02:10 waiting 0")
		w.serve(l, "2026-11-02 12:00")
		w.turns(l, "a", "2026-11-02 02:00 failed 2")
		w.turns(l, "b", "2026-11-02 02:10 done 1")
		w.turns(l, "c", "2026-11-02 02:10 waiting 0")
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

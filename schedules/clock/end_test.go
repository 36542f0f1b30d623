package clock

import (
	"context"
	"strings"
	"testing"
	"time"
)

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
		time.Sleep(30 * time.Second) // when no turn is due or under way
		if !strings.Contains(w.said(), "process 1 serves this ledger") || strings.Contains(w.said(), "serves now") {
			t.Errorf("the second has said %s", w.said())
		}
		m.dead.Store(true)
		kill()
		<-ended
		w.until("2026-11-02 12:19")
		time.Sleep(30 * time.Second)
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

package ledger

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// nights is the ledger of years of nights: one job that runs each, with times
// that failed and that were given up, one that waits for it and is off for long,
// one of which a turn has been open for years, and who serves.
func nights(t *testing.T, l *Ledger, years int) (now time.Time) {
	t.Helper()
	ctx := context.Background()
	now = day.AddDate(years, 0, 0)
	decide := func(job string, turns []Turn) {
		t.Helper()
		if err := l.Decide(ctx, job, time.Time{}, day, func(Past) ([]Turn, error) { return turns, nil }); err != nil {
			t.Fatal(err)
		}
	}
	var all []Turn
	for at, n := day, 0; at.Before(now); at, n = at.AddDate(0, 0, 1), n+1 {
		turn := Turn{Job: "nightly", At: at, Status: Done, Tries: 1, Seen: at, Ended: at.Add(time.Hour), Runs: []string{at.Format("20060102T150405.000Z")}}
		switch n % 50 {
		case 7:
			turn.Status, turn.Kind = Failed, "refused"
		case 8:
			turn.Status, turn.First, turn.At, turn.Times, turn.Runs = "missed", at, at.AddDate(0, 0, 2), 3, nil
			turn.Ended = turn.At
			at, n = turn.At, n+2
		}
		all = append(all, turn)
		if n%10 == 0 && turn.Run() != "" {
			run := Run{ID: turn.Run(), Command: "run", Started: at, Job: "nightly", Due: at, Step: "publish"}
			end := Run{ID: run.ID, Finished: turn.Ended, Status: Published}
			if turn.Status == Failed {
				end.Status = Failed
			}
			for _, err := range []error{l.Begin(ctx, run), l.Rules(ctx, run.ID, []string{"a"}), l.BeginStep(ctx, run.ID, "records", at),
				l.Account(ctx, run.ID, Whole, []Tally{{Feed: "a"}}, []Holding{{Feed: "a"}}), l.Judge(ctx, run.ID, []Verdict{{}}), l.Quarantine(ctx, run.ID, []Place{{Feed: "a"}}), l.Finish(ctx, end)} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	decide("nightly", all)
	decide("after", likewise("after", all[:100], false))
	decide("open", likewise("open", all[200:201], true))
	decide("late", []Turn{ // long due, and done not long ago
		{Job: "late", At: day, Status: Done, Seen: day, Ended: now.AddDate(0, 0, -10)}, {Job: "late", At: day.AddDate(0, 0, 1), Status: Done, Seen: day, Ended: now.AddDate(0, 0, -5)}})
	byHand := Run{ID: "20261101T000000.000Z", Command: "verify", Started: day, Finished: day, Status: Done}
	if err := errors.Join(l.Begin(ctx, byHand), l.Finish(ctx, byHand)); err != nil {
		t.Fatal(err)
	}
	decide("(clock)", []Turn{{Job: "(clock)", At: time.Unix(0, 0).UTC(), Seen: now, Status: Running, Lease: now}})
	return now
}

// likewise is turns as those of another job.
func likewise(job string, turns []Turn, open bool) []Turn {
	out := slices.Clone(turns)
	for i := range out {
		if out[i].Job, out[i].Runs = job, nil; open {
			out[i].Status, out[i].Ended = "waiting", time.Time{}
		}
	}
	return out
}

// known is what is asked of a ledger but for what is long over. asked is a time of
// which every job is asked.
func known(t *testing.T, l *Ledger, asked, now time.Time) (out []any) {
	t.Helper()
	ctx := context.Background()
	tell := func(v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	for _, job := range []string{"nightly", "after", "open", "late", "(clock)", "none"} {
		done, ended, err := l.Ends(ctx, job)
		tell([]Turn{done, ended}, err)
		p, err := l.Past(ctx, job, asked, now)
		p.Forgot = time.Time{}
		tell(p, err)
		p, err = l.Past(ctx, job, time.Time{}, day.AddDate(1, 0, 0)) // the clock was set back
		tell(p.Newest, err)
	}
	turns, err := l.CountTurns(ctx)
	tell(turns, err)
	runs, err := l.CountRuns(ctx)
	tell(runs, err)
	late, err := l.Turns(ctx, "late", 9)
	tell(late, err)
	newest, err := l.Newest(ctx)
	tell(newest, err)
	recent, err := l.Turns(ctx, "nightly", 350)
	tell(recent, err)
	ran, err := l.Runs(ctx, 30)
	tell(ran, err)
	return out
}

func (l *Ledger) rows(t *testing.T) string {
	t.Helper()
	var out []string
	for _, table := range []string{"turn", "run", "step", "tally", "rule", "quarantine"} {
		var n int
		if err := l.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, " ")
}

// TestForget holds that a ledger of years comes to hold what is over for no longer
// than it shall, and that it says the same as before of all that counts.
func TestForget(t *testing.T) {
	ctx := context.Background()
	l, _ := open(t)
	now := nights(t, l, 4)
	p, err := l.Past(ctx, "open", time.Time{}, now)
	if err != nil || len(p.Open) != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	named, waiting := day.AddDate(0, 0, 20).Format("20060102T150405.000Z"), p.Open[0]
	forget := func(asked time.Time, rows string) {
		t.Helper()
		before := known(t, l, asked, now)
		for range 2 {
			if err := l.Forget(ctx, now.AddDate(0, 0, -400), named); err != nil {
				t.Fatal(err)
			}
		}
		after := known(t, l, asked, now)
		for i := range before {
			if !reflect.DeepEqual(before[i], after[i]) {
				t.Errorf("%d: %+v\nwas    %+v", i, after[i], before[i])
			}
		}
		if got := l.rows(t); got != rows {
			t.Errorf("left are %s, want %s", got, rows)
		}
	}
	forget(waiting.At, "1207 102 101 101 101 101") // what has waited for so long may wait for any of them
	waiting.Status, waiting.Ended = Done, now
	if err := l.Decide(ctx, "open", time.Time{}, now, func(Past) ([]Turn, error) { return []Turn{waiting}, nil }); err != nil {
		t.Fatal(err)
	}
	forget(now.AddDate(0, 0, -100), "391 34 33 33 33 33")
	for at, want := range map[time.Time]bool{day: true, day.AddDate(0, 0, 9): true, now.AddDate(0, 0, -450): true, now.AddDate(0, 0, -399): false, waiting.At: true} {
		p, err := l.Past(ctx, "nightly", at, now)
		if err != nil || p.Asked.At.IsZero() != want || want && at.After(p.Forgot) {
			t.Errorf("%v is forgotten: %+v %v", at, p, err)
		}
	}
}

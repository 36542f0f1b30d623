package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

func TestTurnIsRemembered(t *testing.T) {
	ctx := context.Background()
	l, path := open(t)
	whole := Turn{Job: "a", At: day, First: day, Times: 1, Status: Running, Tries: 2, Seen: day.Add(time.Second), Again: day.Add(2 * time.Second), Holder: "me",
		Lease: day.Add(time.Minute), Kind: "failed", Failure: "broken", Done: []string{"extract", "publish"}, Runs: []string{"r1", "r2"}}
	gap := Turn{Job: "a", First: day.AddDate(0, 0, -3), At: day.AddDate(0, 0, -1), Times: 3, Status: "missed", Seen: day, Ended: day, Done: []string{}, Runs: []string{}}
	err := l.Decide(ctx, "a", day, day.Add(time.Hour), func(p Past) ([]Turn, error) {
		if !p.Seen.IsZero() || !p.Newest.IsZero() || len(p.Open) > 0 || !p.Asked.At.IsZero() {
			t.Errorf("before anything: %+v", p)
		}
		return []Turn{whole, gap}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	turns, err := again.Turns(ctx, "a", 9)
	if err != nil || !reflect.DeepEqual(turns, []Turn{whole, gap}) {
		t.Errorf("%+v %v", turns, err)
	}
	for at, want := range map[time.Time]Turn{day: whole, gap.At: gap, gap.First: gap, gap.At.AddDate(0, 0, -1): gap, gap.First.Add(-time.Minute): {}, day.Add(time.Minute): {}, day.Add(-time.Minute): {}} {
		p, err := again.Past(ctx, "a", at, day.AddDate(0, 0, 9))
		if err != nil || !reflect.DeepEqual(p.Asked, want) || len(p.Open) != 1 || !p.Newest.Equal(day) || !p.Seen.Equal(day.Add(time.Hour)) {
			t.Errorf("%v: %+v %v", at, p, err)
		}
	}
	for now, newest := range map[time.Time]time.Time{day: day, day.Add(-time.Second): gap.At, gap.First.Add(time.Hour): gap.First.Add(time.Hour), gap.First.Add(-time.Hour): {}} {
		if p, err := again.Past(ctx, "a", time.Time{}, now); err != nil || !p.Newest.Equal(newest) {
			t.Errorf("at %v the newest is %v %v", now, p.Newest, err)
		}
	}
	if p, err := again.Past(ctx, "b", day, day); err != nil || !reflect.DeepEqual(p, Past{}) {
		t.Errorf("another job: %+v %v", p, err)
	}
}

// TestDecideAlone has many decide on one thing from two openings of a ledger:
// each sees what those before it have decided. What ends with an error leaves
// nothing.
func TestDecideAlone(t *testing.T) {
	ctx := context.Background()
	l, path := open(t)
	other, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	broken := errors.New("broken")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := []*Ledger{l, other}[i%2].Decide(ctx, "a", day, day, func(p Past) ([]Turn, error) {
				p.Asked.Job, p.Asked.At, p.Asked.Tries = "a", day, p.Asked.Tries+1
				if i%4 == 0 {
					return []Turn{p.Asked}, broken
				}
				return []Turn{p.Asked}, nil
			})
			if (i%4 == 0) != errors.Is(err, broken) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if turns, err := l.Turns(ctx, "a", 9); err != nil || len(turns) != 1 || turns[0].Tries != 30 {
		t.Errorf("%+v %v", turns, err)
	}
}

func TestSteps(t *testing.T) {
	ctx := context.Background()
	l, _ := open(t)
	err := errors.Join(l.Begin(ctx, Run{ID: "a", Started: day, Job: "j", Due: day, Step: "publish"}), l.Begin(ctx, Run{ID: "b", Started: day}),
		l.EndStep(ctx, "a", Done, "", day), l.BeginStep(ctx, "a", "persons", day),
		l.BeginStep(ctx, "a", "records", day.Add(time.Second)), l.BeginStep(ctx, "b", "persons", day), l.EndStep(ctx, "a", Failed, "why", day.Add(time.Minute)))
	steps, err2 := l.Steps(ctx, "a")
	want := []Step{{"persons", day, day.Add(time.Second), Done, "", 0}, {"records", day.Add(time.Second), day.Add(time.Minute), Failed, "why", 0}}
	if err = errors.Join(err, err2); err != nil || !reflect.DeepEqual(steps, want) {
		t.Errorf("%+v %v", steps, err)
	}
	if steps, err := l.Steps(ctx, "b"); err != nil || len(steps) != 1 || !steps[0].Ended.IsZero() || steps[0].Status != Running {
		t.Errorf("%+v %v", steps, err)
	}
	if runs, err := l.RunsOf(ctx, "j", 9); err != nil || len(runs) != 1 || runs[0].ID != "a" || !runs[0].Due.Equal(day) || runs[0].Step != "publish" {
		t.Errorf("%+v %v", runs, err)
	}
	if err := l.BeginStep(ctx, "nobody", "persons", day); err == nil {
		t.Error("a step of no run was taken")
	}
}

// TestLedgerOfTheFirstRelease shows that a ledger from before there were turns is
// read and written on, by several processes that open it at once.
func TestLedgerOfTheFirstRelease(t *testing.T) {
	ctx := context.Background()
	l, path := open(t)
	_, err := l.db.Exec(`DROP TABLE step; DROP TABLE job; DROP TABLE turn; ALTER TABLE run DROP COLUMN command; ALTER TABLE run DROP COLUMN job; ALTER TABLE run DROP COLUMN due;
		ALTER TABLE run DROP COLUMN step; INSERT INTO run (id, started, status, as_of, purpose) VALUES ('a', '2026-11-01T02:00:00.000Z', 'published', '', '')`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			again, err := Open(filepath.Clean(path))
			if err != nil {
				t.Error(err)
				return
			}
			again.Close()
		})
	}
	wg.Wait()
	runs, err := l.Runs(ctx, 5)
	if err != nil || len(runs) != 1 || runs[0].Command != "run" || runs[0].Job != "" || !runs[0].Due.IsZero() {
		t.Errorf("%+v %v", runs, err)
	}
	if err := l.Decide(ctx, "a", day, day, func(Past) ([]Turn, error) { return []Turn{{Job: "a", At: day}}, nil }); err != nil {
		t.Error(err)
	}
}

package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func open(t *testing.T) (*Ledger, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "work", "ledger.db")
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, path
}

func TestRunIsRemembered(t *testing.T) {
	ctx := context.Background()
	l, path := open(t)
	start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	run := Run{ID: "a", Command: "publish", Started: start, AsOf: "2026-11-01", Purpose: "planning"}
	tallies := []Tally{{Feed: "ohc", Dataset: "problem", Outcome: "kept", Records: 5}, {Feed: "ohc", Outcome: "unused", Reason: "List", Records: 2}}
	held := []Holding{{Feed: "ohc", Organisation: "RJE", Records: 4}, {Feed: "ohc", Organisation: "RJE", Gate: "optout", Reason: "not on the allow list", Records: 3}}
	places := []Place{{Feed: "ohc", File: "Condition.ndjson", Line: 7, Dataset: "problem", Field: "onsetDateTime", Reason: "no such date"}}
	err := errors.Join(l.Begin(ctx, run), l.Rules(ctx, "a", []string{"optout: 12 rows"}), l.Quarantine(ctx, "a", places),
		l.Account(ctx, "a", Whole, tallies[:1], held[:1]), l.Account(ctx, "a", Whole, tallies, held))
	run.Finished, run.Status, run.Snapshot, run.Kind = start.Add(time.Minute), "published", "s1", Whole
	if err := errors.Join(err, l.Finish(ctx, run)); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path) // while the first is open
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got, err := again.Runs(ctx, 5); err != nil || len(got) != 1 || got[0] != run {
		t.Errorf("runs %+v, %v", got, err)
	}
	if got, err := again.Tallies(ctx, "a"); err != nil || len(got) != 2 || got[1] != tallies[0] {
		t.Errorf("tallies %+v, %v", got, err)
	}
	if got, err := again.Organisations(ctx, "a"); err != nil || !slices.Equal(got, held) {
		t.Errorf("organisations %+v, %v", got, err)
	}
	if got, err := again.Places(ctx, "a", 5); err != nil || len(got) != 1 || got[0] != places[0] {
		t.Errorf("places %+v, %v", got, err)
	}
	if got, err := again.RulesOf(ctx, "a"); err != nil || len(got) != 1 || got[0] != "optout: 12 rows" {
		t.Errorf("rules %+v, %v", got, err)
	}
}

// TestRunsThatDied shows that what became of a run that never said so is told
// by what is published.
func TestRunsThatDied(t *testing.T) {
	ctx := context.Background()
	for _, tc := range []struct{ run, snapshot, a, b, c string }{
		{"", "", CutOff, CutOff, Failed},
		{"b", "b-2", CutOff, Published, Failed},
		{"c", "c", CutOff, CutOff, Failed}, // what has ended stays as it ended
		{"z", "z", CutOff, CutOff, Failed},
	} {
		l, _ := open(t)
		var err error
		for i, id := range []string{"a", "b", "c"} {
			err = errors.Join(err, l.Begin(ctx, Run{ID: id, Started: time.Unix(int64(-i), 0)}))
		}
		err = errors.Join(err, l.Finish(ctx, Run{ID: "c", Status: Failed}), l.Recover(ctx, tc.run, tc.snapshot), l.Recover(ctx, "", ""))
		runs, err2 := l.Runs(ctx, 5)
		if err != nil || err2 != nil || len(runs) != 3 || runs[0].Status != tc.a || runs[1].Status != tc.b || runs[2].Status != tc.c {
			t.Fatalf("published %s: %+v %v %v", tc.run, runs, err, err2)
		}
		if late := tc.b == Published; late && (runs[1].Snapshot != "b-2" || runs[1].Failure != Late || !runs[1].Finished.IsZero()) || runs[0].Snapshot != "" {
			t.Errorf("published %s: %+v", tc.run, runs)
		}
	}
}

// TestOlderLedger shows that a ledger without the newest column is read, and
// written on.
func TestOlderLedger(t *testing.T) {
	ctx := context.Background()
	l, path := open(t)
	_, err := l.db.Exec(`ALTER TABLE run DROP COLUMN command; INSERT INTO run (id, started, status, as_of, purpose) VALUES ('a', '2026-11-01T02:00:00.000Z', 'published', '', '')`)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Begin(ctx, Run{ID: "b", Command: "publish"}); err != nil {
		t.Fatal(err)
	}
	runs, err := again.Runs(ctx, 5)
	if err != nil || len(runs) != 2 || runs[0].Command != "run" || runs[1].Command != "publish" {
		t.Errorf("%+v %v", runs, err)
	}
}

func TestUnknownRunIsRefused(t *testing.T) {
	l, _ := open(t)
	if err := l.Account(context.Background(), "nobody", Whole, []Tally{{Feed: "x", Records: 1}}, nil); err == nil {
		t.Error("a tally of no run was taken")
	}
}

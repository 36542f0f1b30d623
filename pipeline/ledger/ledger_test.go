package ledger

import (
	"context"
	"errors"
	"path/filepath"
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
	run := Run{ID: "a", Started: start, AsOf: "2026-11-01", Purpose: "planning"}
	tallies := []Tally{{Feed: "ohc", Dataset: "problem", Outcome: "kept", Records: 5}, {Feed: "ohc", Outcome: "unused", Reason: "List", Records: 2}}
	places := []Place{{Feed: "ohc", File: "Condition.ndjson", Line: 7, Dataset: "problem", Field: "onsetDateTime", Reason: "no such date"}}
	err := errors.Join(l.Begin(ctx, run), l.Rules(ctx, "a", []string{"optout: 12 rows"}), l.Quarantine(ctx, "a", places),
		l.Account(ctx, "a", tallies[:1]), l.Account(ctx, "a", tallies))
	run.Finished, run.Status, run.Snapshot = start.Add(time.Minute), "published", "s1"
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
	if got, err := again.Places(ctx, "a", 5); err != nil || len(got) != 1 || got[0] != places[0] {
		t.Errorf("places %+v, %v", got, err)
	}
	if got, err := again.RulesOf(ctx, "a"); err != nil || len(got) != 1 || got[0] != "optout: 12 rows" {
		t.Errorf("rules %+v, %v", got, err)
	}
}

func TestARunThatWasCutOffIsMarked(t *testing.T) {
	ctx := context.Background()
	l, _ := open(t)
	if err := errors.Join(l.Begin(ctx, Run{ID: "a", Started: time.Unix(1, 0)}), l.Begin(ctx, Run{ID: "b", Started: time.Unix(2, 0)})); err != nil {
		t.Fatal(err)
	}
	runs, err := l.Runs(ctx, 5)
	if err != nil || len(runs) != 2 || runs[0].Status != "running" || runs[1].Status != "cut off" {
		t.Errorf("%+v %v", runs, err)
	}
}

func TestUnknownRunIsRefused(t *testing.T) {
	l, _ := open(t)
	if err := l.Account(context.Background(), "nobody", []Tally{{Feed: "x", Records: 1}}); err == nil {
		t.Error("a tally of no run was taken")
	}
}

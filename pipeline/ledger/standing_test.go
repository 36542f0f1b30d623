package ledger

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"
)

// TestStanding holds that turns and runs are counted by how they ended, and that
// what has not ended is not counted.
func TestStanding(t *testing.T) {
	ctx := context.Background()
	l, _ := open(t)
	at := func(h int) time.Time { return day.Add(time.Duration(h) * time.Hour) }
	turns := []Turn{
		{Job: "a", At: at(0), Status: Done, Tries: 2, Seen: day, Ended: at(1), Kind: "failed"},
		{Job: "a", At: at(4), First: at(2), Times: 3, Status: "missed", Seen: day, Ended: at(5)},
		{Job: "a", At: at(6), Status: Failed, Tries: 1, Seen: day, Ended: at(7), Kind: "refused"},
		{Job: "a", At: at(8), Status: Running, Tries: 1, Seen: day, Lease: at(9)},
	}
	if err := l.Decide(ctx, "a", at(0), at(9), func(Past) ([]Turn, error) { return turns, nil }); err != nil {
		t.Fatal(err)
	}
	counts, err := l.CountTurns(ctx)
	if want := []Count{{"a", Done, "", 1}, {"a", Failed, "refused", 1}, {"a", "missed", "", 3}}; err != nil || !reflect.DeepEqual(counts, want) {
		t.Errorf("turns: %v %v", counts, err)
	}
	done, ended, err := l.Ends(ctx, "a")
	if err != nil || !done.At.Equal(at(0)) || !ended.At.Equal(at(6)) {
		t.Errorf("done %v, ended %v, %v", done.At, ended.At, err)
	}
	if done, ended, err := l.Ends(ctx, "b"); err != nil || !done.At.IsZero() || !ended.At.IsZero() {
		t.Errorf("of a job that never ran: %v %v %v", done.At, ended.At, err)
	}
	for i, r := range []Run{
		{ID: "r1", Command: "run", Started: at(0), Status: Published, Job: "a"}, {ID: "r2", Command: "run", Started: at(1), Status: Published},
		{ID: "r3", Command: "run", Started: at(2), Status: Failed}, {ID: "r4", Command: "verify", Started: at(3), Status: Running},
	} {
		r.Finished = at(i + 1)
		err := l.Begin(ctx, r)
		if r.Status != Running {
			err = errors.Join(err, l.Finish(ctx, r))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	counts, err = l.CountRuns(ctx)
	if want := []Count{{"", Failed, "", 1}, {"", Published, "", 1}, {"a", Published, "", 1}}; err != nil || !reflect.DeepEqual(counts, want) {
		t.Errorf("runs: %v %v", counts, err)
	}
	if runs, err := l.Newest(ctx); err != nil || len(runs) != 1 || runs[0].ID != "r2" {
		t.Errorf("newest: %v %v", runs, err)
	}
}

// TestWeigh holds that the bytes are those of the step that is going on.
func TestWeigh(t *testing.T) {
	ctx := context.Background()
	l, _ := open(t)
	err := errors.Join(l.Begin(ctx, Run{ID: "r", Started: day}),
		l.BeginStep(ctx, "r", "persons", day), l.Weigh(ctx, "r", 5), l.EndStep(ctx, "r", Done, "", day),
		l.Weigh(ctx, "r", 6), l.BeginStep(ctx, "r", "records", day), l.Weigh(ctx, "r", 7), l.Weigh(ctx, "r", 9))
	steps, failed := l.Steps(ctx, "r")
	if err := errors.Join(err, failed); err != nil || len(steps) != 2 || steps[0].Bytes != 5 || steps[1].Bytes != 9 {
		t.Errorf("%+v %v", steps, err)
	}
}

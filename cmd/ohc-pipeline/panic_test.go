package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/ledger"
)

// TestPanic holds that a panic in a goroutine of a run is a failure of the step
// that it was at, which tells no value, and that another run can follow.
func TestPanic(t *testing.T) {
	c := config.Config{Work: t.TempDir(), Marts: t.TempDir()}
	way := attempt{"run", func(ctx context.Context, _ config.Config, l *ledger.Ledger, id string, _, _ time.Time) (pipeline.Result, error) {
		steps, end := follow(ctx, l, id)
		defer end()
		steps.Step("persons", 0)
		steps.Step("records", 0)
		var all guard.Group
		all.Go(func() { panic("of patient 9434765919") })
		all.Wait()
		return pipeline.Result{}, nil
	}, ledger.Published, part{}}
	var log bytes.Buffer
	ctx := logged(context.Background(), slog.New(slog.NewJSONHandler(&log, nil)))
	for range 2 {
		_, _, err := begin(ctx, c, way)
		if err == nil || !strings.HasPrefix(err.Error(), "step records: panic (string) in secondaryuse/cmd/ohc-pipeline.TestPanic.") || errors.As(err, new(coded)) {
			t.Fatalf("it said %v", err)
		}
	}
	l, err := openLedger(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	runs, err := l.Runs(ctx, 10)
	if err != nil || len(runs) != 2 || runs[0].Status != ledger.Failed || runs[1].Status != ledger.Failed || runs[0].Finished.IsZero() {
		t.Fatalf("%+v %v", runs, err)
	}
	steps, err := l.Steps(ctx, runs[0].ID)
	if err != nil || len(steps) != 2 || steps[0].Status != ledger.Done || steps[1].Status != ledger.Failed || steps[1].Note != runs[0].Failure {
		t.Errorf("%+v %v", steps, err)
	}
	if said := log.String() + runs[0].Failure; strings.Contains(said, "9434765919") || !strings.Contains(said, "panic_test.go:") {
		t.Errorf("it said %s", said)
	}
}

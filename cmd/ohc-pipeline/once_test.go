package main

import (
	"context"
	"os"
	"testing"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// TestGatesOpenOnce holds that a run stands on the lists as they were before
// anything was fetched: what becomes of them meanwhile is the next run's matter,
// which is refused here.
func TestGatesOpenOnce(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 60, 5, 0)
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	way := extract
	way.try = func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
		r, _, err := prepare(c, asOf, now, true)
		if err != nil {
			return pipeline.Result{}, err
		}
		if err := os.Remove(c.Gates.Objection.File); err != nil {
			return pipeline.Result{}, err
		}
		return goAll(ctx, c, l, id, r, now, false)
	}
	if _, _, err := begin(d.now(), c, way); err != nil {
		t.Error(err)
	}
	if _, _, err := begin(d.now(), c, everything(false)); status(context.Background(), err) != ledger.Refused {
		t.Errorf("without a list: %v", err)
	}
}

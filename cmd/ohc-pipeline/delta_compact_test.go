package main

import (
	"context"
	"testing"
	"time"

	"secondaryuse/pipeline/stage/seal"
)

// TestDeltaCompacted holds that a stage that was compacted can be gone on from,
// by deltas that end in the same marts as reading everything.
func TestDeltaCompacted(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 120, 7, 0)
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	d.run(c)
	for day := 1; day <= 3; day++ {
		name := d.next(day)
		c = d.config("kept")
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, day), false)
		if r := d.run(c); r.Plan.Whole {
			t.Errorf("day %d is read whole: %s", day, r.Plan.Why)
		}
		if err := compacted(context.Background(), stageOf(c), seal.Name(time.Now())); err != nil {
			t.Fatal(err)
		}
		if live, err := seal.Current(stageOf(c)); err != nil || live.Since != live.Layer || live.Layer != int64(day) {
			t.Fatalf("layers %d to %d, %v", live.Since, live.Layer, err)
		}
		if day == 2 {
			continue
		}
		fresh := d.config("fresh" + name)
		d.copyLanding(c.Work, fresh.Work)
		d.run(fresh)
		d.same(c, fresh)
	}
}

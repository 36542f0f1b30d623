package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
)

// publishOther publishes with other files to be judged by than the run before.
func (d *deltas) publishOther(c config.Config) (pipeline.Result, error) {
	d.t.Helper()
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(c.Reference.Places, later, later); err != nil {
		d.t.Fatal(err)
	}
	r, _, err := begin(d.now(), c, again)
	return r, err
}

// TestPublishOfLayers holds that new opt-outs and objections take effect on a
// stage of layers that cannot be gone on from, as on one of a run that read
// everything, and that the next run reads everything.
func TestPublishOfLayers(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 150, 3, 0)
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	d.run(c)
	name := d.next(1)
	c = d.config("kept")
	d.land(c, name, d.plan.AsOf.AddDate(0, 0, 1), false)
	if r := d.run(c); r.Plan.Whole {
		t.Fatal(r.Plan.Why)
	}
	fresh := d.config("fresh")
	d.copyLanding(c.Work, fresh.Work)
	d.run(fresh)
	d.next(2) // only its lists
	c, fresh = d.config("kept"), d.config("fresh")
	for _, c := range []config.Config{c, fresh} {
		if r, err := d.publishOther(c); err != nil || totals(r.Account.Tallies())["excluded"] == 0 {
			t.Fatalf("%v, %v", r.Account.Tallies(), err)
		}
		if live, err := seal.Current(stageOf(c)); err != nil || live.Layer != 0 || live.Since != 0 {
			t.Errorf("layers %d to %d, %v", live.Since, live.Layer, err)
		}
	}
	d.same(c, fresh)
	d.sameRows(c, fresh)
	if r := d.run(c); !r.Plan.Whole {
		t.Error("the run after it is a delta")
	}
}

// TestPublishOfDamagedLayers holds that what is not as it was sealed is not made
// into a layer that is.
func TestPublishOfDamagedLayers(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	o.next(map[string][]resource{"Observation.ndjson": {o.made("Observation", "o1", 1, nil)}})
	c := o.config("kept")
	live, err := seal.Current(stageOf(c))
	if err != nil || live.Layer == live.Since {
		t.Fatalf("layers %d to %d, %v", live.Since, live.Layer, err)
	}
	path := filepath.Join(seal.Dir(stageOf(c), live.Run), live.Parts[0].File)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := errors.Join(os.Remove(path), os.WriteFile(path, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.publishOther(c); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("it ended with %v", err)
	}
	if now, err := seal.Current(stageOf(c)); err != nil || now.Run != live.Run {
		t.Errorf("the live run is %s, %v", now.Run, err)
	}
}

// TestPublishBesideAReload holds that a publication goes on from what is staged,
// and says of it what is missing in it, though a reload has fetched everything
// anew and was then cut off: what it brought has replaced nothing yet.
func TestPublishBesideAReload(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 150, 5, 0)
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	kept, fresh := d.config("kept"), d.config("fresh")
	for _, c := range []config.Config{kept, fresh} {
		d.landLacking(c, "day0")
		d.run(c)
	}
	name := d.next(1)
	kept, fresh = d.config("kept"), d.config("fresh")
	for _, c := range []config.Config{kept, fresh} {
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, 1), false)
		d.run(c)
	}
	d.land(kept, "day0", d.plan.AsOf.AddDate(0, 0, 1), true)
	d.next(2) // only its lists
	kept, fresh = d.config("kept"), d.config("fresh")
	for _, c := range []config.Config{kept, fresh} {
		r, _, err := begin(d.now(), c, again)
		if err != nil || !r.Delta || r.Touched == 0 {
			t.Fatalf("delta %t of %d persons, %v", r.Delta, r.Touched, err)
		}
		if _, m, err := snapshot.Current(c.Marts); err != nil || !slices.ContainsFunc(m.Rules, func(l string) bool { return strings.HasPrefix(l, "feed ohc: INCOMPLETE: delivery 1: ") }) {
			t.Errorf("the manifest says %q, error %v", m.Rules, err)
		}
	}
	d.same(kept, fresh)
	if r := d.run(kept); !r.Plan.Whole {
		t.Error("what was reloaded is not taken up after it")
	}
}

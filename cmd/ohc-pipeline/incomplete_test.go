package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/metric"
	"secondaryuse/pipeline/stage/seal"
)

// lacking brings a folder, and says that something is missing.
type lacking struct{ folderOf }

func (l lacking) Fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	d, err := l.folderOf.Fetch(ctx, last, dir, p)
	d.Incomplete = []string{"Observation: not-supported"}
	return d, err
}

// landLacking brings a folder of the population into the landing, of which the
// shared record says that something is missing.
func (d *deltas) landLacking(c config.Config, day string) {
	d.t.Helper()
	d.land(c, day, d.plan.AsOf, false)
	for _, f := range c.Feeds {
		if f.Name == "ohc" {
			from := lacking{folderOf{filepath.Join(d.root, day, feedFolders[f.Name]), d.plan.AsOf.Add(time.Hour), false}}
			if err := fetchFeed(context.Background(), c, f, from, seal.Manifest{}, true, quiet{}); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

// TestIncomplete holds that what is published of a delivery that lacks
// something says so, and is measured so, as long as that is what there is: a
// delivery after it lacks nothing, but does not bring what was missing.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 60, 4, 0)
	c := d.config("kept")
	d.landLacking(c, "day0")
	d.run(c)
	d.land(c, "day0", d.plan.AsOf, false)
	d.run(c)
	_, m, err := snapshot.Current(c.Marts)
	if err != nil || !slices.ContainsFunc(m.Rules, func(l string) bool {
		return strings.HasPrefix(l, "feed ohc: INCOMPLETE: delivery ") && strings.HasSuffix(l, ": Observation: not-supported")
	}) {
		t.Errorf("the manifest says %q, error %v", m.Rules, err)
	}
	var s metric.State
	if err := (gaugeOf{c: c}).feeds(&s); err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Feeds {
		if f.Incomplete != (f.Name == "ohc") {
			t.Errorf("%s is measured as incomplete: %t", f.Name, f.Incomplete)
		}
	}
}

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/testdata/population"
)

// feedFolders is where the population writes what each of its feeds holds.
var feedFolders = map[string]string{"ohc": "shared-record", "hospital": "hospital", "gp": "gp-connect", "phr": "phr",
	"garmin": "wearable/garmin", "fitbit": "wearable/fitbit", "apple": "wearable/apple"}

// folderOf brings a folder, as it stands.
type folderOf struct {
	dir string
	at  time.Time
}

func (f folderOf) Plan(context.Context, fetch.Last) (fetch.Plan, error) { return fetch.Plan{}, nil }
func (f folderOf) Done(context.Context, fetch.Delivery, string) error   { return nil }
func (f folderOf) Fetch(_ context.Context, _ fetch.Last, dir string, _ fetch.Progress) (fetch.Delivery, error) {
	if _, err := os.Stat(f.dir); errors.Is(err, fs.ErrNotExist) {
		return fetch.Delivery{}, fetch.ErrNothing
	}
	return fetch.Delivery{At: f.at}, os.CopyFS(dir, os.DirFS(f.dir))
}

// deltas is an installation whose feeds are all fetched, from a population that
// lives on.
type deltas struct {
	t    *testing.T
	root string
	plan population.Plan
	day  int // that the feeds have come to
}

func newDeltas(t *testing.T, persons int, seed uint64) *deltas {
	t.Helper()
	d := &deltas{t: t, root: t.TempDir(), plan: population.Plan{Persons: persons, Seed: seed, Touch: 0.1, AsOf: today(time.Now()).AddDate(0, 0, -7), Faults: population.Usual()}}
	p := d.plan
	p.Out = filepath.Join(d.root, "day0")
	if _, err := population.State(context.Background(), p, 0, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

// config writes the configuration of an installation on the day that the feeds
// have come to, with the lists of that day.
func (d *deltas) config(name string) config.Config {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.root, "day0", "config.yaml"))
	if err != nil {
		d.t.Fatal(err)
	}
	said := string(text)
	for _, folder := range feedFolders {
		said = strings.Replace(said, "path: "+folder, "fetch: {drop: {}}", 1)
	}
	base := filepath.Join(d.root, name)
	said = strings.NewReplacer("max_age: 8d", "max_age: 400d", "max_age: 20d", "max_age: 400d", "lists/", fmt.Sprintf("../day%d/lists/", d.day),
		"as_of: "+d.plan.AsOf.Format(time.DateOnly), "as_of: "+d.plan.AsOf.AddDate(0, 0, d.day).Format(time.DateOnly),
		"work: work", "work: "+base+"/work", "marts: marts", "marts: "+base+"/marts", "keys: keys", "keys: "+d.root+"/keys").Replace(said)
	path := filepath.Join(d.root, "day0", name+".yaml")
	if err := os.WriteFile(path, []byte(said), 0o600); err != nil {
		d.t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// land brings a folder of the population into the landing.
func (d *deltas) land(c config.Config, day string, at time.Time, whole bool) {
	d.t.Helper()
	live, err := seal.Current(stageOf(c))
	if err != nil && !errors.Is(err, seal.ErrNone) {
		d.t.Fatal(err)
	}
	for _, f := range c.Feeds {
		from := folderOf{filepath.Join(d.root, day, feedFolders[f.Name]), at}
		if err := fetchFeed(context.Background(), c, f, from, live, whole, quiet{}); err != nil {
			d.t.Fatal(err)
		}
	}
}

// run does one run and returns what it came to.
func (d *deltas) run(c config.Config) pipeline.Result {
	d.t.Helper()
	result, _, err := begin(context.Background(), c, extract)
	if err != nil {
		d.t.Fatal(err)
	}
	return result
}

// next takes the feeds to a later day.
func (d *deltas) next(to int) string {
	d.t.Helper()
	p, name := d.plan, fmt.Sprintf("day%d", to)
	p.Out = filepath.Join(d.root, name)
	if err := population.Delta(context.Background(), p, d.day, to); err != nil {
		d.t.Fatal(err)
	}
	d.day = to
	return name
}

// marts are the bytes of every mart that is published.
func (d *deltas) marts(c config.Config) map[string]string {
	d.t.Helper()
	dir, m, err := snapshot.Current(c.Marts)
	if err != nil {
		d.t.Fatal(err)
	}
	out := make(map[string]string)
	for _, f := range m.Files {
		if f.Mart == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			d.t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		out[f.Mart] = hex.EncodeToString(sum[:])
	}
	return out
}

// TestDelta holds that what a run takes up of what has changed ends in the same
// marts as reading everything that ever landed, and as reading what the systems
// hold on the last day.
func TestDelta(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 300, 7)
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	if r := d.run(c); !r.Plan.Whole {
		t.Error("the first run is a delta")
	}
	for day := 1; day <= 5; day++ {
		name := d.next(day)
		c = d.config("kept")
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, day), false)
		r := d.run(c)
		t.Logf("day %d: %+v, %d touched, %d again of %d", day, r.Plan, r.Touched, r.Again, r.Persons)
		if r.Plan.Whole {
			t.Errorf("day %d: it read everything: %s", day, r.Plan.Why)
		}
		got := d.marts(c)
		fresh := d.config(fmt.Sprintf("fresh%d", day))
		if err := os.CopyFS(filepath.Join(fresh.Work, "landing"), os.DirFS(filepath.Join(c.Work, "landing"))); err != nil {
			t.Fatal(err)
		}
		d.run(fresh)
		for mart, sum := range d.marts(fresh) {
			if got[mart] != sum {
				t.Errorf("day %d: %s is another than by reading everything", day, mart)
			}
		}
		if t.Failed() {
			return
		}
	}
}

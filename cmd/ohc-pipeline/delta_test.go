package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
	"secondaryuse/testdata/population"
)

// feedFolders is where the population writes what each of its feeds holds.
var feedFolders = map[string]string{"ohc": "shared-record", "hospital": "hospital", "gp": "gp-connect", "phr": "phr",
	"garmin": "wearable/garmin", "fitbit": "wearable/fitbit", "apple": "wearable/apple"}

// folderOf brings a folder, as it stands or with its files unpacked.
type folderOf struct {
	dir    string
	at     time.Time
	unpack bool
}

func (f folderOf) Plan(context.Context, fetch.Last) (fetch.Plan, error) { return fetch.Plan{}, nil }
func (f folderOf) Done(context.Context, fetch.Delivery, string) error   { return nil }
func (f folderOf) Fetch(_ context.Context, _ fetch.Last, dir string, _ fetch.Progress) (fetch.Delivery, error) {
	if _, err := os.Stat(f.dir); errors.Is(err, fs.ErrNotExist) {
		return fetch.Delivery{}, fetch.ErrNothing
	}
	if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil || !f.unpack {
		return fetch.Delivery{At: f.at}, err
	}
	return fetch.Delivery{At: f.at}, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (ext == ".gz" || ext == ".zst") {
			err = unpackFile(path)
		}
		return err
	})
}

// unpackFile puts what a packed file holds in its place.
func unpackFile(path string) error {
	packed, err := os.Open(path)
	if err != nil {
		return err
	}
	defer packed.Close()
	var text io.Reader
	if filepath.Ext(path) == ".gz" {
		text, err = gzip.NewReader(packed)
	} else {
		text, err = zstd.NewReader(packed)
	}
	if err != nil {
		return err
	}
	plain, err := os.Create(strings.TrimSuffix(path, filepath.Ext(path)))
	if err != nil {
		return err
	}
	_, err = io.Copy(plain, text)
	return errors.Join(err, plain.Close(), os.Remove(path))
}

// deltas is an installation whose feeds are all fetched, from a population that
// lives on.
type deltas struct {
	t    testing.TB
	root string
	plan population.Plan
	day  int // that the feeds have come to

	night int // how many nights have gone by since that day
	runs  int // on which there were so many

	unpack bool     // what is packed
	edits  []string // of the configuration: from, to, and so on
}

func newDeltas(t testing.TB, persons int, seed uint64, days int) *deltas {
	t.Helper()
	d := &deltas{t: t, root: t.TempDir(), plan: population.Plan{Persons: persons, Seed: seed, Touch: 0.1, AsOf: today(time.Now()).AddDate(0, 0, -days), Faults: population.Usual()}}
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
		said = strings.Replace(said, "path: "+folder, "fetch: {drop: {folder: drop/"+folder+", marker: .done}}", 1)
	}
	base := filepath.Join(d.root, name)
	said = strings.NewReplacer(append(d.edits, "max_age: 8d", "max_age: 400d", "max_age: 20d", "max_age: 400d", "lists/", fmt.Sprintf("../day%d/lists/", d.day),
		"as_of: "+d.plan.AsOf.Format(time.DateOnly), "as_of: "+d.plan.AsOf.AddDate(0, 0, d.day+d.night).Format(time.DateOnly),
		"work: work", "work: "+base+"/work", "marts: marts", "marts: "+base+"/marts", "keys: keys", "keys: "+d.root+"/keys")...).Replace(said)
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
		from := folderOf{filepath.Join(d.root, day, cmp.Or(feedFolders[f.Name], f.Name)), at, d.unpack}
		if err := fetchFeed(context.Background(), c, f, from, live, whole, quiet{}); err != nil {
			d.t.Fatal(err)
		}
	}
}

// now is a time in the evening of the day that the feeds have come to, or of the
// night: another each time it is asked for, since runs are named for theirs.
func (d *deltas) now() context.Context {
	d.runs++
	at := d.plan.AsOf.AddDate(0, 0, d.day+d.night)
	return timed(context.Background(), still(at.Add(20*time.Hour+time.Duration(d.runs)*time.Second)))
}

// run does one run and returns what it came to.
func (d *deltas) run(c config.Config) pipeline.Result {
	d.t.Helper()
	result, _, err := begin(d.now(), c, extract)
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

// marts are the bytes of every mart that is published, its rows in order.
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
		out[f.Mart] = inOrder(d.t, filepath.Join(dir, f.Name), f.SHA256)
	}
	return out
}

// differ shows rows that only one of two installations has in a mart.
func (d *deltas) differ(a, b config.Config, mart string) string {
	d.t.Helper()
	var paths [2]string
	for i, c := range []config.Config{a, b} {
		dir, _, err := snapshot.Current(c.Marts)
		if err != nil {
			d.t.Fatal(err)
		}
		paths[i] = "read_parquet('" + filepath.Join(dir, mart+".parquet") + "')"
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(fmt.Sprintf(`SELECT CAST(t AS VARCHAR) FROM (
		(SELECT 'delta' AS of, * FROM (FROM %s EXCEPT FROM %s) LIMIT 5) UNION ALL
		(SELECT 'whole' AS of, * FROM (FROM %[2]s EXCEPT FROM %[1]s) LIMIT 5)) t`, paths[0], paths[1]))
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			d.t.Fatal(err)
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// TestDelta holds that what a run takes up of what has changed ends in the same
// marts as reading everything that ever landed. Agreements, which have a run
// read everything, stay as they are but for one population.
func TestDelta(t *testing.T) {
	t.Parallel()
	seeds, first, days := 2, 0, 4
	if n, err := strconv.Atoi(os.Getenv("OHC_DELTA_SEEDS")); err == nil {
		seeds, first, days = n, 100, 12
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(first+seed), func(t *testing.T) {
			d := newDeltas(t, 250, uint64(first+seed), 0)
			d.unpack = seed%2 == 0
			if seed > 0 {
				d.plan.Without = []string{"agreement begins", "agreement ends"}
			}
			d.live(days, seed > 0)
		})
	}
}

// live has an installation take up days, and holds each against another that
// reads everything. always says that none of them may be read whole.
func (d *deltas) live(days int, always bool) {
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	if r := d.run(c); !r.Plan.Whole {
		d.t.Error("the first run is a delta")
	}
	wholes, o := 0, d.odd()
	draw := rand.New(rand.NewPCG(d.plan.Seed, 1))
	for day := 1; day <= days; day++ {
		name := d.next(day)
		o.tangle(draw, day)
		c = d.config("kept")
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, day), false)
		r := d.run(c)
		d.t.Logf("day %d: whole %q; %d touched of %d, %d records read again", day, r.Plan.Why, r.Touched, r.Persons, r.Again)
		if r.Plan.Whole {
			wholes++
		}
		fresh := d.config(fmt.Sprintf("fresh%d", day))
		d.copyLanding(c.Work, fresh.Work)
		d.run(fresh)
		d.same(c, fresh)
		if day%3 == 2 {
			d.tidied(c, fresh)
		}
		if d.t.Failed() {
			d.t.Fatalf("on day %d", day)
		}
	}
	if always && wholes > 0 || wholes == days {
		d.t.Errorf("%d of %d days were read whole", wholes, days)
	}
}

// tidied holds that a compaction makes one layer, in which everything verifies,
// that the next publication is the same with it, and that the rows on the disk
// are those that reading everything has.
func (d *deltas) tidied(c, fresh config.Config) {
	d.t.Helper()
	for _, word := range []string{"compact", "verify", "publish"} {
		way, _ := wayOf(schedules.Job{}, schedules.Step{Word: word})
		if _, _, err := begin(d.now(), c, way); err != nil {
			d.t.Fatalf("%s: %v", word, err)
		}
		if live, err := seal.Current(stageOf(c)); word == "compact" && (err != nil || live.Layer != live.Since) {
			d.t.Errorf("layers %d to %d are left, error %v", live.Since, live.Layer, err)
		}
		if word == "compact" {
			d.sameRows(c, fresh)
		}
	}
	d.same(c, fresh)
}

// sameRows holds that the stages of two installations have the same rows.
func (d *deltas) sameRows(a, b config.Config) {
	d.t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	var from [2]map[string][]string
	for i, c := range []config.Config{a, b} {
		live, err := seal.Current(stageOf(c))
		if err != nil {
			d.t.Fatal(err)
		}
		from[i] = make(map[string][]string)
		for _, p := range live.Parts {
			from[i][p.Dataset] = append(from[i][p.Dataset], "'"+filepath.Join(seal.Dir(stageOf(c), live.Run), p.File)+"'")
		}
	}
	if len(from[0]) != len(from[1]) {
		d.t.Errorf("%d datasets, and %d by reading everything", len(from[0]), len(from[1]))
	}
	for set := range from[1] {
		var n int
		x, y := "FROM read_parquet(["+strings.Join(from[0][set], ", ")+"])", "FROM read_parquet(["+strings.Join(from[1][set], ", ")+"])"
		err := db.QueryRow(fmt.Sprintf("SELECT count(*) FROM ((%s EXCEPT ALL %s) UNION ALL (%[2]s EXCEPT ALL %[1]s))", x, y)).Scan(&n)
		if err != nil || n != 0 {
			d.t.Errorf("%s: %d rows differ from those of reading everything, error %v", set, n, err)
		}
	}
}

// copyLanding gives one installation what has landed at another.
func (d *deltas) copyLanding(from, to string) {
	d.t.Helper()
	if err := os.CopyFS(filepath.Join(to, "landing"), os.DirFS(filepath.Join(from, "landing"))); err != nil {
		d.t.Fatal(err)
	}
}

// same holds that two installations have published the same marts.
func (d *deltas) same(a, b config.Config) {
	d.t.Helper()
	got := d.marts(a)
	for mart, sum := range d.marts(b) {
		if got[mart] != sum {
			d.t.Errorf("%s is another than by reading everything:\n%s", mart, d.differ(a, b, mart))
		}
	}
}

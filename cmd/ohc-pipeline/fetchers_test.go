package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/stage/seal"
)

// TestFetchers holds that a feed's configuration reaches what fetches it.
func TestFetchers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "half.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := config.Inbox{Marker: ".done", Unchanged: config.Duration(time.Hour), Then: "keep"}
	for name, tc := range map[string]struct {
		feed config.Feed
		from string
		says string // of the plan, or an error
	}{
		"drop": {config.Feed{Kind: "tabular", Fetch: config.Fetch{Drop: &config.Drop{Folder: dir, Inbox: folder}}},
			dir, "1 file not complete"},
		"drop, moved": {config.Feed{Kind: "tabular", Fetch: config.Fetch{Drop: &config.Drop{Folder: dir, Inbox: config.Inbox{Marker: ".done"}}}},
			dir, "no folder named taken"},
		"sftp": {config.Feed{Kind: "phr", Fetch: config.Fetch{SFTP: &config.SFTP{Address: "127.0.0.1:1", User: "u", Folder: "f", Key: dir + "/key", KnownHosts: dir + "/hosts", Inbox: folder}}},
			"sftp://127.0.0.1:1/f", "key: " + dir + "/key"},
		"postgres": {config.Feed{Kind: "tabular", Fetch: config.Fetch{Postgres: &config.Postgres{Host: "127.0.0.1", Port: 1, Database: "d", User: "u",
			Tables: []config.Relation{{Table: "t", Columns: []string{"a"}}}}}},
			"postgres://127.0.0.1:1/d", "cannot be reached"},
		"bulk": {config.Feed{Kind: "fhir", Fetch: config.Fetch{Bulk: &config.Bulk{URL: "https://127.0.0.1:1/fhir", Of: "group", Group: "g", Types: []string{"Patient", "Observation"},
			Filters: []string{"Observation?a=b"}, Partial: true, Missing: "accept"}}},
			"https://127.0.0.1:1/fhir", "GET https://127.0.0.1:1/fhir/Group/g/$export?_type=Patient,Observation&_typeFilter=Observation?a=b&allowPartialManifests=true"},
	} {
		f, err := fetcherOf(context.Background(), tc.feed)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		plan, err := f.Plan(context.Background(), fetch.Last{})
		said := strings.Join(plan.Asks, "\n")
		if err != nil {
			said = err.Error()
		}
		if plan.From != tc.from || !strings.Contains(said, tc.says) {
			t.Errorf("%s: from %s it says %s", name, plan.From, said)
		}
	}
	if _, err := postgresFetcher(config.Feed{Kind: "fhir"}); err == nil {
		t.Error("postgres brings FHIR")
	}
	for _, kind := range []string{"garmin", "fitbit", "apple"} {
		if !inboxPolicy(config.Feed{Kind: kind}, folder).ByFolder {
			t.Errorf("%s: two accounts are one", kind)
		}
	}
	if p := inboxPolicy(config.Feed{Kind: "tabular"}, folder); p.ByFolder || !p.Keep {
		t.Errorf("%+v", p)
	}
}

// drop has somebody put the files of a day into the folders of the feeds, each
// with its marker, by names that no other day has.
func (d *deltas) drop(c config.Config, day int, folder string) {
	d.t.Helper()
	for _, f := range c.Feeds {
		from := filepath.Join(d.root, folder, feedFolders[f.Name])
		err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			name, _ := filepath.Rel(from, path)
			stem, rest, _ := strings.Cut(filepath.Base(name), ".")
			if stem += fmt.Sprintf("-%d.", day); strings.HasSuffix(rest, "ndjson") { // of a bulk export
				stem, rest = fmt.Sprintf("%d.", day), filepath.Base(name)
			}
			to := filepath.Join(f.Fetch.Drop.Folder, filepath.Dir(name), stem+rest)
			text, err := os.ReadFile(path)
			return errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, text, 0o600), os.WriteFile(to+".done", nil, 0o600))
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.t.Fatal(err)
		}
	}
}

// fetchDropped fetches what was dropped since it was last fetched, or all of it.
func (d *deltas) fetchDropped(c config.Config, all bool) {
	d.t.Helper()
	live, err := seal.Current(stageOf(c))
	if err != nil && !errors.Is(err, seal.ErrNone) {
		d.t.Fatal(err)
	}
	for _, f := range c.Feeds {
		from, err := dropFetcher(f)
		if err != nil {
			d.t.Fatal(err)
		}
		if err := errors.Join(os.MkdirAll(filepath.Join(f.Fetch.Drop.Folder, "taken"), 0o700),
			fetchFeed(context.Background(), c, f, from, live, all, quiet{})); err != nil {
			d.t.Fatal(err)
		}
		if err := landingOf(c, f).Done(context.Background(), from); err != nil {
			d.t.Fatal(err)
		}
	}
}

// TestDropNights takes feeds through folders that somebody fills each day, and
// holds that the marts are those of the files brought as they are, and still are
// when all of these come again at once.
func TestDropNights(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 100, 3, 0)
	var dropped, brought config.Config
	for day := range 3 {
		name := "day0"
		if day > 0 {
			name = d.next(day)
		}
		dropped, brought = d.config("dropped"), d.config("brought")
		d.drop(dropped, day, name)
		d.fetchDropped(dropped, false)
		d.land(brought, name, d.plan.AsOf.AddDate(0, 0, day), false)
		d.run(dropped)
		d.run(brought)
		if err := arrived(context.Background(), dropped); err != nil {
			t.Fatal(err)
		}
		if d.same(dropped, brought); t.Failed() {
			t.Fatalf("on day %d", day)
		}
		d.fetchDropped(dropped, false) // nothing is new: what was taken is moved
		for _, f := range dropped.Feeds {
			err := filepath.WalkDir(f.Fetch.Drop.Folder, func(path string, e fs.DirEntry, err error) error {
				if err == nil && e.IsDir() && e.Name() == "taken" {
					return fs.SkipDir
				}
				if err == nil && !e.IsDir() {
					err = errors.New("a file is left")
				}
				return err
			})
			if err != nil {
				t.Errorf("feed %s: %v", f.Name, err)
			}
		}
	}
	d.fetchDropped(dropped, true)
	d.run(dropped)
	d.same(dropped, brought)
}

// TestCorrectionAtOnce has lines of a table without versions come in one
// delivery with two other readings of each, and holds that the file that was
// sent last is right, whatever its name.
func TestCorrectionAtOnce(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 100, 3, 0)
	dropped, brought := d.config("dropped"), d.config("brought")
	d.drop(dropped, 0, "day0")
	d.land(brought, "day0", d.plan.AsOf, false)
	d.run(brought)
	day0, err := os.ReadFile(filepath.Join(d.root, "day0", "hospital", "ae.csv"))
	if err != nil {
		t.Fatal(err)
	}
	head, lines, _ := strings.Cut(string(day0), "\n")
	dated := regexp.MustCompile(`,20\d\d-\d\d-\d\d,`)
	var files [4]string // names in one order, times in another
	right, n := head+"\n", 0
	for line := range strings.Lines(lines) {
		good, bad := dated.ReplaceAllString(line, ",2026-01-10,"), dated.ReplaceAllString(line, ",2026-02-10,")
		right += good
		files[n] += bad
		files[n+1] += good
		n = 2 - n
	}
	hospital := filepath.Join(d.root, "day0", "drop", feedFolders["hospital"])
	first := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(hospital, "ae-0.csv"), first, first); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"ae-x1.csv", "ae-x2.csv", "ae-x4.csv", "ae-x3.csv"} {
		path, at := filepath.Join(hospital, name), first.Add(time.Duration(1+i)*time.Second)
		if err := errors.Join(os.WriteFile(path, []byte(head+"\n"+files[i]), 0o600), os.Chtimes(path, at, at), os.WriteFile(path+".done", nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	late := filepath.Join(d.root, "late", "hospital")
	if err := errors.Join(os.MkdirAll(late, 0o700), os.WriteFile(filepath.Join(late, "ae.csv"), []byte(right), 0o600)); err != nil {
		t.Fatal(err)
	}
	d.land(brought, "late", d.plan.AsOf.Add(time.Hour), false)
	d.fetchDropped(dropped, false)
	d.run(dropped)
	d.run(brought)
	d.same(dropped, brought)
}

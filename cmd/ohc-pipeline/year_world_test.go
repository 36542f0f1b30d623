package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch/bulk"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
	"secondaryuse/testdata/population"
)

// year is an installation, and the world it is in: a population that lives on, a
// FHIR server that has its shared record, folders that somebody drops the other
// feeds into, and lists that are issued each day.
type year struct {
	t      testing.TB
	root   string
	path   string // of the configuration
	config config.Config
	plan   population.Plan
	server *bulktest.Server
	shown  *os.File // the time
	log    *os.File
	day    int            // that the world has come to
	rough  map[int]bool   // days on which something went wrong
	stale  map[int]bool   // days on which no list was issued
	counts map[string]int // of what was done to it
}

// newYear makes the world, on day 0.
func newYear(t testing.TB, p population.Plan) *year {
	t.Helper()
	root, err := os.MkdirTemp("/dev/shm", "year-")
	if err != nil {
		root = t.TempDir()
	}
	y := &year{t: t, root: root, plan: p, path: filepath.Join(root, "config.yaml"),
		rough: make(map[int]bool), stale: make(map[int]bool), counts: make(map[string]int)}
	t.Cleanup(func() {
		if !t.Failed() {
			os.RemoveAll(y.root)
		} else {
			t.Log("left is", y.root)
		}
	})
	y.log, err = os.Create(filepath.Join(root, "log.jsonl"))
	y.must(err)
	y.shown, err = os.Create(filepath.Join(root, "time"))
	y.must(err)
	showTime(y.shown, p.Clock(0))
	y.server = bulktest.New(t)
	y.server.Clock.Follow(func() time.Time { return readTime(y.shown) })
	y.server.PerFile, y.server.Content = 40, y.export
	y.come(0)
	y.configure()
	return y
}

func (y *year) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

// dir is the folder of what the population has written of a day.
func (y *year) dir(day int) string { return filepath.Join(y.root, fmt.Sprintf("day%04d", day)) }

// come takes the world to a day: what the feeds that are dropped have of it is
// dropped, and the lists are issued, unless they are late.
func (y *year) come(day int) {
	y.t.Helper()
	p := y.plan
	p.Out = y.dir(day)
	_, err := population.Serve(context.Background(), p, day-1, day)
	y.must(err)
	for feed, folder := range feedFolders {
		if feed != "ohc" {
			y.drop(day, folder)
		}
	}
	if !y.stale[day] {
		y.must(errors.Join(os.RemoveAll(filepath.Join(y.root, "lists.new")), os.CopyFS(filepath.Join(y.root, "lists.new"), os.DirFS(filepath.Join(y.dir(day), "lists"))),
			os.RemoveAll(filepath.Join(y.root, "lists")), os.Rename(filepath.Join(y.root, "lists.new"), filepath.Join(y.root, "lists"))))
	}
	if day > 0 {
		y.must(os.RemoveAll(y.dir(day)))
	}
	y.day = day
}

// drop puts the files of a feed into its folder, each with its marker, by names
// that no other day has.
func (y *year) drop(day int, folder string) {
	y.t.Helper()
	from, at := filepath.Join(y.dir(day), folder), y.plan.Clock(day)
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, _ := filepath.Rel(from, path)
		stem, rest, _ := strings.Cut(filepath.Base(name), ".")
		to := filepath.Join(y.root, "drop", folder, filepath.Dir(name), fmt.Sprintf("%s-d%04d.%s", stem, day, rest))
		text, err := os.ReadFile(path)
		return errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, text, 0o600), os.Chtimes(to, at, at), os.WriteFile(to+".done", nil, 0o600))
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		y.t.Fatal(err)
	}
	y.must(os.MkdirAll(filepath.Join(y.root, "drop", folder, "taken"), 0o700))
}

// export is what the server has changed since an export, as of the day.
func (y *year) export(since time.Time) (time.Time, []bulktest.Given) {
	from := population.Never
	if !since.IsZero() {
		from = int(since.Sub(y.plan.Clock(0)) / (24 * time.Hour))
	}
	if from >= y.day {
		return y.plan.Clock(y.day), nil
	}
	p := y.plan
	p.Out = filepath.Join(y.root, "export")
	e, err := population.Serve(context.Background(), p, from, y.day)
	y.must(err)
	var all []bulktest.Given
	for _, o := range e.Outputs {
		r, err := o.Open()
		y.must(err)
		text, err := io.ReadAll(r)
		y.must(errors.Join(err, r.Close()))
		typ := o.Type
		if o.Deleted {
			typ = "Bundle"
		}
		all = append(all, bulktest.Given{Type: typ, Lines: strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), Deleted: o.Deleted})
	}
	y.must(os.RemoveAll(p.Out))
	return e.Clock, all
}

// configure writes the configuration that the population comes with, with feeds
// that are fetched, lists that may be three days old and, after a year in which so
// few have opted out, lack most of them, and no day but today.
func (y *year) configure() {
	y.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	y.must(err)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	y.must(err)
	key := filepath.Join(y.root, "key.pem")
	y.must(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	set, err := bulk.PublicKeys(key, "")
	y.must(err)
	y.must(y.server.Register(set))
	text, err := os.ReadFile(filepath.Join(y.dir(0), "config.yaml"))
	y.must(err)
	said := string(text)
	for feed, folder := range feedFolders {
		said = regexp.MustCompile(`path: `+regexp.QuoteMeta(folder)+`\b`).ReplaceAllLiteralString(said, y.fetched(feed))
	}
	policy, err := os.ReadFile(filepath.Join("..", "..", "deid", "gate", "sensitive", "policy.yaml"))
	y.must(err)
	policy = regexp.MustCompile(`(?m)^reviewed: .*$`).ReplaceAllLiteral(policy, []byte("reviewed: "+y.plan.AsOf.AddDate(0, -1, 0).Format(time.DateOnly)))
	policy = regexp.MustCompile(`(?s)\nrefsets:\n.*?\n\nrules:`).ReplaceAllLiteral(policy, []byte("\nrules:")) // which nobody here has
	policy = bytes.ReplaceAll(policy, []byte("match: descendants"), []byte("match: exact"))
	y.must(os.WriteFile(filepath.Join(y.root, "policy.yaml"), policy, 0o600))
	said = strings.NewReplacer("gates:\n", "gates:\n  sensitive: {policy: policy.yaml}\n", "max_age: 8d", "max_age: 3d", "max_age: 20d", "max_age: 3d, min_share: 0.2", "reference/", filepath.Base(y.dir(0))+"/reference/",
		"as_of: "+y.plan.AsOf.Format(time.DateOnly)+"\n", "").Replace(said)
	y.must(os.WriteFile(y.path, []byte(said), 0o600))
	y.config, err = config.Load(y.path)
	y.must(err)
}

// fetched is how a feed is, as the configuration says it.
func (y *year) fetched(feed string) string {
	if feed == "ohc" {
		return fmt.Sprintf("fetch: {bulk: {url: '%s', client: %s, key: key.pem, ca: '%s'}}", y.server.URL, bulktest.Client, y.server.CA)
	}
	return "fetch: {drop: {folder: drop/" + feedFolders[feed] + ", marker: .done}}"
}

// beside is an installation beside this one, as its configuration and a change
// of it say, that has the same keys.
func (y *year) beside(name string, change func(text string) string) config.Config {
	y.t.Helper()
	text, err := os.ReadFile(y.path)
	y.must(err)
	text = bytes.Replace(text, []byte("work: work\nmarts: marts\n"), fmt.Appendf(nil, "work: %s/work\nmarts: %[1]s/marts\n", name), 1)
	path := filepath.Join(y.root, name+".yaml")
	y.must(os.WriteFile(path, []byte(change(string(text))), 0o600))
	c, err := config.Load(path)
	y.must(err)
	return c
}

// still is a clock that stands still.
type still time.Time

func (s still) Now() time.Time { return time.Time(s) }
func (s still) Sleep(ctx context.Context, _ time.Duration) error {
	return ctx.Err()
}

// rebuilt holds that the marts are those of an installation that reads all that
// has landed.
func (y *year) rebuilt() {
	y.t.Helper()
	y.counts["rebuilt"]++
	name := fmt.Sprintf("fresh%04d", y.day)
	c := y.beside(name, func(text string) string { return text })
	y.must(os.CopyFS(filepath.Join(c.Work, "landing"), os.DirFS(filepath.Join(y.config.Work, "landing"))))
	y.equals(c, "reads all that has landed")
	if !y.t.Failed() {
		y.must(os.RemoveAll(filepath.Join(y.root, name)))
	}
}

// exported holds that the marts are those of an installation that is given a
// whole export of everything on this day.
func (y *year) exported() {
	y.t.Helper()
	p := y.plan
	p.Out = filepath.Join(y.root, "whole")
	_, err := population.State(context.Background(), p, y.day, nil)
	y.must(err)
	c := y.beside("export", func(text string) string {
		for feed, folder := range feedFolders {
			text = strings.Replace(text, y.fetched(feed), "path: whole/"+folder, 1)
		}
		return text
	})
	y.equals(c, "is given the whole export")
}

// equals runs another installation, and holds that it publishes the same.
func (y *year) equals(c config.Config, what string) {
	y.t.Helper()
	ctx := timed(context.Background(), still(y.plan.Clock(y.day).Add(22*time.Hour)))
	if _, _, err := begin(ctx, c, extract); err != nil {
		y.t.Errorf("day %d: one that %s: %v", y.day, what, err)
		return
	}
	d := &deltas{t: y.t}
	got, want := d.marts(y.config), d.marts(c)
	for mart, sum := range want {
		if got[mart] != sum {
			y.t.Errorf("day %d: %s is another than that of an installation which %s:\n%s", y.day, mart, what, d.differ(y.config, c, mart))
		}
	}
	if len(got) != len(want) || len(got) < 6 {
		y.t.Errorf("day %d: there are %d marts, and %d", y.day, len(got), len(want))
	}
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
)

// TestWalk holds what is seen in a folder: all that is in it, the newest file,
// through a link as well; nothing where it is gone, and what was seen before
// where there is no time to look.
func TestWalk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for name, day := range map[string]int{"a": 1, "b/c": 3, "b/d": 2} {
		path := filepath.Join(dir, "real", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 100_000), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at.AddDate(0, 0, day)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	w := newWalked()
	if got := w.get("f"); got.bytes != -1 || !got.newest.IsZero() {
		t.Errorf("before: %+v", got)
	}
	w.walk(context.Background(), "f", filepath.Join(dir, "link"))
	got := w.get("f")
	if got.bytes < 300_000 || got.bytes > 400_000 || !got.newest.Equal(at.AddDate(0, 0, 3)) {
		t.Errorf("%+v", got)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	w.walk(ended, "f", dir)
	if w.get("f") != got {
		t.Errorf("without time: %+v", w.get("f"))
	}
	w.walk(context.Background(), "f", filepath.Join(dir, "gone"))
	if got := w.get("f"); got.bytes != 0 || !got.newest.IsZero() {
		t.Errorf("gone: %+v", got)
	}
}

// TestUsedList holds that the age of a list is read from what a snapshot says of
// it, whatever the list's file is called.
func TestUsedList(t *testing.T) {
	t.Parallel()
	rules := []string{
		"optout: reply, issued 2001-01-01T00:00:00Z, 9 rows.dat, issued 2026-11-20T06:00:00Z, 5 of 6 sent may be used, sha256 ab",
		"objection: o.csv, issued 2026-11-19T06:00:00Z, 2 rows, sha256 ab", "connection: not known", "agreement: NOT APPLIED: none",
	}
	for name, want := range map[string]string{"optout": "2026-11-20", "objection": "2026-11-19", "connection": "0001-01-01", "agreement": "0001-01-01", "other": "0001-01-01"} {
		if got := usedList(rules, name).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestMeasureOfDamage holds that what cannot be read is said to be unreadable,
// and that the rest is measured all the same.
func TestMeasureOfDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"work/stage/CURRENT": "gone\n", "work/landing/hospital/0000001/.delivery.json": "{"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := config.Config{Work: filepath.Join(dir, "work"), Marts: filepath.Join(dir, "marts"),
		Feeds: []config.Feed{{Name: "hospital", Fetch: config.Fetch{Drop: &config.Drop{}}}}}
	set, err := jobs(c)
	if err != nil {
		t.Fatal(err)
	}
	s := gaugeOf{c: c, set: set, seen: newWalked(), now: time.Now}.measure(context.Background())
	for part, want := range map[string]bool{"ledger": true, "feeds": false, "stage": false, "marts": true, "folders": true} {
		if s.Readable[part] != want {
			t.Errorf("%s can be read: %v", part, !want)
		}
	}
	for _, l := range s.Lists {
		if l.Readable || !l.Issued.IsZero() {
			t.Errorf("the list %s, which is not there: %+v", l.Name, l)
		}
	}
	if len(s.Lists) != 5 || len(s.Jobs) == 0 || s.Jobs[0].Name == "" {
		t.Errorf("%d lists, %d jobs", len(s.Lists), len(s.Jobs))
	}
}

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/testdata/population"
)

// TestALostKeyRefuses is that neither a run nor a publication goes on with
// another base key than the stage was made with, and that none is made.
func TestALostKeyRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	if _, err := population.Write(t.Context(), population.Plan{Persons: 200, Seed: 9, Out: dir, Months: 2}, func(int) {}); err != nil {
		t.Fatal(err)
	}
	conf, err := load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(t.Context(), conf, extract); err != nil {
		t.Fatal(err)
	}
	_, before, err := snapshot.Current(conf.Marts)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"base.key", "planning.key"} {
		for _, way := range []attempt{extract, again} {
			loseKey(t, conf, filepath.Join(conf.Keys, key), way.command+" and "+key, way)
		}
	}
	if _, after, err := snapshot.Current(conf.Marts); err != nil || after.ID != before.ID {
		t.Errorf("another snapshot is served, error %v", err)
	}
	if _, _, err := begin(t.Context(), conf, again); err != nil {
		t.Errorf("with the key back: %v", err)
	}
}

// loseKey takes a key away, then puts another in its place, then gives it back.
func loseKey(t *testing.T, conf config.Config, path, name string, way attempt) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(t.Context(), conf, way); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s, taken away: %v", name, err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("0123456789abcdef", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(t.Context(), conf, way); !errors.Is(err, pipeline.ErrKey) {
		t.Errorf("%s, another: %v", name, err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTwoKindsOfNumberRefuse is that feeds with and without NHS numbers cannot
// share lists: an objection of one kind would find nobody of the other.
func TestTwoKindsOfNumberRefuse(t *testing.T) {
	nhs, other := config.Feed{Name: "a", Kind: "fhir"}, config.Feed{Name: "b", Kind: "fhir", Person: config.Person{Check: "none"}}
	hes := config.Feed{Name: "c", Kind: "tabular", Tables: []config.Table{{Preset: "hes-apc"}}}
	watch := config.Feed{Name: "d", Kind: "garmin"}
	for _, tc := range []struct {
		feeds []config.Feed
		local bool
		fails bool
	}{
		{[]config.Feed{nhs, watch}, false, false},
		{[]config.Feed{other, hes, watch}, true, false},
		{[]config.Feed{nhs, other}, false, true},
		{[]config.Feed{nhs, hes}, false, true},
	} {
		got, err := local(config.Config{Feeds: tc.feeds})
		if got != tc.local || (err != nil) != tc.fails {
			t.Errorf("%v: %v %v", tc.feeds, got, err)
		}
	}
}

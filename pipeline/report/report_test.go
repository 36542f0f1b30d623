package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/ledger"
)

var began = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)

// example is two nights of a small installation.
func example() (now, before Facts) {
	hash := strings.Repeat("ab", 32)
	before = Facts{
		Run:      ledger.Run{ID: "20261121T020000.000Z", Command: "run", Kind: ledger.Whole, Status: ledger.Published, Started: began.AddDate(0, 0, -1), Purpose: "planning", AsOf: "2026-11-21"},
		Rules:    []string{"optout: optout.dat, issued 2026-11-20T06:00:00Z, 345 of 352 sent may be used, sha256 " + hash, "places: LSOA 2021", "agreement: NOT APPLIED: one trust"},
		Verdicts: []ledger.Verdict{{Persons: 300}, {Gate: "optout", Reason: "not on the allow list", Persons: 12}},
		Tallies: []ledger.Tally{
			{Feed: "ohc", Dataset: "problem", Outcome: "kept", Records: 5000}, {Feed: "ohc", Dataset: "encounter", Outcome: "kept", Records: 43},
			{Feed: "ohc", Dataset: "problem", Outcome: "excluded", Gate: "optout", Reason: "not on the allow list", Records: 203},
			{Feed: "ohc", Dataset: "problem", Outcome: "excluded", Gate: "sensitive", Reason: "by code", Records: 30},
		},
		Held: []ledger.Holding{{Feed: "ohc", Organisation: "RJE", Records: 5043}, {Feed: "ohc", Organisation: "RJE", Gate: "optout", Reason: "not on the allow list", Records: 203}},
	}
	now = before
	now.Run.ID, now.Run.Started, now.Run.Finished, now.Run.AsOf = "20261122T020000.000Z", began, began.Add(time.Minute), "2026-11-22"
	now.Run.Snapshot, now.Run.Who, now.Run.Config, now.Run.Program = "20261122T020000.000Z", "ohc", hash, "0123456"
	now.Rules = []string{"optout: optout.dat, issued 2026-11-21T06:00:00Z, 343 of 349 sent may be used, sha256 " + strings.Repeat("cd", 32), "places: LSOA 2021", "objection: objections.csv, issued 2026-11-21T06:00:00Z, 5 rows, sha256 " + hash}
	now.Tallies = []ledger.Tally{
		{Feed: "ohc", Dataset: "problem", Outcome: "kept", Records: 4400}, {Feed: "ohc", Dataset: "encounter", Outcome: "superseded", Records: 6},
		{Feed: "ohc", Dataset: "problem", Outcome: "excluded", Gate: "optout", Reason: "not on the allow list", Records: 301},
		{Feed: "ohc", Dataset: "problem", Outcome: "excluded", Gate: "objection", Reason: "Type 1 opt-out", Records: 3},
	}
	now.Held = []ledger.Holding{
		{Feed: "ohc", Organisation: "RJE", Records: 4350}, {Feed: "ohc", Organisation: "RJE", Gate: "optout", Reason: "not on the allow list", Records: 301},
		{Feed: "ohc", Organisation: "M82002", Records: 56}, {Feed: "ohc", Organisation: "SMITH", Records: 3}, {Feed: "ohc", Records: 6},
	}
	return now, before
}

// TestReport holds what a report says, word for word.
func TestReport(t *testing.T) {
	now, before := example()
	golden(t, "report.md", compose(now, before).Markdown())
	now.Run.Status, now.Run.Snapshot, now.Run.Failure, now.Run.Kind = ledger.Refused, "", "gate refused: optout: the list | is\nstale", ""
	now.Tallies, now.Held, now.Verdicts = nil, nil, nil
	golden(t, "refused.md", compose(now, Facts{}).Markdown())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %v; got\n%s", name, err, got)
	}
}

// TestData holds that the JSON is of the documented form, and is read again.
func TestData(t *testing.T) {
	now, before := example()
	of := compose(now, before)
	data, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&again); err != nil || !reflect.DeepEqual(again, of) {
		t.Errorf("%v; got\n%+v, want\n%+v", err, again, of)
	}
	if of.Schema != "ohc-pipeline gate report 1" {
		t.Error("another schema: say in README what has changed")
	}
}

// TestNoSmallCount holds that neither form holds a count below 8, and no code that
// few records have.
func TestNoSmallCount(t *testing.T) {
	now, before := example()
	of := compose(now, before)
	data, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	if small := regexp.MustCompile(`"(count|before|change)":-?[1-7]\b|\b[1-7] (rows|of|sent)\b`); small.Match(data) {
		t.Errorf("%s", small.FindAll(data, -1))
	}
	small := regexp.MustCompile(`\| +[+-]?[1-7] +\|`)
	for line := range strings.SplitSeq(string(of.Markdown()), "\n") {
		if small.MatchString(line) && !strings.HasPrefix(line, "| optout") && !strings.HasPrefix(line, "| objection") { // days
			t.Error(line)
		}
	}
	if bytes.Contains(data, []byte("SMITH")) || bytes.Contains(of.Markdown(), []byte("SMITH")) {
		t.Error("a code of three records is told")
	}
}

// TestStore holds that a report is written for its owner alone, that of runs that
// are forgotten it goes, and that what is not ours stays.
func TestStore(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "work", "reports")
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	now, _ := example()
	if err := Prune(ctx, dir, l); err != nil {
		t.Errorf("without a folder: %v", err)
	}
	if err := l.Begin(ctx, now.Run); err != nil {
		t.Fatal(err)
	}
	digest, err := Write(ctx, dir, l, now.Run)
	if err != nil || len(digest) != 64 || !Has(dir, now.Run.ID) {
		t.Fatal(digest, err)
	}
	for _, name := range []string{"", now.Run.ID + Text, now.Run.ID + Data} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q: %v %v", name, info, err)
		}
	}
	for _, name := range []string{"20200101T020000.000Z.md", "20200101T020000.000Z.json", now.Run.ID + ".md.tmp", "notes.md"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Prune(ctx, dir, l); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 3 || entries[2].Name() != "notes.md" || !Has(dir, now.Run.ID) {
		t.Errorf("%v", entries)
	}
	if _, err := Write(ctx, filepath.Join(dir, "notes.md"), l, now.Run); err == nil {
		t.Error("a report was written where none can be")
	}
}

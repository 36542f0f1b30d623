package duckdb

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/stage/seal"
)

// staged is a row of a dataset as far as settling looks at it. A zero version
// or encounter is null.
type staged struct {
	set       string
	person    int64
	feed      string
	record    int64
	part      int32
	encounter int64
	version   int
	code      string
	to        int64 // of a link
	whole     bool  // likewise
	reason    int32 // of an exclusion
}

func (r staged) sql() string {
	null := func(v any) string {
		if s := fmt.Sprint(v); s != "0" {
			return s
		}
		return "NULL"
	}
	v := "NULL"
	if r.version > 0 {
		v = fmt.Sprintf("(TIMESTAMP '2025-12-31' + INTERVAL %d DAY)", r.version)
	}
	return fmt.Sprintf("(%d::BIGINT, '%s', 'professional', %d::BIGINT, %d::INTEGER, %s::BIGINT, %s::TIMESTAMP, NULL::TIMESTAMP, '%s', %d::BIGINT, %d::INTEGER, %t)",
		r.person, r.feed, r.record, r.part, null(r.encounter), v, r.code, r.to, r.reason, r.whole)
}

const stagedColumns = "(person_id, feed, recorder, record_key, part, encounter_key, version, recorded_at, code, to_key, reason, whole)"

// lay writes rows as parts of a run, two parts for a dataset where it can.
func lay(t fataler, e *engine, dir string, rows []staged) []seal.Part {
	t.Helper()
	sets := make(map[string][]staged)
	for _, r := range rows {
		sets[r.set] = append(sets[r.set], r)
	}
	var parts []seal.Part
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		half := (len(sets[set]) + 1) / 2
		for i, chunk := range slices.Collect(slices.Chunk(sets[set], half)) {
			var values []string
			for _, r := range chunk {
				values = append(values, r.sql())
			}
			p := seal.Part{Dataset: set, File: fmt.Sprintf("%s-%d.parquet", set, i), Rows: int64(len(chunk))}
			if err := e.copyTo(context.Background(), "SELECT * FROM (VALUES "+strings.Join(values, ", ")+") t"+stagedColumns, filepath.Join(dir, p.File)); err != nil {
				t.Fatal(err)
			}
			parts = append(parts, p)
		}
	}
	return parts
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// repeatsOf returns the keys of the records that stand in rows more than once,
// and of some that do not.
func repeatsOf(rows []staged) (out []int64) {
	seen := map[int64]bool{7: true}
	for _, r := range rows {
		if r.part == 0 && !slices.Contains(helpers, r.set) {
			if seen[r.record] && !slices.Contains(out, r.record) {
				out = append(out, r.record)
			}
			seen[r.record] = true
		}
	}
	return append(out, 1_000_001)
}

// left reads back what the parts hold.
func left(t fataler, e *engine, dir string, parts []seal.Part) []staged {
	t.Helper()
	var out []staged
	for _, p := range parts {
		n := len(out)
		err := e.each(context.Background(), "SELECT person_id, feed, record_key, part, coalesce(encounter_key, 0), coalesce(date_diff('day', DATE '2025-12-31', version), 0), code, to_key, reason FROM "+
			parquet(dir, []string{p.File}, ""), func(scan func(...any) error) error {
			r := staged{set: p.Dataset}
			err := scan(&r.person, &r.feed, &r.record, &r.part, &r.encounter, &r.version, &r.code, &r.to, &r.reason)
			out = append(out, r)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(out)-n) != p.Rows {
			t.Fatalf("%s holds %d rows, its part says %d", p.File, len(out)-n, p.Rows)
		}
	}
	slices.SortFunc(out, less)
	return out
}

func less(a, b staged) int {
	return cmp.Or(cmp.Compare(a.set, b.set), cmp.Compare(a.feed, b.feed), cmp.Compare(a.record, b.record), cmp.Compare(a.part, b.part),
		cmp.Compare(a.person, b.person), cmp.Compare(a.encounter, b.encounter), cmp.Compare(a.version, b.version), cmp.Compare(a.code, b.code))
}

// TestMain has the random tests try fewer runs than usual, for each takes an
// engine of its own; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestSettleOracle holds Settle against the oracle on random runs.
func TestSettleOracle(t *testing.T) {
	e := testEngine(t)
	rapid.Check(t, func(t *rapid.T) {
		rows := copies(t)
		dir, err := os.MkdirTemp("", "settle")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		got, err := Settle(context.Background(), dir, lay(t, e, dir, rows), repeatsOf(rows), false, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		wantRows, wantTallies := newOracle(rows).settle(rows)
		if rows := left(t, e, dir, got.Parts); !slices.Equal(rows, wantRows) {
			t.Fatalf("stay\n%+v\nwant\n%+v", rows, wantRows)
		}
		if !slices.Equal(got.Tallies, wantTallies) {
			t.Fatalf("tallies\n%+v\nwant\n%+v", got.Tallies, wantTallies)
		}
		present(t, dir, got.Parts)
	})
}

// present fails unless the folder holds the files of the parts and no other.
func present(t fataler, dir string, parts []seal.Part) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(parts) {
		t.Fatalf("the folder holds %v, the parts are %+v", files, parts)
	}
	for _, p := range parts {
		if _, err := os.Stat(filepath.Join(dir, p.File)); err != nil {
			t.Fatal(err)
		}
	}
}

func testEngine(t testing.TB) *engine {
	t.Helper()
	e, err := open(context.Background(), Limits{Temp: t.TempDir(), Memory: "1GB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestSettleLeavesAlone holds that parts without anything to take out keep
// their bytes.
func TestSettleLeavesAlone(t *testing.T) {
	e, dir := testEngine(t), t.TempDir()
	parts := lay(t, e, dir, []staged{
		{set: "encounter", feed: "a", record: 1, person: 1},
		{set: "encounter", feed: "a", record: 2, person: 1},
		{set: "encounter", feed: "b", record: 1, person: 1}, // the same key in another feed is another record
		{set: "problem", feed: "a", record: 3, person: 1, encounter: 1},
		{set: "problem", feed: "a", record: 3, person: 1, encounter: 1, part: 1},
		{set: "link", feed: "a", record: 3, person: 1, to: 2},
	})
	before := make(map[string]string)
	for _, p := range parts {
		_, before[p.File], _ = durable(filepath.Join(dir, p.File))
	}
	got, err := Settle(context.Background(), dir, parts, []int64{1}, false, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Parts) != 4 {
		t.Fatalf("%d parts stay, want the 4 that are not links", len(got.Parts))
	}
	for _, p := range got.Parts {
		if _, sum, _ := durable(filepath.Join(dir, p.File)); sum != before[p.File] {
			t.Errorf("%s was written anew", p.File)
		}
	}
	want := []Tally{
		{Dataset: "encounter", Feed: "a", End: Kept, Records: 2, Rows: 2},
		{Dataset: "encounter", Feed: "b", End: Kept, Records: 1, Rows: 1},
		{Dataset: "problem", Feed: "a", End: Kept, Records: 1, Rows: 2},
	}
	if !slices.Equal(got.Tallies, want) {
		t.Errorf("tallies %+v", got.Tallies)
	}
	present(t, dir, got.Parts)
}

// TestSettlePleas goes through exclusions of a person that hang on a version of
// a record: here version 2 of record 1, met once.
func TestSettlePleas(t *testing.T) {
	e := testEngine(t)
	plea := staged{set: "exclusion", feed: "a", person: 1, record: 1, version: 2, part: 1, reason: 7}
	second, always, unversioned := plea, plea, plea
	second.record, unversioned.version = 9, 0
	always.record, always.version, always.part = 0, 0, 0
	accused, other := plea, plea // by version 2 of record 1, of which the rows were left out
	accused.part, other.part, other.record = 0, 0, 9
	self := staged{set: "tombstone", feed: "a", record: 1, version: 2}
	row := func(record int64, version int) staged {
		return staged{set: "problem", feed: "a", record: record, person: 1, version: version}
	}
	for name, tc := range map[string]struct {
		rows   []staged
		barred bool
	}{
		"it stands":                              {[]staged{plea, row(1, 2)}, false},
		"it was left out itself":                 {[]staged{plea, row(2, 1), {set: "tombstone", feed: "a", record: 1, version: 2}}, false},
		"an older version":                       {[]staged{plea, row(1, 2), row(1, 1), row(1, 0)}, false},
		"a newer version":                        {[]staged{plea, row(1, 2), row(1, 3)}, true},
		"a newer version in another set":         {[]staged{plea, row(1, 2), {set: "encounter", feed: "a", record: 1, person: 1, version: 3}}, true},
		"a newer version of another feed":        {[]staged{plea, row(1, 2), {set: "problem", feed: "b", record: 1, person: 1, version: 3}}, false},
		"a newer version was left out":           {[]staged{plea, row(1, 2), {set: "tombstone", feed: "a", record: 1, version: 3}}, true},
		"a copy that says something else":        {[]staged{plea, row(1, 2), row(1, 2)}, true},
		"without a version, once":                {[]staged{unversioned, row(1, 0)}, false},
		"without a version, another copy":        {[]staged{unversioned, row(1, 0), row(1, 0)}, true},
		"without a version, a later one":         {[]staged{unversioned, row(1, 0), row(1, 1)}, true},
		"one of two stands":                      {[]staged{plea, second, row(1, 2), row(1, 3), row(9, 2)}, false},
		"neither stands":                         {[]staged{plea, second, row(1, 2), row(1, 3), row(9, 2), row(9, 3)}, true},
		"another exclusion holds anyway":         {[]staged{plea, always, row(1, 2)}, true},
		"accused":                                {[]staged{accused, self, row(5, 1)}, true},
		"accused by an older version":            {[]staged{accused, self, row(5, 1), row(1, 3)}, false},
		"accused, and a copy says nothing of it": {[]staged{accused, self, row(5, 1), row(1, 2)}, true},
		"accused by a version that was deleted":  {[]staged{accused, self, row(5, 1), {set: "tombstone", feed: "a", record: 1, version: 3}}, false},
		"accused by what another feed replaced":  {[]staged{accused, self, row(5, 1), {set: "problem", feed: "b", record: 1, person: 1, version: 3}}, true},
		"accused by two, one of which stands":    {[]staged{accused, other, self, row(5, 1), row(1, 3)}, true},
		"accused, and a version speaks for them": {[]staged{accused, plea, self, row(5, 1)}, true},
		"accused in vain, and one speaks":        {[]staged{other, plea, row(1, 2), row(9, 3)}, false},
		"accused in vain, and none speaks":       {[]staged{other, plea, row(1, 2), row(1, 3), row(9, 3)}, true},
		"only a further row is newer":            {[]staged{plea, row(1, 2), {set: "problem", feed: "a", record: 1, person: 1, version: 3, part: 1}}, false},
		"nothing is staged but another's":        {[]staged{plea, {set: "problem", feed: "a", record: 5, person: 1, version: 1}}, false},
	} {
		dir := t.TempDir()
		got, err := Settle(context.Background(), dir, lay(t, e, dir, tc.rows), repeatsOf(tc.rows), false, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		barred := slices.ContainsFunc(got.Tallies, func(t Tally) bool { return t.End == Barred && t.Reason == 7 })
		if stays := len(got.Parts) > 0; barred != tc.barred || stays == tc.barred {
			t.Errorf("%s: barred %v, tallies %+v", name, barred, got.Tallies)
		}
	}
}

// TestSettleFails holds that a part that is damaged or missing is an error
// that names its dataset.
func TestSettleFails(t *testing.T) {
	e, dir := testEngine(t), t.TempDir()
	parts := lay(t, e, dir, []staged{{set: "encounter", feed: "a", record: 1, person: 1}})
	path := filepath.Join(dir, parts[0].File)
	data, _ := os.ReadFile(path)
	if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Settle(context.Background(), dir, parts, []int64{1}, false, Limits{}); err == nil || !strings.Contains(err.Error(), "encounter") {
		t.Errorf("half a part: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Settle(ctx, dir, parts, nil, false, Limits{}); err == nil {
		t.Error("settled although it was cancelled")
	}
}

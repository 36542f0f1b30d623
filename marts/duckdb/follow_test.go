package duckdb

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/stage/seal"
)

// TestFollow holds that marts that go on from an earlier snapshot are, byte for
// byte, those built from the rows that count, staged in one layer: over deltas,
// corrections, deletions, persons who vanish and return, compactions, days that
// move over the ends of months and years, and records of the future.
func TestFollow(t *testing.T) {
	if asked := flag.Lookup("rapid.checks").Value; asked.String() == "40" { // what TestMain asks for
		defer asked.Set("40")
		if err := asked.Set("10"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, marts, e := context.Background(), append(allMarts(t), loose(t)), testEngine(t)
	linked, written := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		root, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		asOf := time.Date(2025, 12, 30, 0, 0, 0, 0, time.UTC)
		l := newLife(rt, e, filepath.Join(root, "stage"), asOf.Format(time.DateOnly))
		build := func(name string, m seal.Manifest, from Before) (string, []Built) {
			dir := filepath.Join(root, name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				rt.Fatal(err)
			}
			built, err := Build(ctx, l.source(rt, m, from), marts, dir, Limits{Temp: filepath.Join(root, "spill"), Threads: rapid.IntRange(1, 2).Draw(rt, "threads")})
			if err != nil {
				rt.Fatal(err)
			}
			return dir, built
		}
		var before Before
		steps := rapid.IntRange(2, 6).Draw(rt, "steps")
		for step := range steps {
			if step == 0 || rapid.IntRange(0, 3).Draw(rt, "delta") > 0 {
				rows := make(map[int64][]told)
				for range rapid.IntRange(1, 4).Draw(rt, "touched") {
					rows[rapid.Int64Range(1, 6).Draw(rt, "person")] = drawRows(rt)
				}
				l.delta(rt, rows)
			}
			if step > 0 && rapid.IntRange(0, 5).Draw(rt, "compact") == 0 {
				l.compact(rt)
			}
			if step > 0 {
				asOf = asOf.AddDate(0, 0, rapid.SampledFrom([]int{0, 1, 1, 2, 30, 365}).Draw(rt, "days"))
				l.m.AsOf = asOf.Format(time.DateOnly)
			}
			if before.Layer < l.m.Since {
				before = Before{}
			}
			if step > 0 && step < steps-1 && rapid.IntRange(0, 2).Draw(rt, "failed") == 0 {
				continue // sealed, and not published: the next has two layers to go on over
			}
			dir, got := build(fmt.Sprint("a", step), l.m, before)
			from := before
			before = Before{Folder: dir, AsOf: l.m.AsOf, Layer: l.m.Layer}
			if step > 0 && step < steps-1 && rapid.IntRange(0, 2).Draw(rt, "compare") > 0 {
				continue
			}
			whole := l.m
			if rapid.Bool().Draw(rt, "flat") {
				whole = l.flat(rt)
			}
			_, want := build(fmt.Sprint("b", step), whole, Before{})
			for i := range want {
				if got[i].Rows != want[i].Rows || ordered(rt, e, dir, got[i]) != want[i].SHA256 {
					rt.Errorf("step %d, %s: %d rows, %d when built anew", step, got[i].File, got[i].Rows, want[i].Rows)
				}
				if from.Folder != "" {
					old, _ := os.Stat(filepath.Join(from.Folder, got[i].File))
					now, _ := os.Stat(filepath.Join(dir, got[i].File))
					if os.SameFile(old, now) {
						linked++
					} else {
						written++
					}
				}
			}
		}
	})
	if linked == 0 || written == 0 {
		t.Errorf("%d marts stayed the same file, %d were written anew: both must happen", linked, written)
	}
}

// ordered is the checksum of a mart, once its rows are in the order of its grain.
func ordered(t interface {
	Helper()
	Fatal(...any)
}, e *engine, dir string, b Built) string {
	t.Helper()
	path := filepath.Join(dir, b.File)
	if err := e.copyTo(context.Background(), sorted(b.Mart, "FROM read_parquet("+text(path)+")"), path+".ordered"); err != nil {
		t.Fatal(err)
	}
	_, sum, err := durable(path + ".ordered")
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestFollowDays moves the day and nothing else: of each person one thing comes
// true, or to an end, by that alone.
func TestFollowDays(t *testing.T) {
	l := newLife(t, testEngine(t), t.TempDir(), "2025-12-30")
	l.delta(t, waiting())
	marts := allMarts(t)
	var before Before
	var was []Built
	for _, day := range []string{"2025-12-30", "2026-01-31", "2026-02-01", "2026-02-06"} {
		l.m.AsOf = day
		var got [2][]Built
		for i, from := range []Before{{}, before} {
			dir := t.TempDir()
			var err error
			if got[i], err = Build(context.Background(), l.source(t, l.m, from), marts, dir, Limits{Temp: t.TempDir()}); err != nil {
				t.Fatal(err)
			}
			before = Before{Folder: dir, AsOf: day}
		}
		for i, b := range got[0] {
			if ordered(t, l.e, before.Folder, got[1][i]) != b.SHA256 {
				t.Errorf("%s: %s: %d rows, %d when built anew", day, b.File, got[1][i].Rows, b.Rows)
			}
			if day == "2026-02-01" && was[i].SHA256 == b.SHA256 {
				t.Errorf("%s: nothing came true", b.File)
			}
		}
		was = got[0]
	}
}

// TestFollowOverSeveralLayers goes on, on the same day, over two layers that touch
// the same persons, as after a run that was staged and could not be published: they
// count once.
func TestFollowOverSeveralLayers(t *testing.T) {
	l := newLife(t, testEngine(t), t.TempDir(), "2026-02-01")
	l.delta(t, waiting())
	build := func(from Before) (string, []Built) {
		dir := t.TempDir()
		built, err := Build(context.Background(), l.source(t, l.m, from), allMarts(t), dir, Limits{Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return dir, built
	}
	dir, _ := build(Before{})
	l.delta(t, waiting())
	l.delta(t, waiting())
	_, got := build(Before{Folder: dir, AsOf: l.m.AsOf, Layer: 0})
	_, want := build(Before{})
	for i, b := range want {
		if got[i].SHA256 != b.SHA256 {
			t.Errorf("%s: %d rows, %d when built anew", b.File, got[i].Rows, b.Rows)
		}
	}
}

// TestFollowMixed goes on with marts of which one is built from everybody each
// time, before and after those that are not.
func TestFollowMixed(t *testing.T) {
	ages := strings.NewReplacer("births", "ages", "refresh: whole", "refresh: persons").Replace(births)
	marts, err := catalogue.Load(fstest.MapFS{"ages/mart.sql": {Data: []byte(ages)}, "births/mart.sql": {Data: []byte(births)}, "zest/mart.sql": {Data: []byte(strings.ReplaceAll(ages, "ages", "zest"))}})
	if err != nil {
		t.Fatal(err)
	}
	l := newLife(t, testEngine(t), t.TempDir(), "2025-12-30")
	born := func(year string) []told {
		return []told{{"person", map[string]string{"birth_year": year, "birth_month": "2"}}}
	}
	l.delta(t, map[int64][]told{1: born("1936"), 2: born("1935"), 3: born("1990"), 4: born("2000")})
	build := func(m seal.Manifest, from Before) (string, []Built) {
		dir := t.TempDir()
		built, err := Build(context.Background(), l.source(t, m, from), marts, dir, Limits{Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return dir, built
	}
	dir, first := build(l.m, Before{})
	l.delta(t, map[int64][]told{3: born("1991"), 4: nil, 5: born("2020")})
	l.m.AsOf = "2026-02-01" // the first is 90 now, and the second's year is another
	folder, got := build(l.m, Before{Folder: dir, AsOf: "2025-12-30"})
	_, want := build(l.flat(t), Before{})
	for i := range want {
		if ordered(t, l.e, folder, got[i]) != want[i].SHA256 || got[i].SHA256 == first[i].SHA256 {
			t.Errorf("%s: %s, built anew %s, before %s", got[i].File, got[i].SHA256[:8], want[i].SHA256[:8], first[i].SHA256[:8])
		}
	}
}

// TestFollowChecks holds that what is new is checked, and what is old where a
// check looks at the day.
func TestFollowChecks(t *testing.T) {
	text := strings.NewReplacer("births", "ages", "refresh: whole", "refresh: persons", "reads: person", "reads: person, run\n-- dates: person.version",
		"born = ''", "born = '1990-2'\n--   not yet:\n--     SELECT a.born FROM ages a CROSS JOIN run r WHERE r.as_of > CAST('2026-03-01' AS DATE)",
		"FROM person p", "FROM person p CROSS JOIN run r").Replace(births)
	marts, err := catalogue.Load(fstest.MapFS{"ages/mart.sql": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	l := newLife(t, testEngine(t), t.TempDir(), "2025-12-30")
	row := func(month string) []told {
		return []told{{"person", map[string]string{"birth_year": "1990", "birth_month": month}}}
	}
	l.delta(t, map[int64][]told{1: row("1")})
	build := func(from Before, dir string) error {
		_, err := Build(context.Background(), l.source(t, l.m, from), marts, dir, Limits{Temp: t.TempDir()})
		return err
	}
	before := Before{Folder: t.TempDir(), AsOf: "2025-12-30"}
	if err := build(Before{}, before.Folder); err != nil {
		t.Fatal(err)
	}
	l.m.AsOf = "2026-03-02"
	if err := build(before, t.TempDir()); !errors.Is(err, ErrCheck) || !strings.Contains(err.Error(), "not yet") {
		t.Errorf("an old row on a new day: %v", err)
	}
	l.m.AsOf = "2026-01-01"
	l.delta(t, map[int64][]told{2: row("2")})
	if err := build(before, t.TempDir()); !errors.Is(err, ErrCheck) || !strings.Contains(err.Error(), "nobody is without") {
		t.Errorf("a new row: %v", err)
	}
	before.Folder = t.TempDir()
	if err := build(before, t.TempDir()); err == nil {
		t.Error("went on from a mart that is not there")
	}
	before.AsOf = "yesterday"
	if err := build(before, t.TempDir()); err == nil {
		t.Error("went on from a day that is none")
	}
}

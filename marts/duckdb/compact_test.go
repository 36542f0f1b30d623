package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"secondaryuse/pipeline/stage/seal"
)

// layered lays three layers: a large part of problems and two small ones, and
// links among what settles later runs. Person 3 is touched in the first and the
// second layer, 5 in the first alone; record_key is person*10 + layer.
func layered(t *testing.T, e *engine) (string, seal.Manifest) {
	t.Helper()
	stage := t.TempDir()
	m := seal.Manifest{Run: "20261101T000000.000Z", AsOf: "2026-11-01", Epoch: "e", Layer: 2}
	if err := seal.Make(stage, m.Run); err != nil {
		t.Fatal(err)
	}
	part := func(set string, layer int64, query string) seal.Part {
		p := seal.Part{Dataset: set, File: fmt.Sprintf("%s-%d.parquet", set, layer), Layer: layer}
		path := filepath.Join(seal.Dir(stage, m.Run), p.File)
		if err := e.copyTo(context.Background(), query, path); err != nil {
			t.Fatal(err)
		}
		var err error
		if p.Bytes, p.SHA256, err = durable(path); err != nil {
			t.Fatal(err)
		}
		return p
	}
	of := func(layer int, who string) string {
		return fmt.Sprintf("SELECT p::BIGINT AS person_id, (p * 10 + %d)::BIGINT AS record_key FROM (%s) t(p)", layer, who)
	}
	m.Parts = []seal.Part{
		part("person", 0, of(0, "SELECT range FROM range(6, 200000)")), // none of them touched
		part("problem", 0, of(0, "SELECT range FROM range(200000)")),
		part("problem", 2, of(2, "VALUES (3)")), part("problem", 1, of(1, "VALUES (3), (5)")),
		part("reading", 0, of(0, "VALUES (3)")),
		part(seal.Touched, 1, "SELECT * FROM (VALUES (3::BIGINT), (5)) t(person_id)"), part(seal.Touched, 2, "SELECT 3::BIGINT AS person_id"),
	}
	m.State = []seal.Part{part("link", 0, of(0, "VALUES (0), (3), (4)")), part("link", 1, of(1, "VALUES (0), (5)"))}
	return stage, m
}

// TestCompact makes one layer of three.
func TestCompact(t *testing.T) {
	e, ctx := testEngine(t), context.Background()
	stage, m := layered(t, e)
	var runs []seal.Manifest
	for i, run := range []string{"20261102T000000.000Z", "20261103T000000.000Z"} {
		if err := seal.Make(stage, run); err != nil {
			t.Fatal(err)
		}
		got, err := Compact(ctx, stage, m, run, Limits{Threads: 1 + i})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, got)
	}
	got := runs[0]
	if got.Run != "20261102T000000.000Z" || got.Epoch != "e" || got.Layer != 2 || got.Since != 2 || got.AsOf != m.AsOf || len(got.Parts) != 3 || len(got.State) != 1 {
		t.Fatalf("%+v", got)
	}
	if err := seal.Verify(ctx, stage, seal.Manifest{Run: got.Run, Parts: append(got.Parts, got.State...)}); err != nil {
		t.Error(err)
	}
	sums := map[string][3]int64{ // rows, and the sums of persons and of records
		"person":  {199994, 199999*100000 - 15, (199999*100000 - 15) * 10},
		"problem": {200000, 199999 * 100000, 199999*1000000 + 3},
		"link":    {4, 9, 92},
	}
	for i, p := range append(got.Parts, got.State...) {
		var have [3]int64
		q := "SELECT count(*), sum(person_id)::BIGINT, sum(record_key)::BIGINT FROM " + parquet(seal.Dir(stage, got.Run), []string{p.File}, "")
		if err := e.each(ctx, q, func(scan func(...any) error) error { return scan(&have[0], &have[1], &have[2]) }); err != nil {
			t.Fatal(err)
		}
		if p.Layer != 2 || p.Rows != have[0] {
			t.Errorf("%+v holds %d rows", p, have[0])
		}
		sum := sums[p.Dataset]
		if p.Dataset == "problem" && i == 1 { // the large part, without 3 and 5
			sum = [3]int64{199998, 199999*100000 - 8, (199999*100000 - 8) * 10}
		} else if p.Dataset == "problem" {
			sum = [3]int64{2, 8, 51 + 32}
		}
		if have != sum {
			t.Errorf("%s: %v, want %v", p.File, have, sum)
		}
		if again := append(runs[1].Parts, runs[1].State...)[i]; again != p {
			t.Errorf("the second time %+v, the first %+v", again, p)
		}
	}
	if _, err := os.Stat(filepath.Join(seal.Dir(stage, got.Run), "compact")); !os.IsNotExist(err) {
		t.Errorf("left behind what was spilled: %v", err)
	}
	same(t, stage, m, got)
}

// same holds that a part that lost nothing is the very file it was.
func same(t *testing.T, stage string, was, is seal.Manifest) {
	t.Helper()
	a, errA := os.Stat(filepath.Join(seal.Dir(stage, was.Run), was.Parts[0].File))
	b, errB := os.Stat(filepath.Join(seal.Dir(stage, is.Run), is.Parts[0].File))
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		t.Errorf("a part that lost nothing was written anew: %v %v", errA, errB)
	}
	if err := seal.Verify(context.Background(), stage, was); err != nil {
		t.Errorf("the run it was made from: %v", err)
	}
}

func TestCompactRefuses(t *testing.T) {
	e := testEngine(t)
	for name, breakIt := range map[string]func(stage string, m *seal.Manifest) error{
		"a part that is gone": func(stage string, m *seal.Manifest) error {
			return os.Remove(filepath.Join(seal.Dir(stage, m.Run), m.Parts[1].File))
		},
		"a part that is cut off": func(stage string, m *seal.Manifest) error {
			return os.Truncate(filepath.Join(seal.Dir(stage, m.Run), m.Parts[2].File), 40)
		},
		"nobody to say who was touched": func(stage string, m *seal.Manifest) error {
			return os.Remove(filepath.Join(seal.Dir(stage, m.Run), m.Parts[5].File))
		},
		"no folder": func(stage string, m *seal.Manifest) error { return os.Remove(seal.Dir(stage, "20261102T000000.000Z")) },
	} {
		t.Run(name, func(t *testing.T) {
			stage, m := layered(t, e)
			const run = "20261102T000000.000Z"
			if err := seal.Make(stage, run); err != nil {
				t.Fatal(err)
			}
			if err := breakIt(stage, &m); err != nil {
				t.Fatal(err)
			}
			if _, err := Compact(context.Background(), stage, m, run, Limits{Temp: t.TempDir()}); err == nil {
				t.Error("nothing is wrong")
			}
		})
	}
}

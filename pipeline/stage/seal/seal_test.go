package seal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// sealed makes runs, one a second, and seals the last: it has two parts.
func sealed(t *testing.T, runs int) (stage string, m Manifest) {
	t.Helper()
	stage = filepath.Join(t.TempDir(), "work", "stage")
	for i := range runs {
		m.Run = Name(start.Add(time.Duration(i) * time.Second))
		if err := Make(stage, m.Run); err != nil {
			t.Fatal(err)
		}
	}
	m.AsOf = "2026-11-01"
	for _, p := range []Part{{Dataset: "problem", File: "problem-000.parquet", Rows: 3}, {Dataset: "person", File: "person-000.parquet", Rows: 1}} {
		path := filepath.Join(Dir(stage, m.Run), p.File)
		if err := os.WriteFile(path, []byte("rows of "+p.Dataset), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if p.Bytes, p.SHA256, err = digest(path); err != nil {
			t.Fatal(err)
		}
		m.Parts = append(m.Parts, p)
	}
	if err := errors.Join(Write(stage, m), SetCurrent(stage, m.Run)); err != nil {
		t.Fatal(err)
	}
	return stage, m
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestARunWithoutASealDoesNotExist(t *testing.T) {
	if _, err := Current(t.TempDir()); !errors.Is(err, ErrNone) {
		t.Errorf("an empty stage: %v", err)
	}
	stage, m := sealed(t, 3)
	if _, err := Read(stage, Name(start)); !errors.Is(err, ErrDamaged) {
		t.Errorf("an unsealed run was read: %v", err)
	}
	got, err := Current(stage)
	if err != nil || got.Run != m.Run || !slices.Equal(got.Parts, m.Parts) {
		t.Errorf("current: %+v, %v", got, err)
	}
	for _, text := range []string{`{"run":`, `{"run":"another"}`} {
		os.WriteFile(filepath.Join(Dir(stage, m.Run), "manifest.json"), []byte(text), 0o600)
		if _, err := Current(stage); !errors.Is(err, ErrDamaged) {
			t.Errorf("a manifest %s: %v", text, err)
		}
	}
}

// TestSweep shows that what runs have left goes, and what is not theirs stays.
func TestSweep(t *testing.T) {
	if err := Sweep(filepath.Join(t.TempDir(), "none"), ""); err != nil {
		t.Errorf("where nothing ever ran: %v", err)
	}
	stage, m := sealed(t, 3)
	foreign := []string{"CURRENT.bak", "notes.tmp", "runs/backup/a.parquet", "runs/20261101T020000Z/a", "runs/a.tmp", "runs/20261101T020000.000Z-copy/a", "runs/20261101T020009.000Z"}
	ours := []string{"CURRENT.tmp", ".spill/spill-1/duckdb_temp_storage", "runs/20261101T020000.000Z/manifest.json.tmp"}
	for _, name := range slices.Concat(foreign, ours) {
		path := filepath.Join(stage, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(stage, m.Run); err != nil {
		t.Fatal(err)
	}
	for _, name := range foreign {
		if _, err := os.Stat(filepath.Join(stage, name)); err != nil {
			t.Errorf("what is not ours was removed: %v", err)
		}
	}
	if got := names(t, stage); !slices.Equal(got, []string{"CURRENT", "CURRENT.bak", "notes.tmp", "runs"}) {
		t.Errorf("left in the stage: %v", got)
	}
	if got := names(t, filepath.Join(stage, "runs")); len(got) != 6 || !slices.Contains(got, m.Run) {
		t.Errorf("left of the runs: %v", got)
	}
	if err := Verify(t.Context(), stage, m); err != nil {
		t.Errorf("the live run: %v", err)
	}
}

// TestVerify flips, cuts off, and takes away.
func TestVerify(t *testing.T) {
	for name, damage := range map[string]func(path string, m *Manifest) error{
		"nothing":      nil,
		"a bit":        func(path string, _ *Manifest) error { return os.WriteFile(path, []byte("rows of problel"), 0o600) },
		"a byte less":  func(path string, _ *Manifest) error { return os.Truncate(path, 5) },
		"a byte more":  func(path string, _ *Manifest) error { return os.WriteFile(path, []byte("rows of problem "), 0o600) },
		"a part":       func(path string, _ *Manifest) error { return os.Remove(path) },
		"no checksum":  func(_ string, m *Manifest) error { m.Parts[0].SHA256 = ""; return nil },
		"another size": func(_ string, m *Manifest) error { m.Parts[0].Bytes++; return nil },
		"another run's": func(path string, m *Manifest) error {
			m.Parts[0].File = "../" + m.Run + "/problem-000.parquet"
			return nil
		},
	} {
		stage, m := sealed(t, 1)
		if damage != nil {
			if err := damage(filepath.Join(Dir(stage, m.Run), "problem-000.parquet"), &m); err != nil {
				t.Fatal(err)
			}
		}
		err := Verify(t.Context(), stage, m)
		if (err == nil) != (damage == nil) || err != nil && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "problem")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stage, m := sealed(t, 1)
	if err := Verify(ctx, stage, m); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNamesSortAsTimesDo(t *testing.T) {
	last := ""
	for _, d := range []time.Duration{0, time.Millisecond, time.Second, 10 * time.Second, time.Hour, 20 * 24 * time.Hour, 2000 * time.Hour} {
		name := Name(start.Add(d))
		if name <= last || !named.MatchString(name) {
			t.Errorf("%s after %s", name, last)
		}
		last = name
	}
	if got := Name(start.In(time.FixedZone("", 3600))); got != "20261101T020000.000Z" {
		t.Error(got)
	}
}

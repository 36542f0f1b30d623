package seal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestARunWithoutASealDoesNotExist(t *testing.T) {
	dir := t.TempDir()
	if _, err := Current(dir); !errors.Is(err, ErrNone) {
		t.Errorf("an empty stage: %v", err)
	}
	for _, run := range []string{"a", "b", "c"} {
		if err := os.MkdirAll(Dir(dir, run), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	m := Manifest{Run: "b", AsOf: "2026-11-01", Parts: []Part{{Dataset: "problem", File: "problem-000.parquet", Rows: 3}}}
	if err := errors.Join(Write(dir, m), SetCurrent(dir, "b")); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir, "a"); err == nil {
		t.Error("an unsealed run was read")
	}
	if err := Sweep(dir, "b"); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(filepath.Join(dir, "runs"))
	if len(left) != 1 || left[0].Name() != "b" {
		t.Errorf("left: %v", left)
	}
	got, err := Current(dir)
	if err != nil || got.Run != "b" || len(got.Parts) != 1 || got.Parts[0] != m.Parts[0] {
		t.Errorf("current: %+v, %v", got, err)
	}
	os.WriteFile(filepath.Join(Dir(dir, "b"), "manifest.json"), []byte(`{"run":`), 0o600)
	if _, err := Current(dir); err == nil {
		t.Error("a damaged manifest was read")
	}
}

package register

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestMend holds that what a process has left that died between adding a step and
// writing the head is said, and is in order from then on; and that a log in which
// anything else was done is not mended.
func TestMend(t *testing.T) {
	ctx, at := context.Background(), time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	for steps := range 3 {
		dir := t.TempDir()
		r := &Register{dir}
		step := func() {
			if err := r.Step(ctx, Step{What: "requested", Kind: "release", Name: "a", By: "Ada", At: at}); err != nil {
				t.Fatal(err)
			}
		}
		mended := func() int {
			if err := r.Mend(ctx, "the desk", at); err != nil {
				t.Fatal(err)
			}
			p, err := r.Verify(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return len(p.Findings)
		}
		for range steps {
			step()
		}
		if mended() > 0 {
			t.Fatal("a register in which nothing was wrong")
		}
		log, head := filepath.Join(dir, "log.jsonl"), filepath.Join(dir, "head")
		before, _ := os.ReadFile(head)
		step()
		put := func(path string, text []byte) {
			if text == nil {
				os.Remove(path)
			} else if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put(head, before) // and there it died
		if n := mended(); n > 0 {
			t.Errorf("after %d steps: %d findings are left", steps, n)
		}
		if all, err := r.Steps(); err != nil || len(all) != steps+1 {
			t.Errorf("%d steps, %v", len(all), err)
		}
		text, _ := os.ReadFile(log)
		put(log, bytes.Replace(text, []byte("Ada"), []byte("Eve"), 1))
		if mended() == 0 {
			t.Error("a step that was edited was mended")
		}
		put(log, text[:bytes.IndexByte(text, '\n')+1])
		if mended() == 0 {
			t.Error("a log that was cut off was mended")
		}
	}
}

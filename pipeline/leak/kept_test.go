package leak

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"secondaryuse/pipeline/ledger"
)

// TestSearchLeavesTheLedgerOpen holds that a process that has the ledger open can go on
// with it after a search of its folder, though another process looks at it meanwhile, as
// status does, and that the other sees all that was written.
func TestSearchLeavesTheLedgerOpen(t *testing.T) {
	if path := os.Getenv("LEAK_LOOK_AT"); path != "" { // the other process
		l, err := ledger.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		runs, err := l.Runs(context.Background(), 9)
		if err = errors.Join(err, l.Close()); err != nil || strconv.Itoa(len(runs)) != os.Getenv("LEAK_RUNS") {
			t.Fatalf("it sees %d runs, %v", len(runs), err)
		}
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.db")
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	begin := func(id string) {
		t.Helper()
		if err := l.Begin(t.Context(), ledger.Run{ID: id, Started: time.Now(), AsOf: "2026-11-20", Purpose: "planning"}); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"a", "b", "c"} {
		begin(id)
		s := searcher(t, "9434765919", "Featherstone")
		if _, err := s.Run(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		other := exec.Command(os.Args[0], "-test.run=^TestSearchLeavesTheLedgerOpen$")
		other.Env = append(os.Environ(), "LEAK_LOOK_AT="+path, "LEAK_RUNS="+strconv.Itoa(i+1))
		if out, err := other.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if runs, err := l.Runs(t.Context(), 9); err != nil || len(runs) != 3 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	again, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if runs, err := again.Runs(t.Context(), 9); err != nil || len(runs) != 3 {
		t.Errorf("opened again: %d runs, %v", len(runs), err)
	}
}

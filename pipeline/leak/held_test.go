package leak

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/ledger"
)

// TestLedgerInUse holds that a ledger which this process has open is searched, what
// was deleted from it included, and that another process may come and go afterwards:
// the ledger that is open can be written to as before.
func TestLedgerInUse(t *testing.T) {
	if path := os.Getenv("OHC_LEDGER_OF_ANOTHER"); path != "" {
		l, err := ledger.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, ledger.Name)
	whole := database(t, "sqlite", `CREATE TABLE t (a INTEGER)`, `INSERT INTO t VALUES (1), (9434765919), (3)`, `DELETE FROM t`)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for i, id := range []string{"20261122T000000.000Z", "20261122T000001.000Z"} {
		if err := l.Begin(context.Background(), ledger.Run{ID: id, Command: "verify", Started: day}); err != nil {
			t.Fatal(i, err)
		}
		r, err := searcher(t, "9434765919", "Featherstone").Run(context.Background(), dir)
		if err != nil || len(r.Faults) > 0 || len(r.Found) == 0 || r.Files["sqlite"] != 1 {
			t.Error(i, err, r)
		}
		other := exec.Command(os.Args[0], "-test.run=^TestLedgerInUse$")
		other.Env = append(os.Environ(), "OHC_LEDGER_OF_ANOTHER="+path)
		if out, err := other.CombinedOutput(); err != nil {
			t.Fatalf("%d: %v %s", i, err, out)
		}
	}
	again, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, l := range []*ledger.Ledger{l, again} {
		if runs, err := l.Runs(context.Background(), 10); err != nil || len(runs) != 2 {
			t.Error(runs, err)
		}
	}
}

// TestNoLedger holds that a file which is called as a ledger is, and is none, is not
// passed over.
func TestNoLedger(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ledger.Name), []byte(strings.Repeat("9434765919\n", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := searcher(t, "9434765919", "Featherstone").Run(context.Background(), dir); err != nil || len(r.Faults) != 1 {
		t.Error(err, r)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondaryuse/testdata/population"
)

// TestNoCore holds that the memory of a process that holds keys is left in no core file,
// though the machine would write one.
func TestNoCore(t *testing.T) {
	t.Parallel()
	s := newSite(t, population.Plan{Persons: 20, Seed: 5, Months: 1})
	cmd := exec.Command("sh", "-c", "ulimit -c unlimited; exec "+s.bin+" serve --config "+s.config)
	cmd.Dir, cmd.Env = s.left, append(s.command("serve").Env, "GOTRACEBACK=crash")
	s.must(cmd.Start())
	ledger := filepath.Join(s.left, "work", "ledger.db")
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ledger); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Error("it does not begin")
			break
		}
	}
	s.must(cmd.Process.Signal(syscall.SIGABRT))
	cmd.Wait()
	if ended := cmd.ProcessState.Sys().(syscall.WaitStatus); !ended.Signaled() || ended.CoreDump() {
		t.Errorf("it ended as %v, with a core: %v", cmd.ProcessState, ended.CoreDump())
	}
	entries, err := os.ReadDir(s.left)
	s.must(err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "core") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/testdata/population"
)

// TestKillAtSteps kills the real command at the moment at which each step of a
// run shows on the disk.
func TestKillAtSteps(t *testing.T) {
	t.Parallel()
	n := newNight(t, 5)
	for _, step := range []string{
		"work/ledger.db-wal", "work/stage/runs/*", "work/stage/runs/*/*.parquet", "work/stage/runs/*/spill", "work/stage/runs/*/*-settled.parquet",
		"work/stage/runs/*/manifest.json.tmp", "work/stage/runs/*/manifest.json", "work/stage/.spill", "marts/snapshots/.tmp-*",
		"marts/snapshots/.tmp-*/*.parquet", "marts/snapshots/.tmp-*/*.sql", "marts/snapshots/.tmp-*/marts.duckdb", "marts/snapshots/.tmp-*/manifest.json", "marts/snapshots/.tmp-*/manifest.sig",
		"marts/.CURRENT", "work/stage/CURRENT.tmp",
	} {
		for range 2 {
			code, _ := n.when(apart(n.command("run", "--config", n.config)), n.appears("left/"+step), killGroup)
			t.Logf("%s: %s", step, n.where(code))
			n.whole(false)
		}
		n.recovers()
	}
}

// inject runs the real command under strace, which does something to it in the
// system calls on one file: so it is hit before or after one exact call. Calls
// are counted for each thread. more is what else is said to run.
func (n *night) inject(path, calls, what string, more ...string) (code int, said string) {
	n.t.Helper()
	cmd := n.command(append([]string{"run", "--config", n.config}, more...)...)
	cmd.Path, cmd.Args = n.strace(), slices.Concat([]string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(n.left, path),
		"-e", "trace=" + calls, "-e", "inject=" + calls + ":" + what, n.bin}, cmd.Args[1:])
	code, said = n.said(cmd, cmd.Run())
	if strings.HasPrefix(said, "strace: Requested path") { // it follows a link, and says so
		_, said, _ = strings.Cut(said, "\n")
	}
	return code, said
}

func (n *night) strace() string {
	path, err := exec.LookPath("strace")
	if err != nil || exec.Command(path, "-f", "-o", "/dev/null", "true").Run() != nil {
		n.t.Skip("strace is not there, or may not trace")
	}
	return path
}

// oldest is the snapshot that goes with the next run.
func (n *night) oldest() string { return strings.Fields(n.names("marts/snapshots"))[0] }

// The calls that make a file, a name or a run durable or gone.
const (
	renames = "rename,renameat,renameat2"
	syncs   = "fsync,fdatasync"
	links   = "symlink,symlinkat"
	opens   = "openat"
	unlinks = "unlink,unlinkat"
)

// TestKillBetweenSteps kills the real command before each of the calls by which
// it publishes and clears up, and so after the call before.
func TestKillBetweenSteps(t *testing.T) {
	t.Parallel()
	n := newNight(t, 6)
	n.strace()
	live := func() string {
		m, err := seal.Current(n.stage())
		if err != nil {
			t.Fatal(err)
		}
		return m.Run
	}
	n.run(0, "run") // so that there are three snapshots
	for _, step := range []struct{ path, calls, nth, moved string }{
		{"work/stage/runs", syncs, "1", ""}, // the run has its folder
		{"work/stage/CURRENT.tmp", opens, "1", ""},
		{"work/stage/CURRENT.tmp", syncs, "1", ""},
		{"work/stage/CURRENT", renames, "1", ""},
		{"work/stage", syncs, "1", "staged"},
		{"marts/snapshots", syncs, "1", "staged"},                          // the snapshot has its name
		{"marts/.CURRENT", links, "1", "staged"},                           // and is durable
		{"marts/CURRENT", renames, "1", "staged"},                          // the link to it is made
		{"marts", syncs, "1", "staged, published"},                         // the link has moved
		{"marts/snapshots/OLDEST", renames, "1", "staged, published"},      // a snapshot is about to go
		{"marts/snapshots/.tmp-OLDEST", unlinks, "1", "staged, published"}, // it is none any more
		{"marts/snapshots/.tmp-OLDEST", unlinks, "5", "staged, published"}, // it is going
		{"work/stage/runs/LIVE", unlinks, "1", "staged, published"},        // the run before is about to go
		{"work/stage/runs/LIVE", unlinks, "5", "staged, published"},        // it is going
		{"work/ledger.db-wal", syncs, "1", ""},
		{"work/ledger.db", syncs, "1", "staged, published"}, // the ledger is closed
	} {
		before := live()
		path := strings.NewReplacer("LIVE", before, "OLDEST", n.oldest()).Replace(step.path)
		code, said := n.inject(path, step.calls, "signal=KILL:when="+step.nth)
		moved := ""
		if live() != before {
			moved = "staged"
		}
		if _, m, err := snapshot.Current(n.marts()); err == nil && m.Run != before && m.Run == live() {
			moved += ", published"
		}
		if code != -1 || moved != step.moved {
			t.Errorf("%s of %s: exit code %d, moved %q, want it killed and %q%s", step.calls, step.path, code, moved, step.moved, n.shown(said))
		}
		n.whole(false)
		n.recovers()
	}
}

// TestKillWhileAKeyIsMade kills a first run when a key is whole and has no name
// yet. The next run makes the keys, and takes away what is left of the first.
func TestKillWhileAKeyIsMade(t *testing.T) {
	t.Parallel()
	n := &night{site: newSite(t, population.Plan{Persons: 120, Seed: 9, Months: 2})}
	n.strace()
	for _, key := range []string{"base.key", "planning.key", "signing.ed25519"} {
		if code, said := n.inject("keys/"+key, "link,linkat", "signal=KILL:when=1"); code != -1 {
			t.Fatalf("%s: exit code %d, want it killed%s", key, code, n.shown(said))
		}
		if left := n.names("keys"); !strings.Contains(left, "."+key+"-") || strings.Contains(left, " "+key) {
			t.Errorf("%s: it was killed too late, or too soon: left are %s", key, left)
		}
	}
	n.run(0, "run")
	n.tidy()
}

// TestCallsThatFail has the disk fail in the calls by which a run publishes.
// The run says so. What it has published by then is whole, and the next run is
// not hindered.
func TestCallsThatFail(t *testing.T) {
	t.Parallel()
	n := newNight(t, 7)
	n.strace()
	n.run(0, "run") // so that there are three snapshots
	for _, step := range []struct{ path, calls, how string }{
		{"work/stage/runs", syncs, "EIO"}, {"marts/snapshots/OLDEST", renames, "EIO"}, {"marts/snapshots", syncs, "EIO"}, {"marts/.CURRENT", links, "ENOSPC"}, {"marts/CURRENT", renames, "EIO"}, {"marts", syncs, "EIO"},
		{"work/stage/CURRENT.tmp", opens, "ENOSPC"}, {"work/stage/CURRENT.tmp", syncs, "EIO"}, {"work/stage/CURRENT", renames, "ENOSPC"},
		{"work/ledger.db-wal", "pwrite64", "ENOSPC"}, {"work/ledger.db", "pread64", "EIO"}, {"keys/base.key", opens, "EIO"}, {"keys/planning.key", opens, "EIO"},
	} {
		code, said := n.inject(strings.Replace(step.path, "OLDEST", n.oldest(), 1), step.calls, fmt.Sprintf("error=%s:when=1+", step.how))
		if code != 1 || !strings.HasPrefix(said, "ohc-pipeline: ") {
			t.Errorf("%s in %s of %s: exit code %d, want 1 and an error%s", step.how, step.calls, step.path, code, n.shown(said))
		}
		n.whole(false)
		n.recovers()
	}
}

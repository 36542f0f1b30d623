package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/testdata/population"
)

// night is a site whose runs are disturbed, and what an undisturbed run makes
// of it.
type night struct {
	*site
	want map[string]string // the marts, by their SHA-256
	took time.Duration     // of an undisturbed run
	cut  int               // runs that were cut off so far, with nothing published
	late int               // runs that were cut off when they had published
	last string            // the run that was counted last
}

func newNight(t *testing.T, seed uint64) *night {
	t.Helper()
	n := &night{site: newSite(t, population.Plan{Persons: 150, Seed: seed})}
	n.run(0, "run") // makes the keys, and warms the caches
	began := time.Now()
	n.run(0, "run")
	n.took = time.Since(began)
	n.want = n.published()
	if len(n.want) < 6 {
		t.Fatalf("an undisturbed run has published %d marts", len(n.want))
	}
	return n
}

// published is the marts of the current snapshot, which must be whole, by
// what is in them; none where nothing was published.
func (n *night) published() map[string]string {
	n.t.Helper()
	folder, m, err := snapshot.Current(n.marts())
	if errors.Is(err, snapshot.ErrNone) {
		return nil
	}
	if err == nil {
		err = snapshot.Verify(folder)
	}
	if err != nil {
		n.t.Fatalf("what is published: %v", err)
	}
	out := make(map[string]string)
	for _, f := range m.Files {
		if filepath.Ext(f.Name) == ".parquet" {
			out[f.Name] = inOrder(n.t, filepath.Join(folder, f.Name), f.SHA256)
		}
	}
	return out
}

// staged holds that the parts of the live run are as they were sealed.
func (n *night) staged() {
	n.t.Helper()
	m, err := seal.Current(n.stage())
	if errors.Is(err, seal.ErrNone) {
		return
	}
	if err != nil {
		n.t.Fatalf("what is staged: %v", err)
	}
	for _, p := range m.Parts {
		data, err := os.ReadFile(filepath.Join(seal.Dir(n.stage(), m.Run), p.File))
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(data)) != p.SHA256 {
			n.t.Fatalf("what is staged: %s is not as it was sealed: %v", p.File, err)
		}
	}
}

// whole holds that what is published and what is staged is whole, whatever has
// just happened, that what is published is what ought to be, and that it is
// told so. fresh says that nothing was published before.
func (n *night) whole(fresh bool) {
	n.t.Helper()
	n.staged()
	if got := n.published(); !maps.Equal(got, n.want) && !(fresh && got == nil) {
		n.t.Fatalf("published are %d marts that are not those of an undisturbed run", len(got))
	}
	n.told()
}

// told holds that the last run is told as published if, and only if, what is
// published is its own. It counts those that died.
func (n *night) told() {
	n.t.Helper()
	runs := n.runs()
	if len(runs) == 0 {
		return
	}
	_, m, _ := snapshot.Current(n.marts())
	want := runs[0].Status
	again := n.last == runs[0].ID // a run that was killed before the ledger knew of it leaves the one before
	n.last = runs[0].ID
	if published := m.Run == runs[0].ID; want == ledger.Running && published {
		want = ledger.Published
		if !again {
			n.late++
		}
	} else if want == ledger.Running {
		want = ledger.CutOff
		if !again {
			n.cut++
		}
	} else if published != (want == ledger.Published) {
		n.t.Errorf("the ledger has the last run as %s; published: %v", want, published)
	}
	said := n.run(0, "show")
	if first, _, _ := strings.Cut(said, "\n"); !strings.HasSuffix(first, " "+runs[0].ID+" ("+want+")") {
		n.t.Errorf("the last run is %s, and is told as: %s", want, first)
	}
}

// recovers holds that the next run ends in the same marts and leaves nothing
// behind of what went wrong.
func (n *night) recovers() {
	n.t.Helper()
	n.run(0, "run")
	if got := n.published(); !maps.Equal(got, n.want) {
		n.t.Fatal("the next run has published other marts than an undisturbed one")
	}
	n.staged()
	n.tidy()
	if running, cut, late := n.count(ledger.Running), n.count(ledger.CutOff), n.count(ledger.Late); running != 0 || cut != n.cut || late != n.late {
		n.t.Errorf("the ledger has %d runs as running, %d as cut off and %d as cut off late; want none, %d and %d", running, cut, late, n.cut, n.late)
	}
}

// tidy holds that nothing is left but what a run that ended well leaves.
func (n *night) tidy() {
	n.t.Helper()
	for _, left := range []struct{ folder, want string }{
		{"work", "audit ledger.db lock looked reports stage"}, {"work/audit", "lock log.jsonl"}, {"work/stage", "CURRENT runs"}, {"work/stage/runs", "*"}, {"marts", ".lock CURRENT signing.pub snapshots"},
		{"keys", "base.key planning.key signing.ed25519"}, {"tmp", ""}, {"home", ""},
	} {
		if got := n.names(left.folder); got != left.want && (left.want != "*" || strings.Contains(got, " ")) {
			n.t.Errorf("left in %s: %q, want %q", left.folder, got, left.want)
		}
	}
	n.run(0, "audit", "verify")
	if reports := strings.Fields(n.names("work/reports")); len(reports)%2 != 0 || slices.ContainsFunc(reports, func(name string) bool { return strings.HasSuffix(name, ".tmp") }) {
		n.t.Errorf("left are the reports %v", reports)
	}
	kept, err := os.ReadDir(filepath.Join(n.marts(), "snapshots"))
	if err != nil || len(kept) > 3 || slices.ContainsFunc(kept, func(e os.DirEntry) bool { return !e.IsDir() || e.Name()[0] == '.' }) {
		n.t.Errorf("left are the snapshots %v, error %v", kept, err)
	}
}

// refused holds that a run that is refused takes away what the one before has
// left, publishes nothing, and says why.
func (n *night) refused() {
	n.t.Helper()
	before, _, _ := snapshot.Current(n.marts())
	reply := n.read("lists/optout.dat")
	n.write("lists/optout.dat", "")
	n.run(3, "run")
	n.write("lists/optout.dat", reply)
	if after, _, _ := snapshot.Current(n.marts()); after != before {
		n.t.Error("a run that was refused has published")
	}
	if before != "" {
		n.tidy()
	}
}

func (n *night) names(folder string) string {
	entries, err := os.ReadDir(filepath.Join(n.left, folder))
	if err != nil {
		n.t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}

// count is how many runs stand so in the ledger, or failed so.
func (n *night) count(how string) (count int) {
	n.t.Helper()
	for _, r := range n.runs() {
		if r.Status == how || r.Failure == how {
			count++
		}
	}
	return count
}

// runs is the runs that the ledger has, newest first; none where there is no
// ledger.
func (n *night) runs() []ledger.Run {
	n.t.Helper()
	path := filepath.Join(n.left, "work", "ledger.db")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	l, err := ledger.Open(path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer l.Close()
	runs, err := l.Runs(context.Background(), 10_000)
	if err != nil {
		n.t.Fatal(err)
	}
	return runs
}

// afresh takes away what all runs before have left but the keys.
func (n *night) afresh() {
	n.t.Helper()
	if err := errors.Join(os.RemoveAll(filepath.Join(n.left, "work")), os.RemoveAll(n.marts())); err != nil {
		n.t.Fatal(err)
	}
	n.cut, n.late = 0, 0
}

// apart makes a call lead a process group of its own, which can be killed.
func apart(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func killGroup(p *os.Process) { syscall.Kill(-p.Pid, syscall.SIGKILL) }

// TestKillAtRandom kills the real command fifty times at moments drawn from the
// whole length of one. Whatever the moment, what is published is whole, and the
// next run ends in the same marts as if nothing had happened.
func TestKillAtRandom(t *testing.T) {
	t.Parallel()
	const kills, nights = 50, 2 // in all, and at once
	for seed := range uint64(nights) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			n := newNight(t, 3+seed)
			draw := rand.New(rand.NewPCG(seed, 2026))
			in := make(map[string]int)
			for i := int(seed); i < kills; {
				fresh, command := i%10 >= 8, "run"
				if fresh {
					n.afresh()
				} else if i%10 >= 6 {
					command = "publish"
				}
				after := time.Duration(draw.Int64N(int64(n.took)))
				began := time.Now()
				code, said := n.when(apart(n.command(command, "--config", n.config)),
					func(*os.Process) bool { time.Sleep(time.Millisecond); return time.Since(began) >= after }, killGroup)
				if code > 0 {
					t.Fatalf("kill %d: %s ended with exit code %d%s", i, command, code, n.shown(said))
				}
				where := n.where(code)
				in[where]++
				t.Logf("kill %d: %s, fresh %v, after %d of %d ms: %s", i, command, fresh, after.Milliseconds(), n.took.Milliseconds(), where)
				n.whole(fresh)
				if i%4 == 0 {
					n.refused()
				}
				n.recovers()
				if code != 0 { // else it had ended, and there is another draw
					i += nights
				}
			}
			t.Log(in)
		})
	}
}

// where is the step in which a run was killed, as far as it can be seen from
// what it has left.
func (n *night) where(code int) string {
	has := func(pattern string) bool {
		found, err := filepath.Glob(filepath.Join(n.left, pattern))
		return err == nil && len(found) > 0
	}
	live, _ := seal.Current(n.stage())
	_, current, _ := snapshot.Current(n.marts())
	dirs, _ := os.ReadDir(filepath.Join(n.stage(), "runs"))
	var last string // the folder of the run that was killed, if it has one
	for _, d := range dirs {
		if d.Name() > live.Run {
			last = d.Name()
		}
	}
	switch {
	case code == 0:
		return "past its end"
	case has("marts/snapshots/.tmp-*/manifest.json"):
		return "snapshot sealed"
	case has("marts/snapshots/.tmp-*"):
		return "marts being built"
	case live.Run > current.Run && has("marts/snapshots/"+live.Run):
		return "snapshot named, not current"
	case live.Run > current.Run:
		return "staged, not published"
	case last == "" && n.count(ledger.Running) > 0 && has("work/stage/CURRENT"):
		return "before its folder or after all"
	case last == "":
		return "before it had begun"
	case has("work/stage/runs/" + last + "/manifest.json"):
		return "sealed"
	case has("work/stage/runs/" + last + "/*-settled.parquet"):
		return "being settled"
	case has("work/stage/runs/" + last + "/*.parquet"):
		return "being read"
	}
	return "persons being read"
}

// TestDiskFull gives runs room for files of so many bytes only: they fail with
// an error, publish nothing, and hinder no later run.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	n := newNight(t, 3)
	for _, kilobytes := range []int{1, 20, 40, 60, 80, 100} {
		before, _, err := snapshot.Current(n.marts())
		if err != nil {
			t.Fatal(err)
		}
		cmd := n.command("run", "--config", n.config)
		cmd.Path, cmd.Args = "/bin/sh", slices.Concat([]string{"sh", "-c", `ulimit -f "$0" && exec "$@"`, fmt.Sprint(2 * kilobytes), n.bin}, cmd.Args[1:])
		code, said := n.said(cmd, cmd.Run())
		t.Logf("%d kB: exit code %d", kilobytes, code)
		if kilobytes < 60 && code != 1 || code != 0 && code != 1 {
			t.Errorf("%d kB: exit code %d%s", kilobytes, code, n.shown(said))
		}
		if code != 0 && !strings.HasPrefix(said, "ohc-pipeline: ") {
			t.Errorf("%d kB: no error of ours%s", kilobytes, n.shown(said))
		}
		if after, _, err := snapshot.Current(n.marts()); err != nil || (after != before) != (code == 0) {
			t.Errorf("%d kB: a run that failed has published: %v", kilobytes, err)
		}
		n.whole(false)
		n.recovers()
	}
}

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
)

func numbered(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// begins and ends are when the session of a day does: the population says at
// midnight, by UTC, what the day brought.
func (y *year) begins(day int) time.Time { return y.plan.Clock(day).Add(10 * time.Minute) }
func (y *year) ends(day int) time.Time   { return y.begins(day + 1) }

// fresh reports whether what is published is of this day.
func (y *year) fresh() bool {
	_, m, err := snapshot.Current(y.config.Marts)
	return err == nil && m.AsOf == y.plan.Clock(y.day).Format(time.DateOnly)
}

// through takes the installation through a day, on which something may go wrong
// unless it is spared, and returns for how many days the machine is off after that.
func (y *year) through(draw *rand.Rand, day int, spared bool) (off int) {
	y.t.Helper()
	showTime(y.shown, y.begins(day))
	s := session{config: y.config, from: y.begins(day), until: y.ends(day), shown: y.shown, log: y.log, daemons: 1}
	y.rough[day] = y.stale[day]
	what := yearHarms[(day+day/len(yearHarms)*7)%len(yearHarms)]
	if day == 0 || spared {
		what = "nothing"
	}
	y.counts[what]++
	if what != "nothing" {
		y.rough[day] = true
	}
	switch what {
	case "machine off":
		off = 1 + draw.IntN(3)
	case "late lists":
		for i := range 5 {
			y.stale[day+1+i] = true
		}
	}
	if killed := y.violently(what, draw, day); killed {
		return 0
	}
	switch what {
	case "two daemons":
		s.daemons, s.stops = 2, 1+draw.IntN(3)
	case "failing server":
		y.server.Fail([]string{"kick-off", "status", "file", "token", "delete"}[draw.IntN(5)], yearFaults[draw.IntN(len(yearFaults))]...)
		y.server.Gzip = draw.IntN(2) == 0
	}
	y.must(s.run())
	y.server.Mend()
	return off
}

// violently takes the installation through a day by processes that are killed,
// where that is what goes wrong.
func (y *year) violently(what string, draw *rand.Rand, day int) bool {
	y.t.Helper()
	switch what {
	case "kill at random":
		y.killed(day, func(int) func() bool {
			after := time.Now().Add(time.Duration(draw.Int64N(int64(2500 * time.Millisecond))))
			return func() bool { return time.Now().After(after) }
		})
	case "kill at a step":
		y.killed(day, func(n int) func() bool { return y.appears(yearSteps[(day/len(yearHarms)*4+day%2*2+n)%len(yearSteps)]) })
	case "power cut":
		y.powerCut(day, 1+draw.IntN(60))
	default:
		return false
	}
	return true
}

// yearHarms is what goes wrong, day after day.
var yearHarms = []string{"nothing", "kill at random", "late lists", "two daemons", "kill at a step", "power cut", "failing server", "nothing", "machine off", "kill at random",
	"failing server", "kill at a step", "nothing", "nothing", "power cut", "nothing", "nothing", "two daemons", "nothing"}

// yearSteps is what shows on the disk when a step begins, or has ended.
var yearSteps = []string{
	"work/landing/*/next/*", "work/landing/*/*/.delivery.json", "work/stage/runs/*", "work/stage/runs/*/*.parquet", "work/stage/runs/*/manifest.json", "work/stage/CURRENT.tmp",
	"marts/snapshots/.tmp-*", "marts/snapshots/.tmp-*/*.parquet", "marts/.CURRENT", "work/landing/*/*/.done", "work/landing/*/published.tmp", "drop/*/taken/*/*", "work/stage/runs/*/spill",
}

// yearFaults are what a server does wrong: some of it for so long that a try
// fails.
var yearFaults = [][]bulktest.Fault{
	{{Status: 500}, {Status: 502}}, {{Status: 429, RetryAfter: "300"}}, {{Cut: 100}, {Cut: 700}}, {{Expire: true}}, {{Lose: true}}, {{Status: 503, Issue: "transient"}},
	slices.Repeat([]bulktest.Fault{{Status: 500}}, 15), slices.Repeat([]bulktest.Fault{{Status: 503}}, 60), slices.Repeat([]bulktest.Fault{{Cut: 50}}, 30),
}

// killed has sessions of their own processes killed, twice, and the next begin a
// while later, until the day is over. when makes what says that it is time.
func (y *year) killed(day int, when func(n int) func() bool) {
	y.t.Helper()
	for n := 0; readTime(y.shown).Before(y.ends(day)); n++ {
		cmd := y.child(y.ends(day))
		time2kill := func() bool { return false }
		if n < 2 {
			time2kill = when(n)
		}
		y.must(cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if y.await(cmd, ended, time2kill) {
			y.counts["killed"]++
			showTime(y.shown, readTime(y.shown).Add(7*time.Minute))
		} else {
			return
		}
	}
}

// await waits for a session to end, or kills it, and reports whether it did.
func (y *year) await(cmd *exec.Cmd, ended chan error, now func() bool) bool {
	y.t.Helper()
	for {
		select {
		case err := <-ended:
			y.must(err)
			return false
		case <-time.After(time.Millisecond):
		}
		if now() {
			killGroup(cmd.Process)
			err := <-ended
			if err == nil {
				return false
			}
			if cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				y.t.Fatalf("a session has ended by itself: %v", err)
			}
			return true
		}
	}
}

// appears reports whether there is more of a pattern than there was.
func (y *year) appears(pattern string) func() bool {
	s := &site{t: y.t, dir: y.root}
	there := s.appears(pattern)
	there(nil)
	return func() bool { return there(nil) }
}

// powerCut kills a session before it waits for the disk for the nth time, and
// takes away all that was not on the disk by then: but for the ledger, of which
// SQLite makes its own promises.
func (y *year) powerCut(day, nth int) {
	y.t.Helper()
	strace := (&night{site: &site{t: y.t}}).strace()
	for _, name := range []string{"work", "marts", "keys", "drop"} {
		if out, err := exec.Command("cp", "-a", filepath.Join(y.root, name), filepath.Join(y.root, "before-"+name)).CombinedOutput(); err != nil {
			y.t.Fatalf("%v: %s", err, out)
		}
	}
	log := filepath.Join(y.root, "strace")
	cmd := y.child(y.ends(day), strace, "-f", "-y", "-qq", "-s", "0", "-o", log, "-e",
		"trace=write,pwrite64,writev,ftruncate,fallocate,fsync,fdatasync,openat,mkdir,mkdirat,unlink,unlinkat,symlink,symlinkat,link,linkat,rename,renameat,renameat2",
		"-e", fmt.Sprintf("inject=fsync,fdatasync:signal=KILL:when=%d", nth))
	err := cmd.Run()
	if err == nil {
		y.counts["power not cut"]++
	} else {
		y.lose(log)
		showTime(y.shown, readTime(y.shown).Add(17*time.Minute))
		y.killed(day, func(int) func() bool { return func() bool { return false } })
	}
	for _, name := range []string{"work", "marts", "keys", "drop"} {
		y.must(os.RemoveAll(filepath.Join(y.root, "before-"+name)))
	}
}

// lose has every name and every byte that was not on the disk be as it was.
func (y *year) lose(log string) {
	y.t.Helper()
	t, ok := y.t.(*testing.T)
	if !ok {
		y.t.Fatal("not in a benchmark")
	}
	d := &disk{y.root, make(map[string]bool), make(map[string]map[string]bool)}
	calls(t, log, d.see)
	for path, lost := range d.bytes {
		if lost {
			y.restore(path)
		}
	}
	for dir, names := range d.names {
		for name := range names {
			y.restore(filepath.Join(dir, name))
		}
	}
}

// restore has a path be what it was before; what is not the installation's is
// left alone.
func (y *year) restore(path string) {
	y.t.Helper()
	rel, err := filepath.Rel(y.root, path)
	if err != nil || !slices.ContainsFunc([]string{"work/", "marts/", "keys/", "drop/"}, func(p string) bool { return len(rel) > len(p) && rel[:len(p)] == p }) ||
		len(filepath.Base(rel)) > 6 && filepath.Base(rel)[:6] == "ledger" || filepath.Base(rel) == "lock" || filepath.Base(rel) == ".lock" {
		return
	}
	was := filepath.Join(y.root, "before-"+rel)
	if _, err := os.Lstat(path); err == nil {
		y.counts["lost"]++
	}
	y.must(os.RemoveAll(path))
	if _, err := os.Lstat(was); err != nil {
		return
	}
	if _, err := os.Lstat(filepath.Dir(path)); err != nil {
		return // its folder is restored whole, or was lost whole
	}
	if out, err := exec.Command("cp", "-a", was, path).CombinedOutput(); err != nil {
		y.must(errors.Join(err, fmt.Errorf("%s", out)))
	}
}

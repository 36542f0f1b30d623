package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"secondaryuse/pipeline/ledger"
)

// TestServeIsFlat has a daemon do a job a minute, which reads every feed and
// publishes, and holds that each minute has its turn, that what it needs of
// memory, in Go and outside of it, stays what it was after the first of them, and
// that it leaves no goroutine and no open file. It is not parallel: it looks at
// the whole process.
func TestServeIsFlat(t *testing.T) {
	s := clockSite(t, "runs: [extract, publish]\n")
	c, err := load(s.config)
	s.must(err)
	log, err := os.Create(filepath.Join(s.left, "log", "flat.jsonl"))
	s.must(err)
	defer log.Close()
	before, files := goleak.IgnoreCurrent(), openFiles(t)
	now := time.Now().UTC().Truncate(time.Minute).Add(30 * time.Second)
	serve := func(minutes int) (heap, resident int64) {
		until := now.Add(time.Duration(minutes) * time.Minute)
		s.must(session{config: c, from: now, until: until, shown: log, log: log, daemons: 1}.run())
		now = until
		runtime.GC() // what pools hold goes with the second time
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc), residentBytes(t)
	}
	heap1, rss1 := serve(3)
	heap2, rss2 := serve(6)
	t.Logf("heap %d kB and %d kB, resident %d MB and %d MB", heap1>>10, heap2>>10, rss1>>20, rss2>>20)
	if heap2-heap1 > 6*200<<10 {
		t.Errorf("six turns have left %d kB on the heap", (heap2-heap1)>>10)
	}
	if rss2-rss1 > 6*8<<20 {
		t.Errorf("six turns have left %d MB resident", (rss2-rss1)>>20)
	}
	goleak.VerifyNone(t, before)
	if left := slices.DeleteFunc(openFiles(t), func(name string) bool { return slices.Contains(files, name) }); len(left) > 0 {
		t.Errorf("left open: %v", left)
	}
	if done := s.doneAtOnce(); done < 9 || done > 10 {
		t.Errorf("in 9 minutes %d turns are done", done)
	}
}

// doneAtOnce is how many turns were done in one try.
func (s *site) doneAtOnce() (n int) {
	s.t.Helper()
	for _, turn := range s.turns() {
		if turn.Status == ledger.Done && turn.Tries == 1 {
			n++
		}
	}
	return n
}

// residentBytes is what of this process is in memory.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

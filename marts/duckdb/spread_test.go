package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondaryuse/pipeline/stage/seal"
)

// parted writes a query of rows as a part of a run.
func parted(t testing.TB, e *engine, dir, set, query string) seal.Part {
	t.Helper()
	p := seal.Part{Dataset: set, File: set + ".parquet"}
	var err error
	if p.Rows, err = e.copied(context.Background(), "SELECT person_id, 'a' AS feed, 'professional' AS recorder, record_key, 0::INTEGER AS part, encounter_key, "+
		"TIMESTAMP '2026-01-01' AS version, NULL::TIMESTAMP AS recorded_at, to_key, whole, 0::INTEGER AS reason FROM ("+query+")", filepath.Join(dir, p.File)); err != nil {
		t.Fatal(err)
	}
	return p
}

// mixed writes a number as a key that looks like one at random.
func mixed(n string) string { return "(hash(" + n + ") // 2)::BIGINT" }

// linked is how many records went with excluded ones, and how many stayed.
func linked(s Settled) (gone, kept int64) {
	for _, t := range s.Tallies {
		switch t.End {
		case Linked:
			gone += t.Records
		case Kept:
			kept += t.Records
		}
	}
	return gone, kept
}

// TestSettleDeep holds that a chain of ten thousand records, each of which refers
// to the one before, goes with the first to its end, and one in which each is a
// part of the one before with the last, to its beginning; that this takes no more
// than a minute, be all of it one person's or each record another's; and that the
// records beside it stay.
func TestSettleDeep(t *testing.T) {
	const depth, beside = 10_000, 20_000
	e := testEngine(t)
	for name, tc := range map[string]struct {
		person string
		whole  bool
		first  int
	}{
		"one person's, down":    {"1", false, 0},
		"one person's, up":      {"1", true, depth},
		"many persons', down":   {"i", false, 0},
		"many persons', up":     {"i", true, depth},
		"few persons', in turn": {"i % 7 + 1", true, depth},
	} {
		t.Run(name, func(t *testing.T) {
			dir, begun := t.TempDir(), time.Now()
			all := fmt.Sprintf("SELECT %s::BIGINT AS person_id, %s AS record_key, 0::BIGINT AS encounter_key, %s AS to_key, %t AS whole FROM range(0, %d) t(i)",
				tc.person, mixed("i + 1"), mixed("i"), tc.whole, depth+beside)
			parts := []seal.Part{
				parted(t, e, dir, "encounter", all),
				parted(t, e, dir, "link", "SELECT * FROM ("+all+") WHERE record_key IN (SELECT "+mixed("i + 1")+fmt.Sprintf(" FROM range(1, %d) t(i))", depth+1)),
				parted(t, e, dir, "exclusion", fmt.Sprintf("SELECT 0::BIGINT AS person_id, %s AS record_key, 0::BIGINT AS encounter_key, 0::BIGINT AS to_key, false AS whole", mixed(fmt.Sprint(tc.first+1, "::BIGINT")))),
			}
			s, err := Settle(context.Background(), dir, parts, nil, true, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(begun)
			t.Logf("%.1f s", took.Seconds())
			if gone, kept := linked(s); gone != depth+1 || kept != beside-1 || took > time.Minute {
				t.Errorf("%d go and %d stay, want %d and %d; %v", gone, kept, depth+1, beside-1, took)
			}
		})
	}
}

// settleMany settles records of many persons, 20 of each, in encounters of 4 and
// with a link from each, of whom one in 25 has a sensitive one.
func settleMany(t testing.TB, persons int, lim Limits) (gone, kept int64, took time.Duration) {
	t.Helper()
	e, dir := testEngine(t), t.TempDir()
	all := "SELECT (i // 20 + 1)::BIGINT AS person_id, " + mixed("i") + " AS record_key, CASE WHEN i % 4 = 0 THEN 0 ELSE " + mixed("i - i % 4") +
		" END AS encounter_key, " + mixed("i - i % 20 + (i * 7 + 3) % 20") + fmt.Sprintf(" AS to_key, i %% 3 = 0 AS whole FROM range(0, %d) t(i)", persons*20)
	parts := []seal.Part{
		parted(t, e, dir, "encounter", all), parted(t, e, dir, "link", all),
		parted(t, e, dir, "exclusion", "SELECT 0::BIGINT AS person_id, record_key, 0::BIGINT AS encounter_key, 0::BIGINT AS to_key, false AS whole FROM ("+all+") WHERE person_id % 25 = 7"+
			" AND record_key IN (SELECT "+mixed("i")+fmt.Sprintf(" FROM range(9, %d, 20) t(i))", persons*20)),
	}
	begun := time.Now()
	s, err := Settle(context.Background(), dir, parts, nil, true, lim)
	if err != nil {
		t.Fatal(err)
	}
	gone, kept = linked(s)
	return gone, kept, time.Since(begun)
}

// TestSettleBounded holds that what goes with what is found in the memory that it
// is given, however many records there are: what it takes in Go does not grow.
func TestSettleBounded(t *testing.T) {
	const persons = 30_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	gone, kept, took := settleMany(t, persons, Limits{Memory: "100MB", Threads: 1})
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 4<<20 {
		t.Errorf("%d kB were allocated in Go", (after.TotalAlloc-before.TotalAlloc)>>10)
	}
	if gone+kept != persons*20 || gone < persons/25*15 || kept < persons/25*24*20 {
		t.Errorf("%d go and %d stay of %d", gone, kept, persons*20)
	}
	t.Logf("%d go and %d stay; %.1f s", gone, kept, took.Seconds())
}

// BenchmarkClosure settles the records of OHC_BENCH_PERSONS persons, 20 of each,
// and says how much memory the process has taken, in all.
//
//	OHC_BENCH_PERSONS=1000000 go test ./marts/duckdb -run '^$' -bench Closure -benchtime 1x
func BenchmarkClosure(b *testing.B) {
	persons, err := strconv.Atoi(os.Getenv("OHC_BENCH_PERSONS"))
	if err != nil {
		persons = 50_000
	}
	var took time.Duration
	for b.Loop() {
		_, _, once := settleMany(b, persons, Limits{Memory: "1GB"})
		took += once
	}
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	b.ReportMetric(took.Seconds()/float64(b.N), "settle-s")
	b.ReportMetric(time.Duration(used.Utime.Nano()+used.Stime.Nano()).Seconds(), "cpu-s")
	b.ReportMetric(peak(b), "peak-MB")
}

// peak is the most that this process has had in memory.
func peak(b *testing.B) (mb float64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			mb = kb / 1024
		}
	}
	return mb
}

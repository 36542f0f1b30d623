package extract

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkExtract issues an extract of OHC_BENCH_ROWS rows of wearable_daily, a
// million where it is not set, for one recipient, in turn with a plain COPY of the
// same rows by the same engine, without number, order, check or cipher. It reports
// the seconds of both, how many times as long the extract takes, on the wall and of
// processors, and the most memory that the process had while either went on. The engine
// of the extract may take OHC_BENCH_MEMORY, or what it takes where nothing is said.
func BenchmarkExtract(b *testing.B) {
	rows, _ := strconv.Atoi(os.Getenv("OHC_BENCH_ROWS"))
	if rows == 0 {
		rows = 1_000_000
	}
	s := newSite(b, rows/334, 334)
	s.edit("  - mart: activity_daily\n    why: admissions after falls\n    date: day\n    columns:\n      - {name: day, why: before or after the review}\n      - {name: kind, why: emergency admissions are counted}\n      - {name: activity, why: the outcome}\n",
		"  - mart: wearable_daily\n    why: how much people move before a fall\n    date: day\n    columns:\n"+columnsOf("day", "steps", "resting_heart_rate", "sleep_minutes", "active_minutes", "steps_vendor"))
	s.edit("activity_daily.kind", "wearable_daily.steps_vendor")
	s.edit("period: {from: 2026-01-01, until: 2026-11-01, shift_days: 20}", "period: {from: 2025-01-01, until: 2026-11-12, shift_days: 20}")
	s.edit("WHERE p.registered", "WHERE true")
	s.edit("formats: [parquet, csv]", "formats: [parquet]")
	s.edit("  - {name: Second team, organisation: Example University, keys: ["+s.second+"]}\n", "")
	s.approve("falls")
	s.Memory = os.Getenv("OHC_BENCH_MEMORY")
	file := filepath.Join(s.Egress.Marts, "CURRENT", "wearable_daily.parquet")
	var plain, whole cost
	var took int64
	for b.Loop() {
		plain.add(func() { s.copied(file) })
		whole.add(func() { took = s.issue().Tables[1].Rows })
	}
	b.ReportMetric(plain.wall.Seconds()/float64(b.N), "plain-s")
	b.ReportMetric(whole.wall.Seconds()/float64(b.N), "extract-s")
	b.ReportMetric(float64(whole.wall)/float64(plain.wall), "times")
	b.ReportMetric(float64(whole.used)/float64(plain.used), "times-cpu")
	b.ReportMetric(float64(took), "rows")
	b.ReportMetric(whole.peak, "MB")
	b.ReportMetric(plain.peak, "plain-MB")
}

// cost is time on the wall, and of processors, and the most memory in MB.
type cost struct {
	wall, used time.Duration
	peak       float64
}

func (c *cost) add(do func()) {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) // the peak begins anew: what made the marts is not of it
	began, used := time.Now(), processors()
	do()
	c.wall, c.used, c.peak = c.wall+time.Since(began), c.used+processors()-used, max(c.peak, peak())
}

// peak is the most memory that this process had, in MB, since that was asked anew.
func peak() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kb := 0.0
	_, _ = fmt.Sscan(after, &kb)
	return kb / 1024
}

func processors() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func columnsOf(names ...string) (out string) {
	for _, n := range names {
		out += "      - {name: " + n + ", why: the outcome}\n"
	}
	return out
}

// copied copies a Parquet file by DuckDB alone.
func (s *site) copied(file string) {
	s.Helper()
	db, err := sql.Open("duckdb", "")
	s.must(err)
	_, err = db.Exec(fmt.Sprintf("SET memory_limit = '2GB'; COPY (SELECT * EXCLUDE (covered_hours) FROM read_parquet('%s') WHERE day < DATE '2026-11-12' - 20) TO '%s' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)", file, s.path("plain.parquet")))
	s.must(err, db.Close())
}

package marts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// big is a stage of 100,000 persons, with about as many rows of each dataset as
// the synthetic population has for them in two years: of how many persons they
// are, how many each has, and what stands in them besides their keys.
var big = []struct {
	set           string
	persons, each int
	cells         string
}{
	{"person", 100_000, 4, `CASE p % 2 WHEN 0 THEN 'male' ELSE 'female' END AS sex, (1926 + p % 100)::INTEGER AS birth_year, (1 + p % 12)::INTEGER AS birth_month,
		TIMESTAMP '1970-01-01' AS death_month, false AS deceased, chr(65 + (p % 19)::INTEGER) AS ethnic_category, 'E0' || (1000000 + p % 1500) AS lsoa,
		(1 + p % 10)::INTEGER AS imd_decile, 'X' || (10000 + p % 150) AS practice, TIMESTAMP '2001-01-01' AS registered_from, TIMESTAMP '1970-01-01' AS registered_to`},
	{"problem", 90_000, 6, `'snomed' AS system, ['195967001', '44054006', '38341003', '49727002', '82423001', '10509002'][1 + (h % 6)::INTEGER] AS code, 'problem-list-item' AS category,
		CASE h % 5 WHEN 0 THEN 'resolved' ELSE 'active' END AS status, 'confirmed' AS verification, day - INTERVAL 900 DAY AS onset, TIMESTAMP '1970-01-01' AS abatement, 'X10000' AS provider`},
	{"encounter", 93_000, 18, `['gp', 'gp', 'gp', 'gp', 'gp', 'outpatient', 'outpatient', 'ae', 'community', 'admission'][1 + (h % 10)::INTEGER] AS kind, 'AMB' AS class, 'snomed' AS system,
		'11429006' AS code, 'finished' AS status, day AS start_at, CASE WHEN h % 9970 = 9 THEN TIMESTAMP '1970-01-01' ELSE day + INTERVAL (h % 40) HOUR END AS end_at, 'X10000' AS provider,
		'' AS treatment_function, '21' AS admission_method, '' AS discharge_method, '' AS discharge_destination, '' AS attendance_outcome`},
	{"medication", 84_000, 44, `'request' AS kind, 'dmd' AS system, (318783000 + n % 5 * 7 + p % 40)::VARCHAR AS code, 'completed' AS status, 'order' AS intent, day AS "at",
		TIMESTAMP '1970-01-01' AS ended_at, 28.0 + h % 3 * 14 AS quantity, '{tablet}' AS unit, 'X10000' AS provider`},
	{"observation", 73_000, 21, `'snomed' AS system, ['271650006', '271649006', '60621009', '1000731000000107', '999791000000106'][1 + (h % 5)::INTEGER] AS code, 'vital-signs' AS category,
		'final' AS status, day AS "at", 60.0 + h % 60 AS value, '' AS comparator, 'mm[Hg]' AS unit, '' AS value_system, '' AS value_code, 'X10000' AS provider`},
	{"self_record", 6_000, 57, `'medicine' AS kind, 'dmd' AS system, '329652003' AS code, day AS "at", 'NaN'::DOUBLE AS value, '' AS unit, '' AS value_system, '' AS value_code`},
	{"appointment", 89_000, 6, `CASE h % 20 WHEN 0 THEN 'noshow' ELSE 'fulfilled' END AS status, day AS start_at, day + INTERVAL 20 MINUTE AS end_at, '300' AS treatment_function, 'X10000' AS provider`},
	{"reading", 1_000, 520, `'steps' AS metric, day AS start_at, day AS end_at, date_trunc('day', day) AS local_day, 100.0 + h % 9000 AS value, '{count}' AS unit, 'watch' AS device_kind,
		'garmin' AS vendor, 'day' AS span`},
}

// rows writes the query for a dataset's rows of the persons for whom who holds.
// An edition above 0 has other values, and days up to one later.
func rows(set string, persons, each int, cells, who string, edition int) string {
	return fmt.Sprintf(`SELECT (hash(p) >> 1)::BIGINT AS person_id, 'ohc' AS feed, 'professional' AS recorder, (h >> 1)::BIGINT AS record_key, 0::INTEGER AS part, 0::BIGINT AS encounter_key,
		day AS version, day AS recorded_at, %s FROM (SELECT p, n, h, date_trunc('minute', TIMESTAMP '2024-11-22' + to_minutes((h %% (%d * 1440))::INTEGER)) AS day
		FROM (SELECT *, hash(p, n, '%s', CASE WHEN n < 2 THEN %d ELSE 0 END) AS h FROM (SELECT range AS p FROM range(%d)) CROSS JOIN (SELECT range AS n FROM range(%d)) WHERE %s))`,
		cells, 730+edition, set, edition, persons, each, who)
}

// follows lays a stage, and the stage after a delta of one person in a hundred.
func follows(b *testing.B) (stage string, before, after seal.Manifest) {
	b.Helper()
	db, stage := client(b, ""), b.TempDir()
	before = seal.Manifest{Run: "r1", AsOf: "2026-11-21", Purpose: "planning", Epoch: "r1"}
	after = before
	after.AsOf, after.Layer = "2026-11-22", 1
	if err := os.MkdirAll(seal.Dir(stage, "r1"), 0o700); err != nil {
		b.Fatal(err)
	}
	write := func(set, file, query string, layer int64) seal.Part {
		if _, err := db.Exec("COPY (" + query + ") TO '" + filepath.Join(seal.Dir(stage, "r1"), file) + "' (FORMAT parquet)"); err != nil {
			b.Fatal(err)
		}
		return seal.Part{Dataset: set, File: file, Layer: layer}
	}
	for _, d := range big {
		before.Parts = append(before.Parts, write(d.set, d.set+".parquet", rows(d.set, d.persons, d.each, d.cells, "true", 0), 0))
		after.Parts = append(after.Parts, write(d.set, d.set+"-1.parquet", rows(d.set, d.persons, d.each, d.cells, "p % 100 = 7", 1), 1))
	}
	after.Parts = append(after.Parts, write(seal.Touched, "touched-1.parquet", "SELECT (hash(range) >> 1)::BIGINT AS person_id FROM range(100000) WHERE range % 100 = 7", 1))
	after.Parts = append(after.Parts, before.Parts...)
	return stage, before, after
}

// spent returns the time that f takes, of the clock and of all cores.
func spent(f func()) (wall, cpu time.Duration) {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			panic(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began, before := time.Now(), used()
	f()
	return time.Since(began), used() - before
}

// BenchmarkFollow publishes the marts of 100,000 persons and then, a day later,
// again after a delta of one person in a hundred: going on from what was
// published, and from nothing.
func BenchmarkFollow(b *testing.B) {
	stage, before, after := follows(b)
	p := Publisher{Dir: filepath.Join(b.TempDir(), "marts"), Key: planning(b), Signing: signtest.Key(b, "ohc")}
	if _, err := p.Publish(context.Background(), stage, before); err != nil {
		b.Fatal(err)
	}
	publish := func(dir string, from bool) {
		q := p
		q.Dir = dir
		wall, cpu := spent(func() {
			if _, err := q.Publish(context.Background(), stage, after); err != nil {
				b.Fatal(err)
			}
		})
		name := map[bool]string{true: "follow", false: "anew"}[from]
		b.ReportMetric(wall.Seconds(), name+"-s")
		b.ReportMetric(cpu.Seconds(), name+"-cpu-s")
		if _, m, err := snapshot.Current(dir); err != nil || from != (m.From != "") {
			b.Fatalf("went on from %q, error %v", m.From, err)
		}
	}
	for b.Loop() {
		publish(copied(b, p.Dir), true)
		publish(b.TempDir(), false)
	}
}

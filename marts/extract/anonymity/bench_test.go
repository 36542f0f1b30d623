package anonymity

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
)

// big writes n persons of 2,000 areas, and n rows of events, to Parquet, and shows
// them as people and events.
func big(t testing.TB, conn *sql.Conn, n int) Data {
	dir := t.TempDir()
	run(t, conn, "SET temp_directory = "+text(filepath.Join(dir, "spill")))
	people, events := filepath.Join(dir, "people.parquet"), filepath.Join(dir, "events.parquet")
	run(t, conn, fmt.Sprintf(`COPY (SELECT range AS person_id, 'E0' || (1000000 + hash(range) %% 2000) AS lsoa, 5 * (hash(range + 1) %% 18) || '-' || (5 * (hash(range + 1) %% 18) + 4) AS age_band,
		CASE WHEN hash(range + 2) %% 2 = 0 THEN 'female' ELSE 'male' END AS sex, CAST(hash(range + 3) %% 9 AS INTEGER) AS ill FROM range(%d)) TO %s (FORMAT parquet)`, n, text(people)))
	run(t, conn, fmt.Sprintf(`COPY (SELECT hash(range) %% %d AS person_id, DATE '2024-01-01' + CAST(hash(range + 4) %% 730 AS INTEGER) AS day, 'kind ' || hash(range + 5) %% 8 AS kind FROM range(%d)) TO %s (FORMAT parquet)`, n, n, text(events)))
	run(t, conn, "CREATE OR REPLACE VIEW people AS FROM "+text(people))
	run(t, conn, "CREATE OR REPLACE VIEW events AS FROM "+text(events))
	return Data{Conn: conn, Person: "person_id", Cohort: "people", Tables: []Table{{Name: "people", Relation: "people"}, {Name: "events", Relation: "events", Many: true}}}
}

// processor is the time that this process has computed, in seconds.
func processor(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkChoose says what it costs to hold ten million persons to k and l, of
// one table of people, and with ten million rows of events besides.
func BenchmarkChoose(b *testing.B) {
	area := pairs(nil, nil)
	for i := range 2000 {
		area.Lookup[fmt.Sprintf("E0%d", 1000000+i)] = fmt.Sprint("M", i/5)
	}
	people := []Quasi{
		{"people", "lsoa", []Level{word("as-is"), area, word("all")}},
		{"people", "age_band", []Level{word("as-is"), word("10-years"), word("20-years"), word("all")}},
		{"people", "sex", []Level{word("as-is")}},
	}
	for name, r := range map[string]Rule{
		"people":         {K: 10, Quasi: people, Sensitive: []Sensitive{{"people", "ill", 2, false}}},
		"people, kinds":  {K: 10, Quasi: people, Sensitive: []Sensitive{{"events", "kind", 2, false}}},
		"people, months": {K: 10, Suppression: 0.01, Quasi: append(people[1:2:2], Quasi{"events", "day", []Level{word("month"), word("year")}})},
	} {
		b.Run(name, func(b *testing.B) {
			conn := open(b)
			run(b, conn, "SET memory_limit = '1GB'")
			d := big(b, conn, 10_000_000)
			before := processor(b)
			for b.Loop() {
				if _, err := Choose(context.Background(), d, r); err != nil {
					b.Fatal(err)
				}
			}
			after := processor(b)
			for _, t := range d.Tables {
				run(b, conn, "COPY (FROM "+t.Relation+") TO "+text(filepath.Join(b.TempDir(), t.Name))+" (FORMAT parquet)")
			}
			b.ReportMetric((after-before)/float64(b.N), "cpu-s/choice")
			b.ReportMetric(processor(b)-after, "cpu-s/copy") // of both tables, plainly
		})
	}
}

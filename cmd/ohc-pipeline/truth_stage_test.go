package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
)

var stageChecks = []check{
	{"stage", (*world).wantRecords, gotRecords},
	{"stage, further rows", nothing, gotStray},
	{"stage, who has died", (*world).wantDead, gotDead},
	{"nobody who is out", (*world).wantPresent, gotPresent},
}

func nothing(*world, *told) []string { return nil }

// wantRecords is every record that is kept, with what is stored of it. The
// key of a record is replaced by one that only the run can compute, so that
// records are told apart by what they say.
func (w *world) wantRecords(o *told) (out []string) {
	for i := range o.Records {
		r := &o.Records[i]
		if r.Outcome == "kept" {
			out = append(out, line(r.Person, r.Feed, r.Dataset, r.Version, r.System, r.Code, r.At,
				places(r.Value, 2), places(r.Second, 2), r.Unit, r.Kind, recorderOf(r.Feed)))
		}
	}
	return out
}

func recorderOf(feed string) string {
	switch feed {
	case "phr":
		return "self"
	case "garmin", "fitbit", "apple":
		return "device"
	}
	return "professional"
}

// facts says, for each dataset, in which columns of its row with part 0 a
// record says what the truth tells: system, code, time, value, second value,
// unit, kind. GP Connect and hospital tables have no version of their own. A
// blood pressure has its two values in further rows; the code of a stay is
// its first diagnosis. The truth tells no code of other encounters.
var facts = map[string]string{
	"person":       "NULL, NULL, NULL, NULL, NULL, NULL, NULL",
	"problem":      "r.system, r.code, r.onset, NULL, NULL, NULL, NULL",
	"observation":  "r.system, r.code, r.at, " + measured,
	"medication":   "r.system, r.code, r.at, NULL, NULL, NULL, NULL",
	"allergy":      "r.system, r.code, r.onset, NULL, NULL, NULL, NULL",
	"immunisation": "r.system, r.code, r.at, NULL, NULL, NULL, NULL",
	"encounter":    "d.system, d.code, r.start_at, NULL, NULL, NULL, r.kind",
	"procedure":    "r.system, r.code, r.at, NULL, NULL, NULL, NULL",
	"referral":     "r.system, r.code, r.at, NULL, NULL, NULL, NULL",
	"appointment":  "NULL, NULL, r.start_at, NULL, NULL, NULL, NULL",
	"care_plan":    "r.system, r.code, r.start_at, NULL, NULL, NULL, NULL",
	"self_record":  "r.system, r.code, r.at, " + strings.Replace(measured, "NULL", "r.kind", 1),
	"reading":      "NULL, NULL, r.start_at, NULL, NULL, NULL, r.metric",
}

const (
	measured = `COALESCE(r.value, d.value), e.value,
		CASE WHEN d.unit IS DISTINCT FROM e.unit THEN concat(d.unit, ' and ', e.unit) ELSE COALESCE(r.unit, d.unit) END, NULL`
	pressure = ` LEFT JOIN %[1]s d ON r.code = '75367002' AND d.feed = r.feed AND d.record_key = r.record_key AND d.at = r.at
			AND d.part > 0 AND d.system = 'snomed' AND d.code = '271649006'
		LEFT JOIN %[1]s e ON r.code = '75367002' AND e.feed = r.feed AND e.record_key = r.record_key AND e.at = r.at
			AND e.part > 0 AND e.system = 'snomed' AND e.code = '271650006'`
)

// joined is what a dataset's rows with part 0 are joined with.
var joined = map[string]string{
	"observation": pressure,
	"self_record": pressure,
	"encounter": ` LEFT JOIN problem d ON r.kind = 'admission' AND d.feed = r.feed AND d.record_key = r.record_key
		AND d.category = 'primary-diagnosis' AND d.system = 'icd10'`,
}

func gotRecords(t *testing.T, w *world) []string { return w.recordsOf(t, datasets(t, w.db)...) }

func (w *world) recordsOf(t *testing.T, names ...string) []string {
	t.Helper()
	var all []string
	for _, name := range names {
		columns, ok := facts[name]
		if !ok {
			t.Fatalf("dataset %s is sealed", name)
		}
		join := strings.ReplaceAll(joined[name], "%[1]s", name)
		all = append(all, fmt.Sprintf("SELECT r.person_id, r.feed, '%[1]s', r.version, %[2]s, r.recorder FROM %[1]s r%[3]s WHERE r.part = 0", name, columns, join))
	}
	return w.ask(t, w.base, `SELECT person_id, feed, dataset,
			CASE WHEN recorder <> 'device' THEN strftime(version, '%Y-%m-%dT%H:%M:%SZ') END,
			system, CASE WHEN system IN ('icd10', 'opcs4') THEN REPLACE(code, '.', '') ELSE code END, strftime(happened, '%Y-%m-%dT%H:%M:%S'),
			CAST(value AS DECIMAL(18, 2)),
			CAST(second AS DECIMAL(18, 2)), unit, kind, recorder
		FROM (`+strings.Join(all, " UNION ALL ")+`)
		t(person_id, feed, dataset, version, system, code, happened, value, second, unit, kind, recorder)`)
}

// gotStray is what should not be: a key that two records or persons have, a
// part that is there twice or missing, a further row with another recorder,
// encounter or version than the first row of its record, the recorder of a
// feed of another kind.
func gotStray(t *testing.T, w *world) []string {
	const key = "person_id, feed, record_key, recorder, "
	var all []string
	for _, name := range datasets(t, w.db) {
		rest := "part, encounter_key, version, recorded_at FROM " + name
		if name == "person" { // each line of a hospital table tells of its person: same key, same part
			rest = "0, 0, NULL, NULL FROM (SELECT DISTINCT " + key + "FROM person)"
		}
		all = append(all, "SELECT "+key+rest)
	}
	return w.ask(t, nil, `WITH r AS (`+strings.Join(all, " UNION ALL ")+`)
		SELECT 'several persons', feed, record_key FROM r GROUP BY feed, record_key HAVING count(DISTINCT person_id) > 1
		UNION ALL SELECT 'a part twice', feed, record_key FROM r GROUP BY feed, record_key, part HAVING count(*) > 1
		UNION ALL SELECT 'a part missing', feed, record_key FROM r GROUP BY feed, record_key HAVING min(part) <> 0 OR max(part) >= count(*)
		UNION ALL SELECT 'rows that differ', feed, record_key FROM (SELECT DISTINCT feed, record_key, recorder, encounter_key, version, recorded_at FROM r)
			GROUP BY feed, record_key HAVING count(*) > 1
		UNION ALL SELECT 'recorder of another feed', feed, record_key FROM r WHERE recorder IS DISTINCT FROM CASE
			WHEN feed IN ('ohc', 'gp', 'hospital') THEN 'professional' WHEN feed = 'phr' THEN 'self' WHEN feed IN ('garmin', 'fitbit', 'apple') THEN 'device' END`)
}

func (w *world) wantDead(o *told) (out []string) {
	for _, p := range o.Persons {
		if p.Deceased {
			out = append(out, line(p.Person))
		}
	}
	return out
}

func gotDead(t *testing.T, w *world) []string {
	return w.ask(t, w.base, "SELECT person_id FROM person GROUP BY person_id HAVING bool_or(deceased OR death_month IS NOT NULL)")
}

// wantPresent is who may be found anywhere: somebody who is not left out and
// of whom a record is kept, or a mart tells.
func (w *world) wantPresent(o *told) (out []string) {
	staged, told := make(map[int]bool), make(map[int]bool)
	for i := range o.Records {
		if o.Records[i].Outcome == "kept" {
			staged[o.Records[i].Person] = true
		}
	}
	for _, p := range o.Persons {
		told[p.Person] = p.Population || len(p.Registers) > 0
	}
	for _, m := range o.Measures {
		told[m.Person] = true
	}
	for _, d := range o.Days {
		told[d.Person] = true
	}
	for _, a := range o.Acts {
		told[a.Person] = true
	}
	for _, p := range o.Persons {
		if p.Outcome == "kept" && staged[p.Person] {
			out = append(out, line(p.Person, "in the stage"))
		}
		if p.Outcome == "kept" && told[p.Person] {
			out = append(out, line(p.Person, "in the marts"))
		}
	}
	return out
}

func gotPresent(t *testing.T, w *world) []string {
	var stage, marts []string
	for _, name := range datasets(t, w.db) {
		stage = append(stage, "SELECT person_id FROM "+name)
	}
	for _, name := range []string{"population", "long_term_condition", "measurement_latest", "wearable_daily", "activity_daily"} {
		marts = append(marts, "SELECT person_id FROM "+name)
	}
	return slices.Concat(
		w.ask(t, w.base, "SELECT DISTINCT person_id, 'in the stage' FROM ("+strings.Join(stage, " UNION ALL ")+")"),
		w.ask(t, w.mart, "SELECT DISTINCT person_id, 'in the marts' FROM ("+strings.Join(marts, " UNION ALL ")+")"))
}

// look opens what is sealed and published: a view for each dataset and each
// mart. A file in the run's folder that its manifest does not name is an error.
func look(t *testing.T, c config.Config) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	live, err := seal.Current(stageOf(c))
	if err != nil {
		t.Fatal(err)
	}
	dir := seal.Dir(stageOf(c), live.Run)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != len(live.Parts)+1 {
		t.Errorf("%d files for %d parts and a manifest, error %v", len(entries), len(live.Parts), err)
	}
	views, files := marted(t, c), make(map[string][]string)
	for _, p := range live.Parts {
		files[p.Dataset] = append(files[p.Dataset], "'"+filepath.Join(dir, p.File)+"'")
	}
	for name, list := range files {
		views[name] = stated(t, db, "read_parquet(["+strings.Join(list, ", ")+"])")
	}
	showAll(t, db, views)
	return db
}

// marted is a query for each mart of the current snapshot.
func marted(t *testing.T, c config.Config) map[string]string {
	t.Helper()
	folder, published, err := snapshot.Current(c.Marts)
	if err != nil {
		t.Fatal(err)
	}
	views := make(map[string]string)
	for _, f := range published.Files {
		if f.Mart != "" {
			views[f.Mart] = "SELECT * FROM '" + filepath.Join(folder, f.Name) + "'"
		}
	}
	return views
}

func showAll(t *testing.T, db *sql.DB, views map[string]string) {
	t.Helper()
	for name, query := range views {
		if _, err := db.Exec("CREATE VIEW " + name + " AS " + query); err != nil {
			t.Fatal(err)
		}
	}
}

// unknown is what the stage holds where a text, a time or a measure is not
// known. The marts have nulls there, and no such values.
var unknown = map[string]string{"VARCHAR": "''", "TIMESTAMP": "TIMESTAMP '1970-01-01'", "DOUBLE": "'nan'::DOUBLE"}

// stated selects files of the stage so that what is not known is null.
func stated(t *testing.T, db *sql.DB, file string) string {
	t.Helper()
	rows, err := db.Query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + file + ")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		if name = `"` + name + `"`; unknown[kind] != "" {
			name = "NULLIF(" + name + ", " + unknown[kind] + ") AS " + name
		}
		out = append(out, name)
	}
	return "SELECT " + strings.Join(out, ", ") + " FROM " + file
}

// datasets names the datasets that are sealed: what has keys of records.
func datasets(t *testing.T, db *sql.DB) (out []string) {
	t.Helper()
	rows, err := db.Query("SELECT DISTINCT table_name FROM information_schema.columns WHERE column_name = 'record_key' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}

// ask returns the rows of a query as lines. Where whose is given, the first
// column is a person_id, and the line says whose it is. A text that could be
// taken for a null is told in quotes.
func (w *world) ask(t *testing.T, whose map[int64]int, query string) (out []string) {
	t.Helper()
	rows, err := w.db.Query("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + query + ")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	told := make([]any, len(names))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range cells {
			told[i] = c.String
			if c.Valid && (c.String == "" || c.String == "-") {
				told[i] = "'" + c.String + "'"
			}
		}
		if whose != nil {
			told[0] = nameOf(whose, cells[0].String)
		}
		out = append(out, line(told...))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

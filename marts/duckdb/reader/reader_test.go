package reader

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
)

// published makes a snapshot with two small marts and a file that is none.
func published(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	d, err := snapshot.Begin(dir, "s1", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, query := range map[string]string{
		"population": "SELECT range AS person_id, 'E0102881' || range % 3 AS lsoa, CAST(range % 90 AS INTEGER) AS age, CASE WHEN range % 2 = 0 THEN 'female' END AS sex FROM range(1000)",
		"activity":   "SELECT DATE '2026-01-01' AS month, 'M82002' AS practice, CAST(12 AS BIGINT) AS n, CAST(1.50 AS DECIMAL(9,2)) AS cost",
		"secret":     "SELECT 'not a mart' AS word",
	} {
		if _, err := db.Exec("COPY (" + query + ") TO " + quote(filepath.Join(d.Dir(), name+".parquet"), '\'') + " (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
	}
	m := snapshot.Manifest{Files: []snapshot.File{{Name: "population.parquet", Mart: "population"}, {Name: "activity.parquet", Mart: "activity"}}}
	if err := d.Publish(m, 3); err != nil {
		t.Fatal(err)
	}
	return d.Final()
}

func open(t *testing.T, lim Limits) (*Reader, string) {
	t.Helper()
	folder := published(t)
	r, err := Open(context.Background(), folder, lim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, folder
}

// ask returns an answer as lines of JSON.
func ask(r *Reader, question string) (string, error) {
	res, err := r.Query(context.Background(), question)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = res.Each(func(row []any) error {
		line, err := json.Marshal(row)
		b.Write(append(line, '\n'))
		return err
	})
	return b.String(), err
}

func TestAnswers(t *testing.T) {
	r, _ := open(t, Limits{})
	for question, want := range map[string]string{
		"SELECT count(*) FROM population": "[1000]\n",
		"FROM activity":                   `["2026-01-01T00:00:00Z","M82002",12,1.50]` + "\n",
		"select sum(person_id), sum(age) * 1.5 from memory.main.population;":                          "[499500,66150.0]\n",
		"WITH a AS (SELECT 1 AS x), b AS (FROM a) SELECT x FROM b":                                    "[1]\n",
		"WITH RECURSIVE f(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM f WHERE n < 3) SELECT * FROM f": "[1]\n[2]\n[3]\n",
		"SELECT sex, count(*) FROM population GROUP BY ALL ORDER BY 1":                                "[\"female\",500]\n[null,500]\n",
		"SELECT p.lsoa FROM population p JOIN activity a ON a.n = p.person_id":                        "[\"E01028810\"]\n",
		"SELECT * FROM range(2)": "[0]\n[1]\n",
		"SELECT unnest([1, 2])":  "[1]\n[2]\n",
		"SHOW TABLES":            "[\"activity\"]\n[\"population\"]\n",
		"SELECT [1, 2], {'a': 1.5, 'b': NULL}, TIME '10:11:12', 'x'::BLOB":                 `[[1,2],{"a":1.5,"b":null},"10:11:12","\\x78"]` + "\n",
		"SELECT 170141183460469231731687303715884105727, 1e300, true":                      "[170141183460469231731687303715884105727,1e+300,true]\n",
		"SELECT '2c7b4d3e-1f5a-4b6c-8d9e-0f1a2b3c4d5e'::UUID, 200::UTINYINT":               "[\"2c7b4d3e-1f5a-4b6c-8d9e-0f1a2b3c4d5e\",200]\n",
		"PIVOT (SELECT sex, 1 AS one FROM population) ON sex IN ('female') USING sum(one)": "[500]\n",
		"SELECT -0.05::DECIMAL(9,2), 7::DECIMAL(3,0)":                                      "[-0.05,7]\n",
		"VALUES (1)": "[1]\n",
		"SELECT median(age) OVER () FROM population LIMIT 1": "[44]\n",
	} {
		if got, err := ask(r, question); err != nil || got != want {
			t.Errorf("%s\n got %s%v\nwant %s", question, got, err, want)
		}
	}
	for question, want := range map[string]string{
		"DESCRIBE population":             "person_id",
		"SUMMARIZE activity":              "practice",
		"EXPLAIN SELECT * FROM activity":  "plan",
		"explain analyze SELECT 1":        "Time",
		"DESCRIBE SELECT n FROM activity": "BIGINT",
	} {
		if got, err := ask(r, question); err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %v, %s", question, err, got)
		}
	}
}

// escapes are questions that try to see or do what is not theirs. %s is the
// folder of the snapshot, %o a file outside.
var escapes = []string{
	// files outside
	"SELECT * FROM '%o'",
	"SELECT * FROM \"%o\"",
	"SELECT * FROM read_csv('%o')",
	"SELECT * FROM read_csv_auto('%o')",
	"SELECT * FROM read_text('%o')",
	"SELECT * FROM read_blob('%o')",
	"SELECT * FROM read_json('%o')",
	"SELECT * FROM read_ndjson_objects('%o')",
	"SELECT * FROM read_duckdb('%o')",
	"SELECT * FROM sniff_csv('%o')",
	"SELECT * FROM glob('/etc/*')",
	"SELECT * FROM parquet_scan('%o')",
	"SELECT (SELECT content FROM read_text('%o'))",
	"SELECT * FROM population WHERE lsoa IN (SELECT content FROM read_text('%o'))",
	"WITH x AS (FROM read_text('%o')) FROM x",
	"WITH \"%o\" AS (SELECT 1) SELECT * FROM \"%o\"",
	"SELECT * FROM (WITH \"%o\" AS (SELECT 1) SELECT 1), \"%o\"",
	"EXPLAIN ANALYZE SELECT * FROM read_text('%o')",
	"DESCRIBE '%o'",
	"SUMMARIZE '%o'",
	"DESCRIBE SELECT * FROM read_csv('%o')",
	// files of the snapshot, other than by mart
	"SELECT * FROM '%s/population.parquet'",
	"SELECT * FROM '%s/secret.parquet'",
	"SELECT * FROM read_parquet('%s/population.parquet')",
	"SELECT * FROM read_parquet('%s/*.parquet')",
	"SELECT * FROM read_text('%s/manifest.json')",
	"SELECT * FROM parquet_metadata('%s/population.parquet')",
	"SELECT * FROM parquet_kv_metadata('%s/population.parquet')",
	// the network
	"SELECT * FROM 'https://example.org/x.parquet'",
	"SELECT * FROM read_parquet('s3://bucket/x.parquet')",
	"SELECT * FROM read_csv('http://169.254.169.254/latest/meta-data/')",
	// SQL in strings
	"SELECT * FROM query('SELECT 1')",
	"SELECT * FROM query_table('population')",
	"SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
	"SELECT json_serialize_plan('SELECT * FROM read_text(''%o'')')",
	"SELECT * FROM histogram('%o', 'x')",
	// the engine's own tables, settings and surroundings
	"SELECT * FROM duckdb_settings()",
	"SELECT * FROM duckdb_secrets()",
	"SELECT * FROM duckdb_views()",
	"SELECT * FROM duckdb_extensions()",
	"SELECT * FROM duckdb_temporary_files()",
	"SELECT * FROM duckdb_logs",
	"SELECT * FROM information_schema.tables",
	"SELECT * FROM sqlite_master",
	"SELECT * FROM pg_catalog.pg_tables",
	"SELECT * FROM system.information_schema.tables",
	"SELECT current_setting('temp_directory')",
	"SELECT getenv('HOME')",
	"SELECT write_log('x')",
	"SELECT sleep_ms(100)",
	"SELECT pg_sleep(1)",
	"SELECT getvariable('x')",
	"SELECT * FROM pragma_platform()",
	"SELECT * FROM which_secret('s3://x', 's3')",
	"SELECT * FROM checkpoint()",
	"SELECT * FROM enable_logging()",
	"SHOW ALL TABLES",
	"SHOW DATABASES",
	"SHOW VARIABLES",
	// statements that are not questions
	"COPY population TO '%o.csv'",
	"COPY (SELECT * FROM population) TO '%s/population.parquet'",
	"COPY population FROM '%o'",
	"ATTACH '%o' AS o",
	"ATTACH ':memory:' AS m",
	"INSTALL httpfs",
	"LOAD httpfs",
	"PRAGMA database_list",
	"PRAGMA version",
	"SET memory_limit = '64GB'",
	"SET enable_external_access = true",
	"RESET enable_external_access",
	"SET VARIABLE x = 1",
	"CREATE TABLE t AS SELECT 1",
	"CREATE TEMP TABLE t AS SELECT 1",
	"CREATE VIEW v AS SELECT * FROM read_text('%o')",
	"CREATE MACRO m() AS TABLE FROM read_text('%o')",
	"CREATE SECRET (TYPE s3)",
	"INSERT INTO population VALUES (1)",
	"UPDATE population SET age = 1",
	"DELETE FROM population",
	"DROP VIEW population",
	"ALTER VIEW population RENAME TO p",
	"EXPORT DATABASE '%o'",
	"IMPORT DATABASE '%o'",
	"CALL pragma_version()",
	"CHECKPOINT",
	"VACUUM",
	"BEGIN",
	"USE memory",
	"PREPARE p AS SELECT 1",
	"EXECUTE p",
	"DETACH memory",
	"EXPLAIN COPY population TO '%o.csv'",
	"EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
	// more than one
	"SELECT 1; SELECT 2",
	"SELECT 1; DROP VIEW population",
	"EXPLAIN SELECT 1; DROP VIEW population",
	"",
	" ; ",
	"-- nothing",
}

// TestEscapes holds that no question reaches past the marts, and that what is
// tried leaves no trace.
func TestEscapes(t *testing.T) {
	r, folder := open(t, Limits{})
	outside := filepath.Join(t.TempDir(), "outside.csv")
	if err := os.WriteFile(outside, []byte("word\nfound\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range escapes {
		question := strings.NewReplacer("%s", folder, "%o", outside).Replace(e)
		got, err := ask(r, question)
		if err == nil {
			t.Errorf("%s was answered: %s", e, got)
		} else if !errors.Is(err, ErrRefused) && !strings.Contains(err.Error(), "syntax error") {
			t.Errorf("%s failed, but was not refused: %v", e, err)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(outside)); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	if err := snapshot.Verify(folder); err != nil {
		t.Error(err)
	}
	if got, err := ask(r, "SELECT count(*) FROM population"); err != nil || got != "[1000]\n" {
		t.Errorf("afterwards: %s %v", got, err)
	}
}

// TestEngineIsLocked holds the third wall alone: what the engine itself
// refuses, whoever asks.
func TestEngineIsLocked(t *testing.T) {
	r, folder := open(t, Limits{})
	outside := filepath.Join(t.TempDir(), "outside.csv")
	if err := os.WriteFile(outside, []byte("word\nfound\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range []string{
		"SELECT * FROM read_text('%o')", "SELECT * FROM '%o'", "SELECT * FROM read_text('%s/manifest.json')", "SELECT * FROM '%s/secret.parquet'",
		"SELECT * FROM glob('/etc/*')", "COPY population TO '%o'", "COPY population TO '%s/new.parquet'", "ATTACH '%o' AS o", "INSTALL httpfs", "LOAD httpfs",
		"SET enable_external_access = true", "SET memory_limit = '64GB'", "SET allowed_paths = ['%o']", "SET temp_directory = '/tmp'",
		"SET lock_configuration = false", "SELECT * FROM read_parquet('https://example.org/x.parquet')", "EXPORT DATABASE '%o'",
	} {
		query := strings.NewReplacer("%s", folder, "%o", outside).Replace(e)
		rows, err := r.conn.QueryContext(context.Background(), query)
		if err == nil {
			n := 0
			for rows.Next() {
				n++
			}
			rows.Close()
			if n > 0 || !strings.HasPrefix(e, "SELECT * FROM glob") {
				t.Errorf("%s was done", e)
			}
		}
	}
}

// TestTyped holds the second wall alone: by the type of the statement.
func TestTyped(t *testing.T) {
	r, _ := open(t, Limits{})
	for _, q := range []string{"CREATE TABLE t AS SELECT 1", "SET threads = 1", "DROP VIEW population", "BEGIN", "CHECKPOINT", "SELECT 1; SELECT 2"} {
		if err := r.typed(q); err == nil {
			t.Errorf("%s passed", q)
		}
	}
	for _, q := range []string{"FROM population", "EXPLAIN SELECT 1", "DESCRIBE population", "SHOW TABLES"} {
		if err := r.typed(q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func TestLimits(t *testing.T) {
	r, _ := open(t, Limits{Memory: "50MB", Threads: 1})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	res, err := r.Query(ctx, "SELECT count(*) FROM range(100000000000) a, range(100000) b WHERE a.range * b.range % 7 = 3")
	if err == nil {
		err = res.Each(func([]any) error { return nil })
	}
	if !errors.Is(err, ErrTime) {
		t.Errorf("a question without end: %v", err)
	}
	if _, err := ask(r, "SELECT list(range) FROM range(50000000)"); err == nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("a question too large: %v", err)
	}
	if got, err := ask(r, "SELECT 1"); err != nil || got != "[1]\n" {
		t.Errorf("afterwards: %s %v", got, err)
	}
	stop := errors.New("enough")
	res, err = r.Query(context.Background(), "FROM population")
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Each(func([]any) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("a reader that stops: %v", err)
	}
}

func TestParquet(t *testing.T) {
	r, _ := open(t, Limits{})
	path := filepath.Join(t.TempDir(), "it's.parquet")
	res, err := r.Query(context.Background(), `SELECT a.*, 170141183460469231731687303715884105727 AS big, [1, 2] AS l, {'x': 1} AS s,
		NULL AS nothing, TIMESTAMP '2026-01-01 10:00:00.5' AS at FROM activity a`)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Parquet(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got string
	if err := db.QueryRow("SELECT to_json(t)::VARCHAR FROM (SELECT *, typeof(cost) AS type FROM read_parquet(" + quote(path, '\'') + ")) t").Scan(&got); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"month":"2026-01-01"`, `"n":12`, `"cost":1.5`, `"type":"DECIMAL(9,2)"`, `"l":[1,2]`, `"s":{"x":1}`, `"nothing":null`, `"at":"2026-01-01 10:00:00.5"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(context.Background(), t.TempDir(), Limits{}); err == nil {
		t.Error("opened a folder that is no snapshot")
	}
	folder := published(t)
	if err := os.Remove(filepath.Join(folder, "population.parquet")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), folder, Limits{}); err == nil {
		t.Error("opened a snapshot without its files")
	}
	before, _ := filepath.Glob(filepath.Join(os.TempDir(), "ohc-marts-*"))
	if _, err := Open(context.Background(), folder, Limits{Memory: "much"}); err == nil {
		t.Error("opened with a limit that is none")
	}
	after, _ := filepath.Glob(filepath.Join(os.TempDir(), "ohc-marts-*"))
	if !slices.Equal(before, after) {
		t.Error(fmt.Sprintf("left behind: %v", after))
	}
}

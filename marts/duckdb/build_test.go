package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain"
	"secondaryuse/pipeline/stage/seal"
)

// keyColumns are the columns of row.Key, for person p and record i.
const keyColumns = `(hash(p) >> 1)::BIGINT AS person_id, 'gp' AS feed, 'professional' AS recorder, (hash(i, %d) >> 1)::BIGINT AS record_key,
	0::INTEGER AS part, NULL::BIGINT AS encounter_key, TIMESTAMP '2026-01-01' + to_seconds(i %% 1000) AS version, TIMESTAMP '2026-01-01' AS recorded_at`

// datasets are synthetic rows of every dataset that a mart reads: %d persons.
var datasets = map[string]string{
	"person": `SELECT ` + keyColumns + `, CASE i %% 2 WHEN 0 THEN 'male' ELSE 'female' END AS sex, (1930 + i %% 95)::INTEGER AS birth_year,
		(1 + i %% 12)::INTEGER AS birth_month, NULL::TIMESTAMP AS death_month, false AS deceased, chr(65 + (i %% 19)::INTEGER) AS ethnic_category,
		'E01028812' AS lsoa, (1 + i %% 10)::INTEGER AS imd_decile, 'M8200' || i %% 5 AS practice, NULL::TIMESTAMP AS registered_from,
		NULL::TIMESTAMP AS registered_to FROM (SELECT range AS i, range AS p FROM range(%[2]d))`,
	"problem": `SELECT ` + keyColumns + `, 'snomed' AS system, CASE i %% 3 WHEN 0 THEN '195967001' WHEN 1 THEN '44054006' ELSE '38341003' END AS code,
		NULL::VARCHAR AS category, 'active' AS status, 'confirmed' AS verification, TIMESTAMP '2020-01-01' + to_days((i %% 900)::INTEGER) AS onset,
		NULL::TIMESTAMP AS abatement, NULL::VARCHAR AS provider FROM (SELECT range AS i, range %% %[2]d AS p FROM range(%[2]d))`,
	"encounter": `SELECT ` + keyColumns + `, CASE i %% 3 WHEN 0 THEN 'gp' WHEN 1 THEN 'ae' ELSE 'admission' END AS kind, NULL::VARCHAR AS class,
		NULL::VARCHAR AS system, NULL::VARCHAR AS code, 'finished' AS status, TIMESTAMP '2024-01-01' + to_days((i %% 700)::INTEGER) AS start_at,
		TIMESTAMP '2024-01-03' + to_days((i %% 700)::INTEGER) AS end_at, NULL::VARCHAR AS provider, NULL::VARCHAR AS treatment_function, '21' AS admission_method,
		NULL::VARCHAR AS discharge_method, NULL::VARCHAR AS discharge_destination, NULL::VARCHAR AS attendance_outcome
		FROM (SELECT range AS i, range %% %[2]d AS p FROM range(%[2]d))`,
	"medication": `SELECT ` + keyColumns + `, 'request' AS kind, 'dmd' AS system, (100 + i %% 50)::VARCHAR AS code, 'completed' AS status, 'order' AS intent,
		TIMESTAMP '2024-01-01' + to_days((i %% 700)::INTEGER) AS at, NULL::TIMESTAMP AS ended_at,
		CASE WHEN i %% 7 = 0 THEN 'NaN'::DOUBLE ELSE 28.1 END AS quantity, NULL::VARCHAR AS unit, NULL::VARCHAR AS provider
		FROM (SELECT range AS i, range %% %[2]d AS p FROM range(%[2]d))`,
	"observation": `SELECT ` + keyColumns + `, 'loinc' AS system, '4548-4' AS code, NULL::VARCHAR AS category, 'final' AS status,
		TIMESTAMP '2024-01-01' + to_days((i %% 700)::INTEGER) AS at, CASE WHEN i %% 7 = 0 THEN 'NaN'::DOUBLE ELSE 40 + i %% 60 END AS value, NULL::VARCHAR AS comparator,
		'mmol/mol' AS unit, NULL::VARCHAR AS value_system, NULL::VARCHAR AS value_code, NULL::VARCHAR AS provider
		FROM (SELECT range AS i, range %% %[2]d AS p FROM range(%[2]d))`,
	"reading": `SELECT ` + keyColumns + `, 'steps' AS metric, TIMESTAMP '2026-01-01' + to_days((i %% 30)::INTEGER) AS start_at, NULL::TIMESTAMP AS end_at,
		TIMESTAMP '2026-01-01' + to_days((i %% 30)::INTEGER) AS local_day, (i %% 20000)::DOUBLE AS value, '{count}' AS unit, 'watch' AS device_kind, 'garmin' AS vendor,
		'day' AS span FROM (SELECT range AS i, range %% (%[2]d // 10 + 1) AS p FROM range(%[2]d))`,
}

// layStage writes a sealed run of n persons. Each dataset lies in as many
// parts as asked for, its rows in another order for another number.
func layStage(t *testing.T, n, parts int) Source {
	t.Helper()
	e, stage := testEngine(t), t.TempDir()
	m := seal.Manifest{Run: "r1", AsOf: "2026-11-01", Purpose: "planning"}
	if err := os.MkdirAll(seal.Dir(stage, m.Run), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, query := range datasets {
		rows := n
		if name != "person" {
			rows = n/10 + 1 // enough; what spans several row groups is population
		}
		for i := range parts {
			p := seal.Part{Dataset: name, File: fmt.Sprintf("%s-%d.parquet", name, i)}
			q := fmt.Sprintf("SELECT * FROM ("+query+") WHERE record_key %% %d = %d ORDER BY hash(record_key, %[3]d)", len(name), rows, parts, i)
			if err := e.copyTo(context.Background(), q, filepath.Join(seal.Dir(stage, m.Run), p.File)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			m.Parts = append(m.Parts, p)
		}
	}
	return Source{Stage: stage, Manifest: m, Key: testKey(t)}
}

func testKey(t fataler) domain.Key {
	key, err := domain.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func allMarts(t *testing.T) []catalogue.Mart {
	t.Helper()
	marts, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	return marts
}

// TestBuildSameBytes holds that the order of the rows, the number of parts and
// the number of threads leave no trace in a mart, and that no key of the stage
// is in one.
func TestBuildSameBytes(t *testing.T) {
	const persons = 2*rowGroup + 1000
	ctx, marts := context.Background(), allMarts(t)
	src := layStage(t, persons, 1)
	dir := t.TempDir()
	one, err := Build(ctx, src, marts, dir, Limits{Threads: 1, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Build(ctx, layStage(t, persons, 3), marts, t.TempDir(), Limits{Threads: 4, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range one {
		if b.Rows == 0 || b.SHA256 != two[i].SHA256 {
			t.Errorf("%s: %d rows and %d rows, %s and %s", b.File, b.Rows, two[i].Rows, b.SHA256[:8], two[i].SHA256[:8])
		}
	}
	noKeys(t, src, dir, one)
}

// noKeys fails when a number of a mart is a base id or a record key.
func noKeys(t *testing.T, src Source, dir string, built []Built) {
	t.Helper()
	e := testEngine(t)
	for _, part := range src.Manifest.Parts {
		q := "SELECT person_id AS k FROM %s UNION SELECT record_key FROM %[1]s"
		q = fmt.Sprintf(q, parquet(seal.Dir(src.Stage, src.Manifest.Run), []string{part.File}, ""))
		for _, b := range built {
			for _, c := range b.Mart.Columns {
				if c.Type != "BIGINT" {
					continue
				}
				n, err := e.number(context.Background(), fmt.Sprintf("SELECT count(*) FROM %s WHERE %s IN (%s)", parquet(dir, []string{b.File}, ""), c.Name, q))
				if err != nil || n > 0 {
					t.Fatalf("%s.%s holds %d keys of %s, error %v", b.Mart.Name, c.Name, n, part.Dataset, err)
				}
			}
		}
	}
}

// TestBuildNothing holds that a run without a row gives marts without a row.
func TestBuildNothing(t *testing.T) {
	src := layStage(t, 1, 1)
	src.Manifest.Parts = nil
	built, err := Build(context.Background(), src, allMarts(t), t.TempDir(), Limits{Temp: t.TempDir()})
	if err != nil || len(built) != 7 {
		t.Fatalf("%d marts, error %v", len(built), err)
	}
	for _, b := range built {
		if b.Rows != 0 {
			t.Errorf("%s has %d rows", b.File, b.Rows)
		}
	}
}

// broken is a mart that builds; each test breaks one promise of it.
const broken = `-- mart: broken
-- what: A mart to break.
-- domain: planning
-- reads: person
-- grain: person_id
-- refresh: whole
-- release: never
-- columns:
--   person_id BIGINT: the person
--   sex VARCHAR: the sex
-- checks:
--   known sexes:
--     SELECT sex FROM broken WHERE sex NOT IN ('male', 'female')
SELECT p.person_id, p.sex FROM person p
`

func TestBuildChecks(t *testing.T) {
	src := layStage(t, 10, 1)
	for name, tc := range map[string]struct{ old, new, want string }{
		"whole":          {"", "", ""},
		"another type":   {"p.sex FROM", "p.birth_year AS sex FROM", "sex INTEGER"},
		"another column": {"p.sex FROM", "p.lsoa FROM", "lsoa"},
		"a column more":  {"p.sex FROM", "p.sex, p.lsoa FROM", "lsoa"},
		"an empty cell":  {"p.sex FROM", "CASE WHEN p.sex = 'male' THEN p.sex END AS sex FROM", "sex is never empty"},
		"one grain twice": {"FROM person p\n", "FROM person p UNION ALL SELECT p.person_id, p.sex FROM person p\n",
			"one row for each person_id"},
		"a check": {"'male', 'female'", "'male', 'other'", "known sexes"},
	} {
		t.Run(name, func(t *testing.T) {
			marts, err := catalogue.Load(fstest.MapFS{"broken/mart.sql": {Data: []byte(strings.Replace(broken, tc.old, tc.new, 1))}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Build(context.Background(), src, marts, t.TempDir(), Limits{Temp: t.TempDir()})
			if tc.want == "" && err != nil {
				t.Fatal(err)
			}
			if tc.want != "" && (!errors.Is(err, ErrCheck) || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	marts := allMarts(t)
	for name, breakIt := range map[string]func(t *testing.T, s *Source) string{
		"as_of":                func(t *testing.T, s *Source) string { s.Manifest.AsOf = "soon"; return "as_of" },
		"a part that is gone":  func(t *testing.T, s *Source) string { s.Manifest.Parts[0].File = "gone.parquet"; return "gone" },
		"a part of a stranger": func(t *testing.T, s *Source) string { return strange(t, s) },
	} {
		t.Run(name, func(t *testing.T) {
			src := layStage(t, 10, 1)
			want := breakIt(t, &src)
			if _, err := Build(context.Background(), src, marts, t.TempDir(), Limits{Temp: t.TempDir()}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		})
	}
}

// strange gives the person dataset a part without the column imd_decile.
func strange(t *testing.T, s *Source) string {
	t.Helper()
	for i, p := range s.Manifest.Parts {
		if p.Dataset == "person" {
			s.Manifest.Parts[i].File = "strange.parquet"
			dir := seal.Dir(s.Stage, s.Manifest.Run)
			q := "SELECT * EXCLUDE (imd_decile) FROM " + parquet(dir, []string{p.File}, "")
			if err := testEngine(t).copyTo(context.Background(), q, filepath.Join(dir, "strange.parquet")); err != nil {
				t.Fatal(err)
			}
		}
	}
	return "imd_decile"
}

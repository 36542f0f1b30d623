package duckdb

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/stage/seal"
)

// births is a mart that shows what the marts see of a birth.
const births = `-- mart: births
-- what: What is known of births.
-- domain: planning
-- reads: person
-- grain: person_id
-- refresh: whole
-- release: never
-- columns:
--   person_id BIGINT: the person
--   born VARCHAR: year and month
-- checks:
--   nobody is without:
--     SELECT born FROM births WHERE born = ''
SELECT p.person_id, COALESCE(CAST(p.birth_year AS VARCHAR), '-') || '-' || COALESCE(CAST(p.birth_month AS VARCHAR), '-') AS born FROM person p
`

// TestBirthIsCappedOnTheDay builds marts of a later day than the stage: nobody
// who is over 89 by then is shown with a month of birth, or with their year.
func TestBirthIsCappedOnTheDay(t *testing.T) {
	marts, err := catalogue.Load(fstest.MapFS{"births/mart.sql": {Data: []byte(births)}})
	if err != nil {
		t.Fatal(err)
	}
	src := bornIn(t, "1936, 0", "1936, 11", "1936, 12", "1937, 1", "1937, 2", "1938, 0", "1990, 7", "0, 0")
	for asOf, want := range map[string]string{
		// on the day of the stage, one of a month that has begun, one whose month is to come
		"2026-11-01": "--- 1936-- 1936-- 1936-12 1937-1 1937-2 1938-- 1990-7",
		"2026-12-01": "--- 1936-- 1936-- 1936-- 1937-1 1937-2 1938-- 1990-7",
		"2027-01-31": "--- 1937-- 1937-- 1937-- 1937-- 1937-2 1938-- 1990-7",
		"2030-01-01": "--- 1940-- 1940-- 1940-- 1940-- 1940-- 1940-- 1990-7",
	} {
		src.Manifest.AsOf = asOf
		dir := t.TempDir()
		if _, err := Build(context.Background(), src, marts, dir, Limits{Temp: t.TempDir()}); err != nil {
			t.Fatal(err)
		}
		var got []string
		err := testEngine(t).each(context.Background(), "SELECT born FROM "+parquet(dir, []string{"births.parquet"}, ""), func(scan func(...any) error) error {
			var born string
			err := scan(&born)
			got = append(got, born)
			return err
		})
		slices.Sort(got)
		if said := strings.Join(got, " "); err != nil || said != want {
			t.Errorf("on %s: %s, want %s, error %v", asOf, said, want, err)
		}
	}
}

// bornIn stages persons born in the given years and months.
func bornIn(t *testing.T, births ...string) Source {
	t.Helper()
	src := layStage(t, 1, 1)
	var rows []string
	for i, b := range births {
		rows = append(rows, fmt.Sprintf("(%d, %s)", i+1, b))
	}
	from := parquet(seal.Dir(src.Stage, src.Manifest.Run), []string{"person-0.parquet"}, "")
	query := "SELECT p.* REPLACE (r.id::BIGINT AS person_id, r.id::BIGINT AS record_key, r.y::INTEGER AS birth_year, r.m::INTEGER AS birth_month) FROM " +
		from + " p, (VALUES " + strings.Join(rows, ", ") + ") r(id, y, m)"
	if err := testEngine(t).copyTo(context.Background(), query, filepath.Join(seal.Dir(src.Stage, src.Manifest.Run), "born.parquet")); err != nil {
		t.Fatal(err)
	}
	src.Manifest.Parts = []seal.Part{{Dataset: "person", File: "born.parquet"}}
	return src
}

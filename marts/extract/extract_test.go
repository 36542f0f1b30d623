package extract

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/register"
)

func kekOf(t testing.TB, identity string) keyring.KEK {
	t.Helper()
	k, err := kek.Open(kek.Config{Identity: identity})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// unpacked writes what an archive holds to a folder.
func (s *site) unpacked(archive []byte) string {
	s.Helper()
	dir := s.TempDir()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	s.must(err)
	for _, f := range z.File {
		_, name, _ := strings.Cut(f.Name, "/")
		path := filepath.Join(dir, name)
		r, err := f.Open()
		s.must(err, os.MkdirAll(filepath.Dir(path), 0o700))
		data, err := io.ReadAll(r)
		s.must(err, os.WriteFile(path, data, 0o600))
	}
	return dir
}

// answer is the one number that a query over an extract's tables gives; $ stands for
// their folder.
func (s *site) answer(dir, query string) (n int64) {
	s.Helper()
	db, err := sql.Open("duckdb", "")
	s.must(err)
	defer db.Close()
	s.must(db.QueryRow(strings.ReplaceAll(query, "$", filepath.Join(dir, "data", "tables"))).Scan(&n))
	return n
}

// TestIssue holds that what was asked for leaves, and nothing else does.
func TestIssue(t *testing.T) {
	s := newSite(t, 700, 400)
	i := s.issue()
	dir := s.unpacked(s.opened(i))
	if i.Persons != 600 || s.answer(dir, "SELECT count(DISTINCT person_id) FROM '$/population.parquet'") != 600 {
		t.Errorf("%d persons, want the 600 who are registered", i.Persons)
	}
	if n := s.answer(dir, "SELECT count(*) FROM '$/population.parquet' WHERE person_id BETWEEN 1000 AND 2000"); n != 0 {
		t.Errorf("%d persons have the number of the snapshot", n)
	}
	if n := s.answer(dir, "SELECT count(*) FROM '$/activity_daily.parquet' a ANTI JOIN '$/population.parquet' p USING (person_id)"); n != 0 {
		t.Errorf("%d rows are of nobody", n)
	}
	if n := s.answer(dir, "SELECT count(*) FROM '$/activity_daily.parquet' WHERE day < DATE '2026-01-21' OR day >= DATE '2026-10-12'"); n != 0 {
		t.Errorf("%d rows are out of the period, or too near to its ends", n)
	}
	if left := s.left(); !slices.Equal(left, []string{"falls-1"}) {
		t.Errorf("in the outbox: %v", left)
	}
	issued, err := mustRegister(t, s).Issued()
	if err != nil || len(issued) != 1 || issued[0].Name != "falls-1" || issued[0].Persons.Count != 600 || len(issued[0].Files) != 2 {
		t.Errorf("the register has %+v, %v", issued, err)
	}
}

// TestTellsOfNobodyElse holds that the files tell of no text that stands only in rows of
// those who are left out: because nobody may be found, because they may not be used, or
// because of their day.
func TestTellsOfNobodyElse(t *testing.T) {
	kind := "['ae', 'gp', 'bed-days'][1 + p % 3]"
	for who, of := range map[string][]string{
		"a person who could be found":  {kind, "CASE WHEN p = 3 THEN 'zz' ELSE " + kind + " END", "((p * 7) % 8) * 10 || '-'", "CASE WHEN p = 3 THEN 9 ELSE 0 END || ((p * 7) % 8) * 10 || '-'"},
		"a person who may not be used": {kind, "CASE WHEN p = 7 THEN 'zz' ELSE " + kind + " END"},
		"a day outside of the period":  {kind, "CASE WHEN d = 1 THEN 'zz' ELSE " + kind + " END"},
	} {
		s := newSite(t, 0, 0)
		s.publish(700, 300, of...)
		s.allow(func(int64) bool { return true })
		i := s.issue()
		dir := s.unpacked(s.opened(i))
		if s.answer(dir, "SELECT count(*) FROM '$/activity_daily.parquet' WHERE kind = 'zz'") != 0 || s.answer(dir, "SELECT count(DISTINCT kind) FROM '$/activity_daily.parquet'") != 3 {
			t.Errorf("%s: the test shows nothing", who)
		}
		if n := s.answer(dir, "SELECT count(*) FROM parquet_metadata('$/activity_daily.parquet') WHERE path_in_schema = 'kind' AND stats_max_value > 'gp'"); n != 0 {
			t.Errorf("%s: the file tells of the text", who)
		}
	}
}

func mustRegister(t *testing.T, s *site) *register.Register {
	t.Helper()
	r, err := register.Open(s.Egress.Register)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCoarser holds that a column that is to leave coarser does so, by a level with and
// one without a look-up, after its days were moved; that what is found of many rows is
// told; and that Parquet and CSV hold the same rows, which come in no order of before.
func TestCoarser(t *testing.T) {
	s := newSite(t, 700, 200)
	s.edit("{name: day, why: before or after the review}", "{name: day, why: before or after the review, coarsen: month}")
	s.edit("{name: kind, why: emergency admissions are counted}", "{name: kind, why: emergency admissions are counted, coarsen: \"lookup:kinds.csv\"}")
	s.write("projects/kinds.csv", "from,to\nae,hospital\nbed-days,hospital\n")
	s.approve("falls")
	i := s.issue()
	dir := s.unpacked(s.opened(i))
	for what, query := range map[string]string{
		"days that are no month":           "SELECT count(*) FROM '$/activity_daily.parquet' WHERE day(day) <> 1",
		"kinds that are not in the list":   "SELECT count(*) FROM '$/activity_daily.parquet' WHERE kind IS NOT NULL AND kind <> 'hospital'",
		"persons of whom some are emptied": "SELECT count(*) FROM (SELECT person_id FROM '$/activity_daily.parquet' GROUP BY 1 HAVING count(DISTINCT coalesce(kind, '-')) > 1)",
		"rows that CSV has not":            "SELECT count(*) FROM (SELECT * FROM '$/activity_daily.parquet' EXCEPT ALL SELECT * FROM read_csv('$/activity_daily.csv', nullstr = ''))",
		"rows that Parquet has not":        "SELECT count(*) FROM (SELECT * FROM read_csv('$/activity_daily.csv', nullstr = '') EXCEPT ALL SELECT * FROM '$/activity_daily.parquet')",
		"rows out of order":                "SELECT count(*) FROM (SELECT person_id < lag(person_id) OVER () AS wrong FROM '$/activity_daily.parquet') WHERE wrong",
	} {
		if n := s.answer(dir, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if n := s.answer(dir, "SELECT count(*) FROM '$/activity_daily.parquet'"); n != i.Tables[1].Rows || n == 0 {
		t.Errorf("%d rows, and %d are told", n, i.Tables[1].Rows)
	}
	if !strings.Contains(strings.Join(i.Rules, "\n"), "level of activity_daily.kind: lookup:kinds.csv") {
		t.Errorf("the rules are %q", i.Rules)
	}
}

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

func mustRegister(t *testing.T, s *site) *register.Register {
	t.Helper()
	r, err := register.Open(s.Egress.Register)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

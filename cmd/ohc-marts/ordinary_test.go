package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
)

// county is of 24,000 persons of twelve practices, of whom every ninth has diabetes and
// an HbA1c, and who are admitted now and then.
var county = map[string]string{
	"population": `SELECT 5000000000 + range AS person_id, printf('%d-%d', 5 * (hash(range, 1) % 18), 5 * (hash(range, 1) % 18) + 4) AS age_band,
		CASE WHEN range % 2 = 0 THEN 'female' ELSE 'male' END AS sex, printf('E0100%04d', hash(range, 2) % 240) AS lsoa, CAST(1 + hash(range, 2) % 240 % 10 AS INTEGER) AS imd_decile,
		printf('M820%02d', hash(range, 3) % 12) AS practice, printf('U%d', hash(range, 3) % 12 % 3) AS pcn, range % 50 > 0 AS registered FROM range(24000)`,
	"long_term_condition": `SELECT 5000000000 + range AS person_id, 'diabetes' AS register, DATE '2020-01-01' AS first_on FROM range(24000) WHERE hash(range, 4) % 9 = 0`,
	"measurement_latest": `SELECT 5000000000 + range AS person_id, 'hba1c' AS measure, 'professional' AS recorder, DATE '2026-05-01' AS measured_on,
		CAST(40 + hash(range, 5) % 450 / 10 AS DECIMAL(9,1)) AS value FROM range(24000) WHERE hash(range, 4) % 9 = 0`,
	"activity_daily": `SELECT 5000000000 + p.range AS person_id, DATE '2026-04-01' + CAST(hash(p.range, 6, m.range) % 30 + 30 * m.range AS INTEGER) AS day, 'admission-emergency' AS kind,
		CAST(1 AS INTEGER) AS activity FROM range(24000) p, range(6) m WHERE hash(p.range, 7, m.range) % 12 = 0`,
	"activity_monthly": `SELECT DATE '2026-04-01' AS month, 'M82000' AS practice, 'admission-emergency' AS kind, CAST(3 AS BIGINT) AS activity, CAST(2 AS BIGINT) AS persons`,
}

// settled publishes the county, with the contracts of its marts.
func settled(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "marts")
	d, err := snapshot.Begin(dir, "s1", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	m := snapshot.Manifest{Purpose: "planning", Domain: "0123abcd"}
	for name, rows := range county {
		i := slices.IndexFunc(all, func(m catalogue.Mart) bool { return m.Name == name })
		file := filepath.Join(d.Dir(), name)
		if _, err := db.Exec("COPY (" + rows + ") TO '" + file + ".parquet' (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+".sql", []byte(all[i].Text), 0o600); err != nil {
			t.Fatal(err)
		}
		m.Files = append(m.Files, snapshot.File{Name: name + ".parquet", Mart: name})
	}
	if err := d.Publish(m, 3); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestOrdinaryQuestions has the real command release what epidemiologists ask every
// week, by the strictest rules, and tell them what to write instead where it does not.
func TestOrdinaryQuestions(t *testing.T) {
	dir, key := settled(t), signtest.File(t, "ohc")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/ordinary",
		Setup: func(e *testscript.Env) error {
			e.Setenv("MARTS", dir)
			return errors.Join(employ(e.WorkDir, key), os.WriteFile(filepath.Join(e.WorkDir, "egress.yaml"), fmt.Appendf(nil, "marts: %s\nsigning: keys/signing.ed25519\n", dir), 0o600))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"setid": setid, "code": wantCode},
	})
}

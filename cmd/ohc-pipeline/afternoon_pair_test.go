package main

import (
	"database/sql"
	"fmt"

	"github.com/rogpeppe/go-internal/testscript"
)

// pairUp is an attacker who has the extracts of two projects, falls and hips, of the
// same persons, and pairs their rows. The test knows who is who: it has the keys.
func pairUp(ts *testscript.TestScript, _ bool, dirs []string) {
	db, err := sql.Open("duckdb", "")
	ts.Check(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	same(ts, db)
	for i, name := range []string{"a", "b"} {
		for _, mart := range []string{"population", "activity_daily"} {
			_, err := db.Exec(fmt.Sprintf("CREATE VIEW %s_%s AS SELECT *, file_row_number AS place FROM read_parquet('%s/%s.parquet', file_row_number = true)", name, mart, ts.MkAbs(dirs[i]), mart))
			ts.Check(err)
		}
	}
	for _, x := range []struct {
		by, pairs   string
		least, most int // how many right ones are as they should be
	}{
		{"person_id", "SELECT a.person_id, b.person_id FROM a_population a JOIN b_population b USING (person_id)", 0, 0},
		{"the order of persons", "SELECT a.person_id, b.person_id FROM a_population a JOIN b_population b USING (place)", 0, byChance},
		{"the order of their activity", "SELECT DISTINCT a.person_id, b.person_id FROM a_activity_daily a JOIN b_activity_daily b USING (place)", 0, byChance},
		{"their days", paired("list(day ORDER BY day)"), 0, sameOffset},
		{"what lies between their days", paired("list(day - first ORDER BY day)"), 300, 1000}, // the limit of moved days: README says so
	} {
		var pairs, right int
		ts.Check(db.QueryRow("SELECT count(*), count(s.a) FROM ("+x.pairs+") AS p(a, b) LEFT JOIN same s USING (a, b)").Scan(&pairs, &right))
		ts.Logf("by %s: %d pairs, %d of them right", x.by, pairs, right)
		if right < x.least || right > x.most {
			ts.Fatalf("by %s %d of %d pairs are right, want %d to %d", x.by, right, pairs, x.least, x.most)
		}
	}
}

const (
	byChance   = 12 // a thousand rows in two orders have one person at the same place; more than 12 once in 10^10 times
	sameOffset = 50 // of a thousand persons with two of 61 offsets 16 have the same; more than 50 once in 10^10 times
)

// paired pairs the persons of whom something about their days is the same, and is one
// person's alone in either extract.
func paired(what string) string {
	one := func(name string) string {
		return `(SELECT what, any_value(person_id) AS person_id FROM (SELECT person_id, ` + what + ` AS what
			FROM (SELECT *, min(day) OVER (PARTITION BY person_id) AS first FROM ` + name + `_activity_daily) GROUP BY 1) GROUP BY 1 HAVING count(*) = 1)`
	}
	return "SELECT a.person_id, b.person_id FROM " + one("a") + " a JOIN " + one("b") + " b USING (what)"
}

// same has who is who in both extracts.
func same(ts *testscript.TestScript, db *sql.DB) {
	_, err := db.Exec("CREATE TABLE same (a BIGINT, b BIGINT)")
	ts.Check(err)
	ring := ringOf(ts)
	falls, err := ring.Domain("project-falls")
	ts.Check(err)
	hips, err := ring.Domain("project-hips")
	ts.Check(err)
	add, err := db.Prepare("INSERT INTO same VALUES (?, ?)")
	ts.Check(err)
	defer add.Close()
	var ids []int64
	ts.Check(each(db, "SELECT person_id FROM read_parquet('"+ts.MkAbs("marts/CURRENT/population.parquet")+"')", func(id int64) { ids = append(ids, id) }))
	for _, id := range ids {
		_, err := add.Exec(falls.ID(id), hips.ID(id))
		ts.Check(err)
	}
}

package disclose

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestStill: a SELECT cannot know when, or for which time, it is asked.
func TestStill(t *testing.T) {
	r := costs(t)
	for _, call := range []string{"now()", "NOW ( )", `"now"()`, "main.now()", "now/* here */()", "now--\n()", "current_date", "Current_Timestamp", "today()", "random()", "txid_current()",
		"current_transaction_id()", "current_query_id()", "ago(INTERVAL 1 DAY)", "age(DATE '2020-01-01')", "current_connection_id()", "gen_random_uuid()", "localtime"} {
		_, _, err := asks(t, r, "hes", "area", "n persons", "no", "SELECT person_id, CASE WHEN "+call+" IS NULL THEN 'none' ELSE area END AS area FROM population")
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "the next time") {
			t.Errorf("%s: %v", call, err)
		}
	}
	for _, fine := range []string{"area", "'now'", "'the current dates'", "upper(area)", "CASE WHEN cost > 200 THEN 'ageing' ELSE area END"} {
		if _, _, err := asks(t, r, "hes", "area", "n persons", "no", "SELECT person_id, "+fine+" AS area FROM population"); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

// TestWavering: every function of which the engine says that it does not always give
// the same is one that is refused, here or by the reader.
func TestWavering(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'scalar' AND stability IS DISTINCT FROM 'CONSISTENT'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		n++
		if q := (&Question{SQL: fmt.Sprintf("SELECT %s(1)", name)}); q.still() == nil && name != "in_search_path" && name != "error" { // which the reader refuses, and which ends the question
			t.Errorf("%s is not refused", name)
		}
	}
	if err := rows.Err(); err != nil || n < 10 {
		t.Errorf("%d functions: %v", n, err)
	}
}

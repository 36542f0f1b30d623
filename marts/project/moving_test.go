package project

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// unmoving are functions that the engine calls volatile, and that a cohort cannot ask, or
// that tell the same of the same marts each time.
var unmoving = strings.Fields("error currval nextval sleep_ms write_log current_query current_schemas in_search_path current_database current_schema")

// TestMovingFunctions holds that every function is found of which the engine itself says
// that it answers otherwise each time it is asked, and every macro that is made of one.
func TestMovingFunctions(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE (function_type = 'scalar' AND stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') OR function_type = 'macro' AND macro_definition SIMILAR TO '.*(current_|now\\(|today|random|uuid|txid).*') AND NOT function_name SIMILAR TO 'pg_.*|.*_description|current_(catalog|role|user)|user|session_user'")
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
		asked := false
		for _, known := range unmoving {
			asked = asked || known == name
		}
		if n++; !asked && !moving.MatchString("SELECT p.person_id FROM population p WHERE "+name+"(1)") {
			t.Errorf("%s is not found", name)
		}
	}
	if err := rows.Err(); err != nil || n < 20 {
		t.Errorf("%d functions: %v", n, err)
	}
}

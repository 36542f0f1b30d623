package reader

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpills holds that a question that needs more memory than it may have is
// answered, out of a folder that nobody else can read and that is gone afterwards.
func TestSpills(t *testing.T) {
	r, err := Open(context.Background(), published(t), Limits{Memory: "48MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.temp)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	for name, question := range map[string]string{
		"a sort":    "SELECT count(*) FROM (SELECT x, row_number() OVER (ORDER BY hash(x)) AS n FROM (SELECT range AS x FROM range(4000000)))",
		"a join":    "SELECT count(*) FROM (SELECT range * 7 AS a, hash(range) AS h FROM range(2000000)) l JOIN (SELECT range * 7 AS a, hash(range + 1) AS h FROM range(2000000)) r USING (a) WHERE l.h <> r.h",
		"distincts": "SELECT count(*) FROM (SELECT DISTINCT hash(range) AS h FROM range(4000000))",
	} {
		got, err := ask(r, question)
		if err != nil || !strings.Contains(got, "000000") {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	res, err := r.Query(context.Background(), "SELECT 1 AS one")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var temp string
	err = res.parquet(db, filepath.Join(t.TempDir(), "one.parquet"))
	if err = errors.Join(err, db.QueryRow("SELECT current_setting('temp_directory')").Scan(&temp)); err != nil || temp != r.temp {
		t.Errorf("a file of an answer is spilled to %q: %v", temp, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.temp); !os.IsNotExist(err) {
		t.Errorf("what was spilled is there still: %v", err)
	}
}

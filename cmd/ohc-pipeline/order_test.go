package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"secondaryuse/pipeline/stage/seal"
)

// ordered is what inOrder has found before, by checksum.
var ordered sync.Map

// inOrder is the checksum of a mart's file, which has a checksum itself, as it
// is once its rows are put in order: those that a delta has made anew come last.
func inOrder(t testing.TB, path, sum string) string {
	t.Helper()
	if was, ok := ordered.Load(sum); ok {
		return was.(string)
	}
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	quoted := func(path string) string { return "'" + strings.ReplaceAll(path, "'", "''") + "'" }
	sorted := filepath.Join(t.TempDir(), "sorted.parquet")
	if _, err := db.Exec("COPY (FROM read_parquet(" + quoted(path) + ") ORDER BY ALL) TO " + quoted(sorted) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(sorted)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, out, err := seal.Digest(f)
	if err != nil {
		t.Fatal(err)
	}
	ordered.Store(sum, out)
	return out
}

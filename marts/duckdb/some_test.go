package duckdb

import "testing"

// TestSomeRows holds that a failed check never tells how few rows there are.
func TestSomeRows(t *testing.T) {
	for n, want := range map[int64]string{1: "fewer than 8 rows", 7: "fewer than 8 rows", 8: "about 10 rows", 12: "about 10 rows", 13: "about 15 rows", 4000: "about 4000 rows"} {
		if got := someRows(n); got != want {
			t.Errorf("%d is told as %s", n, got)
		}
	}
}

package duckdb

import (
	"strings"
	"testing"
)

// FuzzPractices holds that no file of practices breaks the reader, and that
// every row it takes has a cell for each column.
func FuzzPractices(f *testing.F) {
	f.Add("practice,name,pcn,pcn_name,icb,valid_from,valid_to\nM82002,A,U1,B,QOC,2020-01-01,\n")
	f.Add("practice,name,pcn,pcn_name,icb,valid_from,valid_to\n\"M82002")
	f.Add("#list\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := practices(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range rows {
			if len(r) != len(practiceColumns) {
				t.Fatalf("%d cells", len(r))
			}
		}
	})
}

package catalogue

import (
	"slices"
	"testing"
)

// FuzzParse holds that no text of a mart breaks the reader, and that what is
// taken has all a contract must have.
func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add("-- mart: a\n-- columns:\n--   a BIGINT: b\nSELECT 1")
	f.Add("--\n-- mart\n--   : x\n")
	marts, err := All()
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range marts {
		f.Add(m.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		_ = Lint(m)
		if err != nil {
			return
		}
		if !isName(m.Name) || m.SQL == "" || len(m.Columns) == 0 || len(m.Checks) == 0 || len(m.Reads) == 0 {
			t.Fatalf("took %+v", m)
		}
		for _, g := range m.Grain {
			if !slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Name == g && !c.Null }) {
				t.Fatalf("the grain %s is no column that is always there", g)
			}
		}
	})
}

// FuzzCase holds that no text of a case breaks the reader, and that the tables
// it takes are rectangles.
func FuzzCase(f *testing.F) {
	f.Add("Words.\n-- run --\nas_of: 2026-11-01\n-- person --\na | b\n1 | -\n-- want --\na\n1\n")
	f.Add("x\n-- want --\n|\n")
	f.Add("x\n-- --")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCase(text)
		if err != nil {
			return
		}
		for _, table := range append(c.Given, c.Want) {
			for _, r := range table.Rows {
				if len(r) != len(table.Columns) {
					t.Fatalf("%s: %d cells, %d columns", table.Name, len(r), len(table.Columns))
				}
			}
		}
	})
}

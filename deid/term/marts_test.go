package term

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestWhatMartsLookForIsStored: every code and unit that a mart looks for has a
// form in which it is stored; otherwise the mart would count nobody.
func TestWhatMartsLookForIsStored(t *testing.T) {
	files, err := filepath.Glob("../../marts/catalogue/*/*.csv")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	codes, known := 0, 0
	for _, name := range files {
		for column, cells := range columnsOf(t, name) {
			for i, cell := range cells {
				switch column {
				case "code":
					if s := columnsOf(t, name)["system"][i]; !Code(cell).In(System(s)) {
						t.Errorf("%s: %s %s is not stored", filepath.Base(name), s, cell)
					}
					codes++
				case "method", "outcome":
					if !Code(cell).In(Item) {
						t.Errorf("%s: %s is not stored", filepath.Base(name), cell)
					}
					codes++
				case "unit":
					if _, ok := UnitOf([]byte(cell)); !ok && cell != "none" {
						t.Errorf("%s: no unit is %s", filepath.Base(name), cell)
					}
					known++
				}
			}
		}
	}
	if codes < 100 || known < 20 {
		t.Errorf("looked at %d codes and %d units", codes, known)
	}
}

// columnsOf returns the columns of a table, by name.
func columnsOf(t *testing.T, name string) map[string][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]string)
	for _, row := range rows[1:] {
		for i, cell := range row {
			out[rows[0][i]] = append(slices.Clip(out[rows[0][i]]), cell)
		}
	}
	return out
}

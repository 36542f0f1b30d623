package disclose

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// flagged asks for a count alone: of the flagged.
const flagged = `-- release: flagged
-- what: How many are flagged
-- purpose: planning
-- dimensions:
--   area: area
-- measures:
--   n persons of flag: the flagged
-- totals: no
SELECT person_id, area, flag FROM population
`

// counted makes areas with so many flagged persons each, and one who is not.
func areas(counts ...int) map[string]string {
	var parts []string
	for i, n := range counts {
		parts = append(parts, fmt.Sprintf("SELECT %d + range AS person_id, '%c' AS area, range < %d AS flag FROM range(%d)", i*100000, 'A'+i, n, n+1))
	}
	return map[string]string{"population": strings.Join(parts, " UNION ALL ")}
}

func column2(r Released) (out []string) {
	for _, row := range r.Rows() {
		out = append(out, row[1])
	}
	return out
}

// TestHES holds the examples of NHS Digital's codonPython, suppress_value
// (tests/suppression_test.py).
func TestHES(t *testing.T) {
	r := published(t, areas(0, 2, 5, 8, 16, 57, 10023))
	out, _, err := Control(context.Background(), input(t, r, "hes", flagged))
	defer out.Close()
	if got := strings.Join(column2(out), " "); err != nil || got != "0 * * 10 15 55 10025" {
		t.Errorf("%v %s", err, got)
	}
}

// TestMidpoint6 holds the mapping in OpenSAFELY's documentation (sdc.md,
// "Midpoint 6 rounding"), and its name for the column.
func TestMidpoint6(t *testing.T) {
	r := published(t, areas(0, 1, 6, 7, 12, 13, 18))
	out, _, err := Control(context.Background(), input(t, r, "midpoint6", flagged))
	defer out.Close()
	if got := strings.Join(column2(out), " "); err != nil || got != "0 3 3 9 9 15 15" || out.Columns()[1] != "n_midpoint6" {
		t.Errorf("%v %s %v", err, got, out.Columns())
	}
}

// TestProfiles holds each profile's first count that is shown, and what is made
// of a zero.
func TestProfiles(t *testing.T) {
	for name, want := range map[string]string{
		"hes": "0 * 10", "opensafely": "0 [REDACTED] 10", "ukhsa": "0 5 10", "sde": "0 * *",
		"sacro": "* * *", "strictest": "* * *", "": "* * *", "hes+midpoint6": "0 * 9",
	} {
		r := published(t, areas(0, 7, 8, 40))
		out, _, err := Control(context.Background(), input(t, r, name, flagged))
		if got := column2(out); err != nil || strings.Join(got[:3], " ") != want || got[3] == "*" {
			t.Errorf("%s: %v %v", name, err, got)
		}
		out.Close()
	}
}

// TestSafetab: one hidden cell hides the table (opensafely-actions/safetab).
func TestSafetab(t *testing.T) {
	out, review, err := Control(context.Background(), input(t, published(t, areas(5, 40)), "safetab", flagged))
	if err == nil || out.WriteCSV(nil) != errNothing || !review.Findings[len(review.Findings)-1].Refuses {
		t.Errorf("%v %+v", err, review.Findings)
	}
	out, _, err = Control(context.Background(), input(t, published(t, areas(6, 41)), "safetab", flagged))
	if got := strings.Join(column2(out), " "); err != nil || got != "6 41" {
		t.Errorf("%v %s", err, got)
	}
	out.Close()
}

// TestOpenSAFELYDifference holds the two tables of OpenSAFELY's documentation
// (sdc.md, "Primary vs secondary disclosure") that tell together of one woman
// aged 21-30: whoever released the first does not release that of the second.
// Of those aged 41-50 with heart disease seven are women, and are not told of
// either; nor, by all four figures together, the three women aged 51 and over who
// have it not: 40 - 25 - 25 + 13.
func TestOpenSAFELYDifference(t *testing.T) {
	var parts []string
	for i, b := range [][4]int{{8, 20, 7, 19}, {10, 25, 5, 15}, {15, 30, 8, 18}, {25, 40, 13, 25}} { // all with, all, men with, men
		parts = append(parts, fmt.Sprintf("SELECT %d + range AS person_id, %d AS age, range < %d OR range >= %d AND range < %d AS heart, range < %d AS man FROM range(%d)",
			i*1000, 20+10*i, b[2], b[3], b[3]+b[0]-b[2], b[3], b[1]))
	}
	r := published(t, map[string]string{"population": strings.Join(parts, " UNION ALL ")})
	all := input(t, r, "opensafely", strings.Replace(heart, "totals: yes", "totals: no", 1))
	out, _, err := Control(context.Background(), all)
	if want := "age,disease,population\n20,10,20\n30,10,25\n40,15,30\n50,25,40\n"; err != nil || text(out) != want {
		t.Fatalf("%v\n%s", err, text(out))
	}
	if err := out.Keep("r1"); err != nil {
		t.Fatal(err)
	}
	out.Close()
	men := input(t, r, "opensafely", strings.NewReplacer("totals: yes", "totals: no", "FROM population", "FROM population WHERE man").Replace(heart))
	men.Folder = all.Folder
	out, review, err := Control(context.Background(), men)
	defer out.Close()
	want := "age,disease,population\n20,[REDACTED],[REDACTED]\n30,[REDACTED],15\n40,[REDACTED],20\n50,[REDACTED],25\n"
	if err != nil || text(out) != want {
		t.Errorf("%v\n%s", err, text(out))
	}
	told := fmt.Sprint(review.Findings)
	if !strings.Contains(told, "differencing") {
		t.Errorf("nobody is told: %s", told)
	}
	men.Folder = filepath.Join(t.TempDir(), "people")
	alone, _, err := Control(context.Background(), men)
	if err != nil || !strings.Contains(text(alone), "20,[REDACTED],20\n") {
		t.Errorf("alone the table may leave: %v\n%s", err, text(alone))
	}
	alone.Close()
}

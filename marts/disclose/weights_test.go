package disclose

import (
	"strings"
	"testing"
)

// TestHeavy: who decides is told where a question makes one person count for more than
// rounding blurs among others who all count the same; and not of what people cost, of
// how often they come, or of what none or all of them have more of.
func TestHeavy(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id, 'A' || range % 2 AS area, range = 50 AS rare FROM range(400)"})
	for _, c := range []struct {
		measure, v string
		want       int
	}{
		{"sum of v", "CASE WHEN rare THEN 26 ELSE 1 END", 1},
		{"mean of v", "CASE WHEN rare THEN 400.5 ELSE 1 END", 1},
		{"events of v", "CASE WHEN rare THEN 7 ELSE 1 END", 1},
		{"sum of v", "CASE WHEN person_id IN (7, 50, 51) THEN 100 ELSE 3 END", 2},
		{"events of v", "CASE WHEN rare THEN 2 ELSE 1 END", 0},
		{"events of v", "CASE WHEN person_id % 9 = 0 THEN 20 ELSE 1 END", 0},
		{"sum of v", "person_id + 17", 0},
		{"sum of v", "1", 0},
		{"sum of v", "CASE WHEN rare THEN 0 ELSE 1 END", 0},
	} {
		_, review, err := asks(t, r, "hes", "area", "m "+c.measure, "no", "SELECT person_id, area, "+c.v+" AS v FROM population")
		got := 0
		for _, f := range review.Findings {
			if f.Rule == "weights" {
				got = f.Figures
			}
			if strings.Contains(f.Text, "26") {
				t.Errorf("a value is told: %s", f.Text)
			}
		}
		if err != nil || got != c.want {
			t.Errorf("%s of %s: %d figures, want %d; %v", c.measure, c.v, got, c.want, err)
		}
	}
}

package extract

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDictionarySaysHowItLeaves holds that the dictionary and the data package tell a
// researcher of each column what was done to it: days that were moved and cut to months,
// levels, tails; and nothing of a column that leaves as it is.
func TestDictionarySaysHowItLeaves(t *testing.T) {
	s := newSite(t, 700, 200)
	s.edit("{name: day, why: before or after the review}", "{name: day, why: before or after the review, coarsen: month}")
	s.edit("{column: population.age_band, levels: [as-is, 10-years, 20-years, all]}", "{column: population.age_band, levels: [20-years, all]}")
	s.approve("falls")
	i := s.issue()
	dir := filepath.Join(s.unpacked(s.opened(i)), "data")
	dictionary, err := os.ReadFile(filepath.Join(dir, "dictionary.csv"))
	s.must(err)
	var said struct {
		Resources []struct {
			Description string
			Schema      struct {
				Fields []struct{ Name, Description string }
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "datapackage.json"))
	s.must(err, json.Unmarshal(text, &said))
	described := make(map[string]string)
	for _, r := range said.Resources {
		if !strings.Contains(r.Description, "\n\n") {
			t.Errorf("a table is described as %q, without the rule of its mart", r.Description)
		}
		for _, f := range r.Schema.Fields {
			described[f.Name] = f.Description
		}
	}
	for _, want := range []string{
		"anonymity: activity_daily.kind has 2 values or more among those who look alike",
		"tails of population.long_term_conditions: cut where fewer than 10 persons reach",
		"rows that have a day: from 2026-01-01 to before 2026-11-01",
	} {
		if !strings.Contains(strings.Join(i.Rules, "\n"), want) {
			t.Errorf("the manifest does not say %q, but %q", want, i.Rules)
		}
	}
	for name, want := range map[string]string{
		"day":                  "as it leaves: moved by up to 20 days, all days of a person alike; coarsened to month: the first day of it",
		"age_band":             "as it leaves: coarsened to 20-years: bands of 20 years",
		"long_term_conditions": "as it leaves: cut where fewer than 10 persons reach: the smallest and the largest value stand for all beyond them",
		"activity":             "",
		"person_id":            "",
	} {
		if at := strings.Index(described[name], "as it leaves"); want == "" && at >= 0 || want != "" && !strings.HasSuffix(described[name], want) {
			t.Errorf("%s is described as %q", name, described[name])
		}
		if !strings.Contains(string(dictionary), want) {
			t.Errorf("the dictionary does not say of %s that it is %s:\n%s", name, want, dictionary)
		}
	}
}

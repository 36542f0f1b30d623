package project

import (
	"slices"
	"strings"
	"testing"
)

func widens(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, "WIDER: ") })
}

// TestWider holds what is said to be wider: more rows, columns, people and days, fewer who
// look alike; and that the way back is not.
func TestWider(t *testing.T) {
	const key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	base, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		from, to string
		back     bool // the way back may be wider, too
	}{
		{"WHERE p.registered AND p.long_term_conditions >= 2", "WHERE p.registered", true},
		{"period: {from: 2024-01-01", "period: {from: 2023-01-01", false},
		{"until: 2026-11-01, shift", "until: 2026-11-02, shift", false},
		{"k: 10", "k: 9", false},
		{"suppression: 0.01", "suppression: 0.02", false},
		{"    - {column: population.sex, levels: [as-is]}\n", "", false},
		{"  sensitive:\n    - {column: activity_daily.kind, l: 2}\n", "", false},
		{"  tails:\n    - {column: population.long_term_conditions}\n", "", false},
		{"      - {name: sex", "      - {name: practice, why: rates by practice}\n      - {name: sex", false},
		{", coarsen: month", "", false},
		{", coarsen: month", ", coarsen: as-is", false},
		{"  - mart: activity_daily", "  - {mart: long_term_condition, why: who has which, date: latest_on, columns: [{name: register, why: which it is}]}\n  - mart: activity_daily", false},
		{"keys: [" + key + "]", "keys: []", true},
		{"purpose:\n", "  - {name: Another team, organisation: Example Compute, keys: [" + key + "]}\npurpose:\n", false},
		{"end: 2027-11-10", "end: 2027-11-11", false},
		{"until: 2028-01-10", "until: 2028-01-11", false},
		{"territory: england", "territory: united-kingdom", false},
		{"onward_sharing: none", "onward_sharing: with partners", true},
		{"formats: [parquet, csv]", "formats: [parquet]", true},
		{"formats:", linked + "formats:", false},
	} {
		p, err := load(t, tc.from, tc.to)
		if err != nil {
			t.Fatal(tc.to, err)
		}
		there, back := p.changes(base), base.changes(p)
		if tc.to == "formats: [parquet]" {
			there, back = back, there
		}
		if !widens(there) || widens(back) && !tc.back {
			t.Errorf("%s: %q, and back %q", tc.to, there, back)
		}
	}
}

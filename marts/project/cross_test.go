package project

import (
	"strings"
	"testing"
)

// TestCrosses holds what two extracts tell together that neither tells alone, and that it
// is the same whichever was first.
func TestCrosses(t *testing.T) {
	const age = "levels: [as-is, 10-years, 20-years, all]}"
	for _, tc := range []struct {
		from, to  string
		then, now int // the step of the age bands
		crosses   bool
	}{
		{"title: Falls", "title: More falls", 0, 1, false},
		{age, "levels: [10-years, 20-years]}", 1, 0, false},                                    // the same
		{age, "levels: [15-years]}", 1, 0, true},                                               // 10 and 15 years are 5 together
		{age, "levels: [20-years]}", 1, 0, false},                                              // 20 years follow from 10
		{"[as-is, \"lookup:msoa.csv\", all]", "[\"lookup:msoa.csv\"]", 1, 0, true},             // areas are coarser, ages finer
		{"[as-is, \"lookup:msoa.csv\", all]", "[\"lookup:msoa.csv\"]", 0, 1, false},            // both are coarser
		{"    - {column: population.sex, levels: [as-is]}\n", "", 1, 0, false},                 // it is there all the same
		{"      - {name: lsoa, why: rates", "      - {name: practice, why: rates", 0, 0, true}, // in the place of the area
		{"activity_daily.kind, l: 2}", "activity_daily.activity, l: 2}", 0, 0, false},          // finds nobody
		{"period: {from: 2024-01-01", "period: {from: 2023-01-01", 1, 0, false},                // no finder is of a day
		{"until: 2026-11-01, shift", "until: 2026-10-01, shift", 0, 0, false},
		{"shift_days: 0", "shift_days: 30", 0, 0, false},
	} {
		base, err := load(t)
		if err != nil {
			t.Fatal(err)
		}
		edits := []string{tc.from, tc.to}
		if strings.Contains(tc.to, "name: practice") {
			edits = append(edits, "population.lsoa", "population.practice")
		}
		p, err := load(t, edits...)
		if err != nil {
			t.Fatal(tc.to, err)
		}
		then, now := map[string]int{"population.age_band": tc.then}, map[string]int{"population.age_band": tc.now}
		there, err := p.Crosses(base.said(), then, now)
		back, err2 := base.Crosses(p.said(), now, then)
		if err != nil || err2 != nil || there != tc.crosses || back != tc.crosses {
			t.Errorf("%s: %v, and the other way %v; %v %v", tc.to, there, back, err, err2)
		}
	}
	one, err := load(t, "    - {column: population.sex, levels: [as-is]}\n", "    - {column: population.sex, levels: [as-is]}\n    - {column: activity_daily.activity, levels: [as-is]}\n")
	if err != nil {
		t.Fatal(err)
	}
	later := one
	later.Period.From, later.Period.Until = Date{one.Period.From.AddDate(0, 1, 0)}, Date{one.Period.Until.AddDate(0, 1, 0)}
	if cross, err := later.Crosses(one.said(), nil, nil); !cross || err != nil {
		t.Errorf("rows of other days find somebody: %v %v", cross, err)
	}
	other := one
	other.hashes = map[string]string{"msoa.csv": "another"}
	if cross, err := other.Crosses(one.said(), map[string]int{"population.lsoa": 1}, map[string]int{"population.lsoa": 1}); !cross || err != nil {
		t.Errorf("another look-up of the same name: %v %v", cross, err)
	}
}

// TestCrossesOtherwise holds the ways to have a finer column by two extracts that neither
// the columns nor the levels tell of.
func TestCrossesOtherwise(t *testing.T) {
	const lsoa = "    - {column: population.lsoa, levels: [as-is, \"lookup:msoa.csv\", all]}\n"
	day := func(levels, days string) []string {
		return []string{", coarsen: month", "", lsoa, lsoa + "    - {column: activity_daily.day, levels: " + levels + "}\n", "shift_days: 0", days}
	}
	first := func(from, levels string) []string {
		return []string{"  - mart: activity_daily", "  - {mart: long_term_condition, why: who has which, date: latest_on, columns: [{name: first_on, why: since when, from: " + from + "}]}\n  - mart: activity_daily",
			lsoa, lsoa + "    - {column: long_term_condition.first_on, levels: " + levels + "}\n"}
	}
	for name, tc := range map[string]struct {
		one, other []string
		crosses    bool
	}{
		"a month, and a day that was moved":        {day("[month]", "shift_days: 0"), day("[as-is]", "shift_days: 30"), true},
		"moved by few days and by more":            {day("[month]", "shift_days: 5"), day("[month]", "shift_days: 30"), true},
		"days as they are, and then moved":         {day("[month]", "shift_days: 0"), day("[month]", "shift_days: 30"), false},
		"years from early on, months from later":   {first("1990-01-01", "[year]"), first("2010-01-01", "[month]"), true},
		"months from early on, years from later":   {first("1990-01-01", "[month]"), first("2010-01-01", "[year]"), false},
		"a finder that is no quasi-identifier":     {nil, []string{"{name: lsoa, why: rates", "{name: practice, why: rates", lsoa, ""}, true},
		"one finder less, and no quasi-identifier": {nil, []string{"      - {name: lsoa, why: rates are compared between areas}\n", "", lsoa, ""}, false},
	} {
		one, err := load(t, tc.one...)
		other, err2 := load(t, tc.other...)
		if err != nil || err2 != nil {
			t.Fatal(name, err, err2)
		}
		there, err := other.Crosses(one.said(), nil, nil)
		back, err2 := one.Crosses(other.said(), nil, nil)
		if err != nil || err2 != nil || there != tc.crosses || back != tc.crosses {
			t.Errorf("%s: %v, and the other way %v; %v %v", name, there, back, err, err2)
		}
	}
}

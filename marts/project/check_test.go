package project

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/catalogue"
)

// marts are the contracts that this program has.
func marts(t *testing.T) []catalogue.Mart {
	t.Helper()
	all, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func against(t *testing.T) Against {
	t.Helper()
	return Against{
		Marts: marts(t), MadeFor: "planning", AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Known: func(name string) bool { return name == "ruth.hall" },
	}
}

func TestNothingFound(t *testing.T) {
	p, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Check(p, against(t)) {
		t.Errorf("%+v", f)
	}
}

// TestFound holds that each thing that is missing or too wide is found, and
// nothing else with it.
func TestFound(t *testing.T) {
	const key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	for _, tc := range []struct{ from, to, where, what string }{
		{"ruth.hall", "nobody", "applicant", "nobody of people.yaml"},
		{"name: Example Compute,", "name: Example Re-Insurance,", "processors[0].name", `by its name ("insurance")`},
		{"name: NHS Staffordshire and Stoke-on-Trent ICB", "name: Example Market Research", "controllers[0].name", `by its name ("market research")`},
		{"name: Falls study team", "name: Falls sales team", "recipients[0].name", `by its name ("sales")`},
		{"type: joint", "type: sole", "controllers", "either alone or jointly"},
		{"[" + key + "]", "[]", "recipients[0].keys", "no age public key"},
		{"purpose:\n", "  - {name: Another team, organisation: Example Compute, keys: [" + key + "]}\npurpose:\n", "recipients[1].keys[0]", "also Falls study team's"},
		{"organisation: Example University\n", "organisation: Elsewhere\n", "recipients[0].organisation", "neither a controller"},
		{"marts: planning", "marts: public-health", "purpose.marts", "the marts are made for planning"},
		{"kind: service-evaluation", "kind: research", "purpose.kind", "takes marts made for research"},
		{"  - {kind: impact-assessment, reference: DPIA 118, from: 2026-10-01, until: 2028-10-01}\n", "", "approvals", "impact assessment"},
		{"anonymised in context", "s251", "approvals", "rests on s251"},
		{"anonymised in context", "Section 251 of the Act", "approvals", "rests on s251"},
		{"anonymised in context", "support under s.251", "approvals", "rests on s251"},
		{"anonymised in context", "by CAG", "approvals", "rests on s251"},
		{"until: 2028-10-01", "until: 2027-10-01", "approvals[1]", "from start to end"},
		{"territory: england", "territory: worldwide", "territory", "outside the United Kingdom"},
		{"onward_sharing: none", "onward_sharing: with partners", "onward_sharing", "given on"},
		{"long_term_conditions >= 2", "long_term_conditions >= 2 LIMIT 100", "cohort", "others each time it is asked (limit)"},
		{"long_term_conditions >= 2", "ago(INTERVAL 1 DAY) > DATE '2020-01-01'", "cohort", "others each time it is asked (ago)"},
		{"FROM population p", "FROM population p POSITIONAL JOIN activity_daily a", "cohort", "others each time it is asked (positional join)"},
		{"long_term_conditions >= 2", "random() < 0.1", "cohort", "others each time it is asked (random)"},
		{"long_term_conditions >= 2", "long_term_conditions >= 2 FETCH  FIRST 9 ROWS ONLY", "cohort", "others each time it is asked (fetch  first)"},
		{"long_term_conditions >= 2", "age(DATE '2020-01-01') > INTERVAL 1 DAY", "cohort", "others each time it is asked (age()"},
		{"SELECT p.person_id", "SELECT DISTINCT ON (p.lsoa) p.person_id", "cohort", "others each time it is asked (distinct on)"},
		{"SELECT p.person_id", "SELECT any_value(p.person_id) AS person_id", "cohort", "others each time it is asked (any_value()"},
		{"name: activity, why", "name: salary, why", "tables[1].columns[2].name", "no column salary"},
		{"why: the main exposure", "why: x", "tables[0].columns[3].why", "nobody has said why population.long_term_conditions"},
		{"    why: admissions after falls\n", "    why: '-'\n", "tables[1].why", "nobody has said why activity_daily"},
		{"    date: day\n", "", "tables[1].date", "rows of every day"},
		{"    date: day\n", "    date: kind\n", "tables[1].date", "no column kind that is a day"},
		{", coarsen: month", "", "tables[1].columns[0].coarsen", "exact days leave"},
		{"{name: sex, why: rates differ between men and women}", "{name: practice, why: rates differ between practices}\n      - {name: sex, why: rates differ between men and women}", "tables[0].columns[1].name", "population.practice could find somebody"},
		{"[as-is, 10-years, 20-years, all]", "[as-is, quarter]", "anonymity.quasi_identifiers[1].levels[1]", "quarter is a level of days"},
		{"{name: kind, why", "{name: kind, from: 2020-01-01, why", "tables[1].columns[1].from", "activity_daily.kind is no day"},
		{"k: 10", "k: 5", "anonymity.k", "k is 5, below 10"},
		{"  sensitive:\n    - {column: activity_daily.kind, l: 2}\n", "", "anonymity.sensitive", "no column is sensitive"},
		{"- {column: population.long_term_conditions}", "- {column: activity_daily.kind}", "anonymity.tails[0].column", "no number"},
		{"- {column: population.long_term_conditions}", "- {column: population.long_term_conditions, by: [activity_daily.kind]}", "anonymity.tails[0].by[0]", "another mart"},
		{"    - {column: population.sex, levels: [as-is]}\n", "    - {column: population.sex, levels: [as-is]}\n    - {column: activity_daily.kind, levels: [as-is, all]}\n", "anonymity.quasi_identifiers[3].column", "tails or is sensitive, too"},
		{"    - {column: population.sex, levels: [as-is]}\n", "    - {column: population.sex, levels: [as-is]}\n    - {column: activity_daily.day, levels: [quarter, year]}\n", "tables[1].columns[0].coarsen", "has levels or tails under anonymity"},
		{"until: 2026-11-01, shift", "until: 2026-12-01, shift", "period.until", "do not have yet"},
		{"end: 2027-11-10\nretention: {until: 2028", "end: 2026-11-22\nretention: {until: 2027", "end", "has ended"},
		{"start: 2026-11-10", "start: 2026-11-23", "start", "has not begun"},
		{"retention: {until: 2028-01-10", "retention: {until: 2027-11-09", "retention.until", "before the project ends"},
		{"retention: {until: 2028-01-10", "retention: {until: 2029-01-10", "retention.until", "more than a year"},
	} {
		p, err := load(t, tc.from, tc.to)
		if err != nil {
			t.Errorf("%s: %v", tc.to, err)
			continue
		}
		list := Check(p, against(t))
		seen := false
		for _, f := range list {
			seen = seen || f.Field == tc.where && f.Line > 1 && strings.Contains(f.What, tc.what) && f.Next != ""
		}
		if !seen || len(list) != 1 {
			t.Errorf("%s: found %+v", tc.to, list)
		}
	}
}

// TestMovedDays holds that days that are moved and no coarser are found to be too
// wide, as exact ones are, and that with coarser ones they may be moved besides.
func TestMovedDays(t *testing.T) {
	p, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	p.Period.Shift = 30
	if f := Check(p, against(t)); len(f) > 0 {
		t.Errorf("months: %+v", f)
	}
	day := &p.Tables[1].Columns[0]
	for _, tc := range []struct {
		coarsen string
		levels  []string
	}{{"", nil}, {"as-is", nil}, {"lookup:msoa.csv", nil}, {"", []string{"as-is", "month"}}} {
		day.Coarsen, p.Anonymity.Quasi = tc.coarsen, p.Anonymity.Quasi[:3]
		if tc.levels != nil {
			p.Anonymity.Quasi = append(p.Anonymity.Quasi, quasi{"activity_daily.day", tc.levels})
		}
		if f := Check(p, against(t)); len(f) != 1 || !strings.Contains(f[0].What, "moved and no coarser") {
			t.Errorf("%+v: %+v", tc, f)
		}
	}
	p.Anonymity.Knows = "all-rows"
	if f := Check(p, against(t)); len(f) > 0 {
		t.Errorf("days of which all are known: %+v", f)
	}
	p.Anonymity.Knows, p.Anonymity.Quasi[3].Levels = "one-row", []string{"quarter", "all"}
	if f := Check(p, against(t)); len(f) > 0 {
		t.Errorf("quarters: %+v", f)
	}
}

// TestWholeTables holds that who asks for everything is told so.
func TestWholeTables(t *testing.T) {
	p, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	p.Tables = []Table{{Mart: "activity_hourly"}}
	if f := Check(p, against(t)); !strings.Contains(f[0].What, "no mart of that name") {
		t.Errorf("%+v", f)
	}
	p.Tables = nil
	for _, m := range marts(t) {
		tab := Table{Mart: m.Name, Why: "all of it is needed"}
		for _, c := range m.Columns {
			if c.Name != "person_id" {
				tab.Columns = append(tab.Columns, Column{Name: c.Name, Why: "all of it is needed"})
			}
		}
		p.Tables = append(p.Tables, tab)
	}
	all, counts := 0, 0
	for _, f := range Check(p, against(t)) {
		if strings.Contains(f.What, "all columns") {
			all++
		}
		if strings.Contains(f.What, "counts and no persons") {
			counts++
		}
	}
	if all != 4 || counts != 2 {
		t.Errorf("of 4 wide marts of persons and 2 of counts found %d and %d", all, counts)
	}
}

// TestKnows holds that where a row about a person is one of many, the file says
// what an attacker knows.
func TestKnows(t *testing.T) {
	p, err := load(t, "knows: one-row\n", "\n", "    - {column: population.sex, levels: [as-is]}\n", "    - {column: activity_daily.activity, levels: [as-is]}\n    - {column: population.sex, levels: [as-is]}\n")
	if err != nil {
		t.Fatal(err)
	}
	list := Check(p, against(t))
	if len(list) != 1 || !strings.Contains(list[0].What, "activity_daily has many rows") {
		t.Errorf("%+v", list)
	}
}

// TestDaysNotOfRows holds that it is said in plain words which days leave of a column by which
// the rows are not taken, and that the digest of who has none is as it was.
func TestDaysNotOfRows(t *testing.T) {
	table := "  - mart: long_term_condition\n    why: who has which condition\n    date: latest_on\n    columns:\n      - {name: first_on, why: for how long they have it, coarsen: yearFROM}\n      - {name: latest_on, why: whether it is looked after, coarsen: year}\n"
	for from, want := range map[string]string{
		"":                   "long_term_condition.first_on: the rows are not taken by this day; it leaves from 2024-01-01 to before 2026-11-01 (those of the period), and is emptied otherwise",
		", from: 1990-01-01": "long_term_condition.first_on: the rows are not taken by this day; it leaves from 1990-01-01 to before 2026-11-01 (from a day of its own), and is emptied otherwise",
	} {
		p, err := load(t, "  - mart: activity_daily", strings.Replace(table, "FROM", from, 1)+"  - mart: activity_daily")
		if err != nil {
			t.Fatal(err)
		}
		if f, days := Check(p, against(t)), p.Days(marts(t)); len(f) > 0 || len(days) != 1 || days[0] != want {
			t.Errorf("%q: %+v, %q", from, f, days)
		}
		text, err := json.Marshal(p.Tables)
		if err != nil || strings.Contains(string(text), `"From"`) != (from != "") {
			t.Errorf("%q: %s, %v", from, text, err)
		}
	}
}

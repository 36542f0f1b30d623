package project

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// judged is of every value of a project whether more may leave when it alone is another:
// ">" when it is a day later, a figure larger, an entry more or another text, "<" on the
// way back, "=" on both, "." on neither. Of the latter nobody can say more than that it is
// otherwise: they are words, or narrow what leaves.
var judged = map[string]string{
	".": `Name, Reference, Title, Applicant, Processors[].Type, Purpose.Objective, Purpose.Processing, Purpose.Benefits,
		LegalBasis.Gateway, LegalBasis.Article6, LegalBasis.Article9, LegalBasis.Confidentiality, Approvals[].Kind, Approvals[].Reference,
		OptOuts.National.Why, OptOuts.Local.Rule, OptOuts.Local.Why, OptOuts.Type1.Rule, OptOuts.Type1.Why, Tables[].Why, Tables[].Columns[].Why,
		Anonymity.Tails[].By with one more, Anonymity.Tails with one more, Issued, Retention.Destruction,
		Outputs[], Outputs with one more, Outputs with one less, Notice, Conditions with one more, Generation, Approvals[0].Until`,
	">": `Controllers with one more, Processors with one more, Recipients with one more, OptOuts.National.Rule, Approvals with one less,
		Tables with one more, Tables[].Columns with one more, Tables[].Columns[].From, Period.Until, Approvals[1].Until, Anonymity.Suppression,
		Anonymity.Quasi with one less, Anonymity.Sensitive with one less, Anonymity.Tails with one less, End, Retention.Until, Formats with one more`,
	"<": `Controllers with one less, Processors with one less, Recipients with one less, Approvals with one more, Approvals[].From,
		Tables with one less, Tables[].Columns with one less, Period.From, Period.Shift, Anonymity.K,
		Anonymity.Quasi with one more, Anonymity.Sensitive with one more, Start, Territory, Formats with one less`,
	"=": `Controllers[].Name, Controllers[].Type, Controllers[].Registration, Controllers[].Security, Processors[].Name, Processors[].Registration, Processors[].Security,
		Recipients[].Name, Recipients[].Organisation, Recipients[].Keys[], Recipients[].Keys with one more, Recipients[].Keys with one less,
		Purpose.Kind, Purpose.Marts, Purpose.Commercial, Cohort, Tables[].Mart, Tables[].Date, Tables[].Columns[].Name, Tables[].Columns[].Coarsen,
		Anonymity.Knows, Anonymity.Quasi[].Column, Anonymity.Quasi[].Levels[], Anonymity.Quasi[].Levels with one more, Anonymity.Quasi[].Levels with one less,
		Anonymity.Sensitive[].Column, Anonymity.Sensitive[].L, Anonymity.Sensitive[].Entropy, Anonymity.Tails[].Column,
		Onward, Formats[], Linkage.Study, Linkage.Why, Linkage.Approval, Linkage.Mart`,
}

var index = regexp.MustCompile(`\[[0-9]+\]`)

// TestEveryWidening holds that of every value it was judged whether more may leave by it,
// of new ones too, and that who approves is told so.
func TestEveryWidening(t *testing.T) {
	before, err := load(t, "formats:", linked+"formats:")
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for how, list := range judged {
		for _, path := range strings.Split(list, ",") {
			want[strings.TrimSpace(path)] = how
		}
	}
	everyChange(t, func(p Project, path string) {
		is := map[[2]bool]string{{}: ".", {true, false}: ">", {false, true}: "<", {true, true}: "="}[[2]bool{widens(p.changes(before)), widens(before.changes(p))}]
		path = strings.TrimPrefix(path, "project.")
		if how := cmp.Or(want[path], want[index.ReplaceAllString(path, "[]")]); how != is {
			t.Errorf("%s: %q, want %q", path, is, how)
		}
	}, linked)
}

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
		{"  - {kind: impact-assessment, reference: DPIA 118, from: 2026-10-01, until: 2028-10-01}\n", "", false},
		{"from: 2026-10-01, until: 2028-10-01}", "from: 2026-10-01, until: 2028-10-02}", false},
		{"national: {rule: applies", "national: {rule: exempt", false},
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

// TestOrderIsSaid holds that who approves is told of another order of quasi-identifiers,
// by which another of them leaves the finer, whatever else is otherwise.
func TestOrderIsSaid(t *testing.T) {
	base, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	const age, sex = "    - {column: population.age_band, levels: [as-is, 10-years, 20-years, all]}\n", "    - {column: population.sex, levels: [as-is]}\n"
	for _, title := range []string{"title: Falls", "title: More falls"} {
		p, err := load(t, age+sex, sex+age, "title: Falls", title)
		if err != nil {
			t.Fatal(err)
		}
		const want = "WIDER: quasi-identifiers in order, the first coarsened first: was population.lsoa, population.age_band, population.sex; is population.lsoa, population.sex, population.age_band"
		if c := p.changes(base); c[0] != want {
			t.Errorf("%q", c)
		}
	}
}

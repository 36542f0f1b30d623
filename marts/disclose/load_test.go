package disclose

import (
	"slices"
	"strings"
	"testing"
)

const wide = `-- release: admissions-by-pcn
-- what: Admissions
--   by network and practice
-- purpose: planning
-- dimensions:
--   pcn: network
--   practice within pcn: GP practice
--     of the network
--   sex: sex
-- measures:
--   patients persons: all
--   diabetic persons of has_diabetes: on the register
--   admissions events of spells: spells
--   contacts events: rows
--   cost sum of pounds: cost
--   stay mean of days: mean stay
--   half median of days: median stay
--   prevalence percent diabetic / patients: of 100
--   admission_rate rate admissions / patients per 1000: of 1,000
-- totals: no
SELECT 1
;
`

func TestLoad(t *testing.T) {
	q, err := Load(wide)
	if err != nil {
		t.Fatal(err)
	}
	if q.SQL != "SELECT 1" || q.What != "Admissions by network and practice" || q.Totals || q.Dimensions[1] != (dimension{"practice", "pcn", "GP practice of the network"}) {
		t.Errorf("%+v", q)
	}
	if m := q.Measures[8]; m != (measure{Name: "admission_rate", Kind: rate, Of: "admissions", By: "patients", Per: 1000, Meaning: "of 1,000"}) {
		t.Errorf("%+v", m)
	}
}

// TestLoadRefuses changes one thing in a question that is taken.
func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"an unknown entry":           {"-- purpose:", "-- porpoise:"},
		"an entry twice":             {"-- purpose: planning", "-- purpose: planning\n-- purpose: research"},
		"no totals":                  {"-- totals: no\n", ""},
		"totals maybe":               {"-- totals: no", "-- totals: maybe"},
		"no release":                 {"-- release: admissions-by-pcn\n", ""},
		"a path as name":             {"admissions-by-pcn", "../x"},
		"no meaning":                 {"--   sex: sex", "--   sex:"},
		"no SELECT":                  {"SELECT 1", ""},
		"a dimension twice":          {"--   sex: sex", "--   pcn: sex"},
		"within what is not there":   {"practice within pcn", "practice within ward"},
		"an unknown kind":            {"patients persons:", "patients people:"},
		"a measure twice":            {"contacts events:", "patients events:"},
		"a sum of nothing":           {"cost sum of pounds", "cost sum"},
		"a rate of a mean":           {"rate admissions / patients", "rate stay / patients"},
		"a rate of what is below":    {"rate admissions / patients", "rate later / patients"},
		"a rate per nothing":         {" per 1000", ""},
		"a rate per 0":               {" per 1000", " per 0"},
		"a percentage of events":     {"percent diabetic / patients", "percent admissions / patients"},
		"a percentage of some":       {"percent diabetic / patients", "percent patients / diabetic"},
		"a measure of itself":        {"rate admissions / patients", "rate patients / patients"},
		"person_id as dimension":     {"--   sex: sex", "--   person_id: sex"},
		"a dimension that is summed": {"of pounds", "of sex"},
		"quotes in a name":           {"of pounds", "of pounds\""},
		"carriage returns":           {"-- what: Admissions", "-- what: Admissions\r"},
	} {
		text := strings.Replace(wide, c[0], c[1], 1)
		if _, err := Load(text); err == nil || text == wide {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Load(wide + strings.Repeat(" ", maxText)); err == nil {
		t.Error("a text without end: taken")
	}
}

// FuzzLoad holds that no text breaks the reader, and that what is taken has all
// that Control takes for granted.
func FuzzLoad(f *testing.F) {
	f.Add(wide)
	f.Add(heart)
	f.Add("-- release: a\n-- measures:\n--   a\nSELECT 1")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Load(text)
		if err != nil {
			return
		}
		if !release.MatchString(q.Name) || q.SQL == "" || len(q.Dimensions) == 0 || len(q.Measures) == 0 {
			t.Fatalf("took %+v", q)
		}
		var names []string
		for _, d := range q.Dimensions {
			if names = append(names, d.Name); d.Within != "" && !slices.Contains(names, d.Within) {
				t.Fatalf("%s lies in nothing", d.Name)
			}
		}
		for _, m := range q.Measures {
			if (m.Of != "") != (m.Per > 0) || m.Of != "" && (q.measure(m.Of) == nil || q.measure(m.By) == nil) || m.Column != "" && !column.MatchString(m.Column) {
				t.Fatalf("took the measure %+v", m)
			}
			names = append(names, m.Name)
		}
		for i, n := range names {
			if !column.MatchString(n) || slices.Contains(names[:i], n) {
				t.Fatalf("took the name %q", n)
			}
		}
	})
}

package disclose

import (
	"context"
	"errors"
	"strings"
	"testing"

	"secondaryuse/marts/duckdb/reader"
)

// costs are 60 persons of two areas, each with a cost of their own; person 7 has 640.
func costs(t *testing.T) *reader.Reader {
	return published(t, map[string]string{"population": "SELECT range AS person_id, CASE WHEN range < 30 THEN 'A' ELSE 'B' END AS area, CASE WHEN range = 7 THEN 640 ELSE 100 + 3 * range END AS cost, 1 + range % 3 AS visits FROM range(60)"})
}

// TestSumsOfOneTable: two sums of the same persons that give another value to one
// of them tell that value.
func TestSumsOfOneTable(t *testing.T) {
	r := costs(t)
	for _, other := range []string{"CASE WHEN person_id = 7 THEN 0 ELSE cost END", "CASE WHEN person_id = 7 THEN cost + 1000 ELSE cost END", "CASE WHEN person_id = 7 AND cost > 600 THEN cost + 1 ELSE cost END"} {
		for _, kind := range []string{"sum", "mean", "events"} {
			out, _, err := asks(t, r, "hes", "area", "spend "+kind+" of cost; other "+kind+" of b", "no", "SELECT person_id, area, cost, "+other+" AS b FROM population")
			if rows := out.Rows(); err != nil || rows[0][2] != "*" && rows[0][1] != "*" || rows[1][1] == "*" || rows[1][2] == "*" {
				t.Errorf("%s of %s: %v\n%s", kind, other, err, text(out))
			}
		}
	}
}

// TestSumsOfTwoReleases: what changes for a few persons between two releases is
// what they had.
func TestSumsOfTwoReleases(t *testing.T) {
	for _, totals := range []string{"no", "yes"} {
		for name, c := range map[string]struct{ kind, then, now string }{
			"a cost":             {"sum of cost", "cost", "CASE WHEN person_id = 7 THEN cost + 55 ELSE cost END"},
			"visits of a month":  {"events of cost", "visits", "CASE WHEN person_id IN (3, 9) THEN visits + 1 ELSE visits END"},
			"by another measure": {"mean of cost", "cost", "CASE WHEN person_id = 7 THEN 0 ELSE cost END"},
		} {
			r, folder := costs(t), t.TempDir()+"/people"
			ask := func(value string) Released {
				in := input(t, r, "hes", "-- release: r\n-- what: x\n-- purpose: planning\n-- dimensions:\n--   area: x\n-- measures:\n--   m "+c.kind+": x\n-- totals: "+totals+"\nSELECT person_id, area, "+value+" AS cost FROM population\n")
				in.Folder = folder
				out, _, err := Control(context.Background(), in)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				return out
			}
			if then := kept(t, ask(c.then), "then"); strings.Contains(then, "*") {
				t.Errorf("%s: nothing had to be hidden:\n%s", name, then)
			}
			now := ask(c.now)
			if rows := now.Rows(); rows[0][1] != "*" || rows[1][1] == "*" {
				t.Errorf("%s, totals %s:\n%s", name, totals, text(now))
			}
			if again := text(ask(c.then)); strings.Contains(again, "*") {
				t.Errorf("%s: the same again tells nothing new:\n%s", name, again)
			}
			now.Close()
		}
	}
}

// TestSumsOverlap: of a person in two cells, what they give to the total is compared
// as they give it to the total.
func TestSumsOverlap(t *testing.T) {
	r := costs(t)
	both := "SELECT person_id, area, cost FROM population UNION ALL SELECT person_id, 'B', cost FROM population WHERE person_id < 20"
	in := input(t, r, "hes", "-- release: r\n-- what: x\n-- purpose: planning\n-- dimensions:\n--   area: x\n-- measures:\n--   m sum of cost: x\n-- totals: yes\n"+both+"\n")
	out, _, err := Control(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	kept(t, out, "then")
	in.Question.SQL = "SELECT person_id, 'all' AS area, cost FROM (" + both + ") WHERE NOT (person_id = 7 AND area = 'B')"
	in.Question.Totals = false
	if out, _, err = Control(context.Background(), in); err == nil {
		t.Errorf("the total without a part of person 7 leaves:\n%s", text(out))
	}
}

// TestCountsInDisguise: a number that few persons give anything to, or all but few,
// is a count of these, whatever it is called and multiplied by.
func TestCountsInDisguise(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id, 'A' AS area FROM range(100)"})
	for name, c := range map[string][2]string{
		"three have it":          {"person_id < 3", "hes"},
		"one has it":             {"person_id = 3", "hes"},
		"by the strictest":       {"person_id < 5", ""},
		"all but two have it":    {"person_id >= 2", "hes"},
		"all but two, strictest": {"person_id >= 2", ""},
	} {
		for _, m := range []string{"m mean of v", "n persons; m mean of v", "n persons; m sum of v", "n persons; m events of v"} {
			out, _, err := asks(t, r, c[1], "area", m, "no", "SELECT person_id, area, CASE WHEN "+c[0]+" THEN 1000 ELSE 0 END AS v FROM population")
			if rows := out.Rows(); err == nil && rows[0][len(rows[0])-1] != "*" {
				t.Errorf("%s: %s:\n%s", name, m, text(out))
			}
		}
	}
	out, _, err := asks(t, r, "midpoint6", "area", "n persons; m events of v", "no", "SELECT person_id, area, CASE person_id WHEN 5 THEN 57 WHEN 6 THEN 2 ELSE 0 END AS v FROM population")
	if err != nil || out.Rows()[0][2] != "[REDACTED]" {
		t.Errorf("two persons have 59 events: %v\n%s", err, text(out))
	}
}

// TestMedianOfOne: rows of one person that are there many times do not make a
// median, nor a mean.
func TestMedianOfOne(t *testing.T) {
	r := costs(t)
	sql := "SELECT person_id, area, cost FROM population UNION ALL SELECT person_id, area, cost FROM population, range(500) WHERE person_id = 7"
	out, _, err := asks(t, r, "hes", "area", "half median of cost; each mean of cost", "no", sql)
	if rows := out.Rows(); err != nil || rows[0][1] != "*" || rows[0][2] != "*" || rows[1][1] == "*" {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestEventsAreDominated: an amount that is called events is dominated as a sum is.
func TestEventsAreDominated(t *testing.T) {
	r := costs(t)
	out, _, err := asks(t, r, "sacro", "area", "spend events of cost", "no", "SELECT person_id, area, CASE WHEN person_id = 7 THEN 1000000 ELSE cost END AS cost FROM population")
	if rows := out.Rows(); err != nil || rows[0][1] != "*" || rows[1][1] == "*" {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestTimesAConstant: a count of persons times a constant is none that is rounded.
func TestTimesAConstant(t *testing.T) {
	r := spells(t, [3]int{21, 3, 1000}, [3]int{28, 3, 1000})
	for _, m := range []string{"n events", "n events of days", "n sum of days"} {
		if _, _, err := asks(t, r, "hes", "ward", m, "no", "SELECT * FROM spells"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "times") {
			t.Errorf("%s: %v", m, err)
		}
	}
	for _, m := range []string{"n events", "n events of days", "n sum of days"} {
		if _, _, err := asks(t, r, "hes", "ward", m, "no", "SELECT DISTINCT person_id, ward, 1 AS days FROM spells"); err != nil {
			t.Errorf("once each: %s: %v", m, err)
		}
	}
}

// TestWeights: a hidden count of persons cannot be computed from totals where each
// counts as a thousand.
func TestWeights(t *testing.T) {
	for _, kind := range []string{"events", "sum"} {
		for n := 1; n <= 7; n++ {
			r := spells(t, [3]int{20, 1, 1001}, [3]int{25, 1, 1000}, [3]int{n, 1, 1000}, [3]int{30, 1, 1000}, [3]int{31, 1, 1000}, [3]int{32, 1, 1000})
			out, _, err := asks(t, r, "hes", "ward", "n "+kind+" of days", "yes", "SELECT * FROM spells")
			if err != nil {
				t.Fatal(err)
			}
			hidden := 0
			for _, row := range out.Rows() {
				if row[1] == "*" {
					hidden++
				}
			}
			if hidden < 2 {
				t.Errorf("%s, %d persons: only these are hidden:\n%s", kind, n, text(out))
			}
		}
	}
}

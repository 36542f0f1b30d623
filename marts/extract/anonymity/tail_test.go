package anonymity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// counted is a row with a number: of a person, in an area.
type counted struct {
	person, area, number int64
	null                 bool
}

// cutNaively cuts the numbers of each area at the k-th largest and smallest: of a
// person, the most extreme counts.
func cutNaively(rows []counted, k int) (out []string) {
	for _, r := range rows {
		low, high := make(map[int64]int64), make(map[int64]int64)
		for _, o := range rows {
			if o.area == r.area && !o.null {
				if v, ok := low[o.person]; !ok || o.number < v {
					low[o.person] = o.number
				}
				if v, ok := high[o.person]; !ok || o.number > v {
					high[o.person] = o.number
				}
			}
		}
		value := "<nil>"
		if len(low) >= k && !r.null {
			lows, highs := values(low), values(high)
			if a, b := lows[k-1], highs[len(highs)-k]; a <= b {
				value = fmt.Sprint(min(max(r.number, a), b))
			}
		}
		out = append(out, fmt.Sprintf("%d %d %s", r.person, r.area, value))
	}
	slices.Sort(out)
	return out
}

func values(m map[int64]int64) (out []int64) {
	for _, v := range m {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

func fill(t testing.TB, conn *sql.Conn, rows []counted, persons int64) Data {
	run(t, conn, "CREATE OR REPLACE TABLE counted(person_id BIGINT, area BIGINT, number INTEGER)")
	run(t, conn, fmt.Sprintf("CREATE OR REPLACE TABLE cohort AS SELECT range AS person_id FROM range(%d)", persons))
	for _, r := range rows {
		number := fmt.Sprint(r.number)
		if r.null {
			number = "NULL"
		}
		run(t, conn, fmt.Sprintf("INSERT INTO counted VALUES (%d, %d, %s)", r.person, r.area, number))
	}
	return Data{Conn: conn, Person: "person_id", Cohort: "cohort", Tables: []Table{{Name: "counted", Relation: "counted", Many: true}}}
}

// TestTails holds the tails against a plain count, of one and of many rows a person.
func TestTails(t *testing.T) {
	conn := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.IntRange(1, 4).Draw(rt, "k")
		var rows []counted
		for p := range int64(rapid.IntRange(k, 14).Draw(rt, "persons")) {
			for range rapid.IntRange(0, 2).Draw(rt, "rows") {
				rows = append(rows, counted{p, rapid.Int64Range(0, 1).Draw(rt, "area"), rapid.Int64Range(-3, 9).Draw(rt, "number"), rapid.IntRange(0, 6).Draw(rt, "null") == 0})
			}
		}
		d := fill(t, conn, rows, 14)
		p, err := Choose(context.Background(), d, Rule{K: k, Tails: []Tail{{"counted", "number", []string{"area"}}}})
		if err != nil {
			rt.Fatal(err)
		}
		got := answer(t, conn, p.Select("counted"))
		slices.Sort(got)
		if want := cutNaively(rows, k); !slices.Equal(got, want) {
			rt.Fatalf("of %+v at k %d\nhave %q\nwant %q", rows, k, got, want)
		}
	})
}

// TestOldest holds that the only person over 104 in an area cannot be told from
// the ten oldest, and that an area of nine has no ages.
func TestOldest(t *testing.T) {
	conn := open(t)
	var rows []counted
	for p := range int64(30) {
		rows = append(rows, counted{person: p, area: p / 21, number: 60 + p})
	}
	rows[20].number = 105
	d := fill(t, conn, rows, 30)
	p, err := Choose(context.Background(), d, Rule{K: 10, Tails: []Tail{{"counted", "number", []string{"area"}}}})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(answer(t, conn, "SELECT area, min(number), max(number), count(number) FILTER (number = 71) FROM ("+p.Select("counted")+") GROUP BY area ORDER BY area"), ", ")
	if want := "0 69 71 10, 1 <nil> <nil> 0"; got != want {
		t.Errorf("have %s, want %s", got, want)
	}
	if _, err := Choose(context.Background(), d, Rule{K: 10, Quasi: []Quasi{{"counted", "area", []Level{word("as-is")}}, {"counted", "number", []Level{word("as-is")}}}}); err == nil {
		t.Error("as quasi-identifiers, area and age would find everybody, and nothing refused")
	}
}

// TestLevels holds what each level makes of the values of a mart.
func TestLevels(t *testing.T) {
	conn := open(t)
	for _, tc := range []struct{ level, value, want string }{
		{"as-is", "'85-89'", "85-89"}, {"all", "'85-89'", "<nil>"},
		{"10-years", "'0-4'", "0-9"}, {"10-years", "'5-9'", "0-9"}, {"10-years", "'85-89'", "80-89"}, {"10-years", "'90 and over'", "90 and over"}, {"10-years", "'Age not known'", "Age not known"},
		{"20-years", "'75-79'", "60-79"}, {"20-years", "'80-84'", "80 and over"}, {"20-years", "'90 and over'", "80 and over"}, {"20-years", "NULL::VARCHAR", "<nil>"},
		{"width-5", "7", "5-9"}, {"width-5", "-1", "-5--1"}, {"width-1", "0", "0-0"}, {"width-1000", "12345", "12000-12999"}, {"width-10", "NULL::INTEGER", "<nil>"},
		{"prefix-3", "'E01028812'", "E01"}, {"broad", "'Unknown'", "Unknown"}, {"broad", "'White'", "White"}, {"broad", "'Mixed'", "Other than White"}, {"broad", "NULL::VARCHAR", "<nil>"},
		{"month", "DATE '2026-11-22'", "2026-11-01"}, {"quarter", "DATE '2026-11-22'", "2026-10-01"}, {"year", "DATE '2026-11-22'", "2026-01-01"}, {"year", "NULL::DATE", "<nil>"},
	} {
		got := answer(t, conn, "SELECT CAST("+word(tc.level).SQL("x", "")+" AS VARCHAR) FROM (SELECT "+tc.value+" AS x)")[0]
		if got != tc.want {
			t.Errorf("%s of %s is %s, want %s", tc.level, tc.value, got, tc.want)
		}
	}
	for _, wrong := range []string{"", "weeks", "0-years", "7-years", "width-0", "prefix-", "lookup:", "lookup:../x.csv", "lookup:a/b.csv", "lookup:none.csv", "all ", "10-years'"} {
		if _, err := Named(wrong, func(string) map[string]string { return nil }); err == nil {
			t.Errorf("%q is taken for a level", wrong)
		}
	}
}

// TestEntropyTangles holds that where to coarsen more can put somebody below l,
// the least coarsening is still found: 4 persons are diverse, 20 are not, and
// together all 24 are too alike.
func TestEntropyTangles(t *testing.T) {
	conn := open(t)
	run(t, conn, "CREATE TABLE people AS SELECT range AS person_id, 'same' AS a, CASE WHEN range < 4 THEN 'x' ELSE 'y' END AS b, CAST(range AS VARCHAR) AS c, CASE WHEN range < 2 THEN 'rare' ELSE 'common' END AS ill FROM range(24)")
	r := Rule{K: 2, Suppression: 20.0 / 24, Sensitive: []Sensitive{{"people", "ill", 2, true}}}
	for _, c := range []string{"a", "b", "c"} {
		r.Quasi = append(r.Quasi, Quasi{"people", c, []Level{word("as-is"), word("all")}})
	}
	p, err := Choose(context.Background(), Data{Conn: conn, Person: "person_id", Cohort: "people", Tables: []Table{{Name: "people", Relation: "people"}}}, r)
	if err != nil || !slices.Equal(p.levels, []int{0, 0, 1}) || p.Report.LeftOut != 20 || p.Report.Remaining.Smallest != 4 {
		t.Errorf("%v %+v %v", p.levels, p.Report, err)
	}
}

// TestEmptied holds what is emptied of whom: the column that is named first of
// those whom that hides, both of the others; and that whom nothing hides is left
// out with all rows.
func TestEmptied(t *testing.T) {
	conn := open(t)
	run(t, conn, `CREATE TABLE people AS SELECT row_number() OVER () AS person_id, a, b FROM (VALUES
		(1, 1, 20), (2, 1, 2), (3, 1, 2), (4, 2, 2), (5, 3, 2)) x(a, b, n), range(n)`)
	run(t, conn, "CREATE TABLE events AS SELECT person_id, a AS visit FROM people, range(2)")
	d := Data{Conn: conn, Person: "person_id", Cohort: "people", Tables: []Table{{Name: "people", Relation: "people"}, {Name: "events", Relation: "events", Many: true}}}
	r := Rule{K: 4, Suppression: 0.5, Quasi: []Quasi{{"people", "a", []Level{word("as-is")}}, {"people", "b", []Level{word("as-is")}}}}
	p, err := Choose(context.Background(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(answer(t, conn, "SELECT a, b, count(*) FROM ("+p.Select("people")+") GROUP BY ALL ORDER BY ALL"), ", ")
	if want := "1 1 20, <nil> 1 4, <nil> <nil> 4"; got != want || p.Report.Affected != 8 || p.Report.Emptied[0].Persons != 8 || p.Report.Emptied[1].Persons != 4 || p.Report.LeftOut != 0 {
		t.Errorf("have %s, want %s; %+v", got, want, p.Report)
	}
	run(t, conn, "DELETE FROM people WHERE a = 5")
	run(t, conn, "DELETE FROM events WHERE visit = 5")
	if p, err = Choose(context.Background(), d, r); err != nil || p.Report.LeftOut != 2 {
		t.Fatalf("%+v %v", p.Report, err)
	}
	if got := answer(t, conn, "SELECT count(*) FROM ("+p.Select("events")+") WHERE visit = 4"); got[0] != "0" {
		t.Errorf("who is left out has %s rows", got[0])
	}
	r.Suppression = 0.2
	if _, err = Choose(context.Background(), d, r); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "of at most 5 may values be emptied") {
		t.Errorf("more than is allowed: %v", err)
	}
}

// TestManyValues holds sensitive columns of many rows with more values than a
// number has places: each area has as many persons as it has, and one value is
// common to all of one area.
func TestManyValues(t *testing.T) {
	conn := open(t)
	run(t, conn, "CREATE TABLE people AS SELECT range AS person_id, range % 2 AS area FROM range(200)")
	run(t, conn, "CREATE TABLE events AS SELECT range AS person_id, 'own ' || range AS code FROM range(200) UNION ALL SELECT range, 'common' FROM range(0, 200, 2) UNION ALL SELECT range, 'often' FROM range(1, 190, 2)")
	d := Data{Conn: conn, Person: "person_id", Cohort: "people", Tables: []Table{{Name: "people", Relation: "people"}, {Name: "events", Relation: "events", Many: true}}}
	r := Rule{K: 10, Quasi: []Quasi{{"people", "area", []Level{word("as-is")}}}, Sensitive: []Sensitive{{"events", "code", 2, false}}}
	risk, err := Measure(context.Background(), d, r, nil)
	if err != nil || risk.Below != 100 || risk.L[0] != 100 {
		t.Errorf("%+v %v", risk, err)
	}
}

package disclose

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"secondaryuse/marts/duckdb/reader"
)

// asks runs a question of some measures over the mart spells.
func asks(t *testing.T, r *reader.Reader, profile, dimensions, measures, totals, sql string) (Released, Review, error) {
	t.Helper()
	out, review, err := Control(context.Background(), asking(t, r, profile, dimensions, measures, totals, sql))
	t.Cleanup(func() { out.Close() })
	return out, review, err
}

// asking is what asks puts to Control.
func asking(t *testing.T, r *reader.Reader, profile, dimensions, measures, totals, sql string) Input {
	t.Helper()
	indent := func(lines string) string { return "--   " + strings.ReplaceAll(lines, "; ", ": x\n--   ") + ": x\n" }
	return input(t, r, profile, "-- release: r\n-- what: x\n-- purpose: planning\n-- dimensions:\n"+indent(dimensions)+"-- measures:\n"+indent(measures)+"-- totals: "+totals+"\n"+sql+"\n")
}

// spells are hospital stays: of ward w, so many patients, each with as many
// stays of so many days.
func spells(t *testing.T, wards ...[3]int) *reader.Reader {
	var all []string
	for i, w := range wards {
		all = append(all, fmt.Sprintf("SELECT 1000 * %d + p.range AS person_id, '%c' AS ward, CAST(%d AS INTEGER) AS days, p.range = 0 AS first FROM range(%d) p, range(%d) s", i, 'A'+i, w[2], w[0], w[1]))
	}
	marts := map[string]string{"spells": strings.Join(all, " UNION ALL ")}
	marts["population"] = "SELECT DISTINCT person_id FROM (" + marts["spells"] + ")"
	return published(t, marts)
}

func TestKinds(t *testing.T) {
	r := spells(t, [3]int{8, 3, 2}, [3]int{7, 10, 4}, [3]int{100, 2, 5})
	out, _, err := asks(t, r, "hes", "ward", "people persons; stays events; nights events of days; cost sum of days; stay mean of days; half median of days; per_head rate stays / people per 10", "no", "SELECT * FROM spells")
	want := "ward,people,stays,nights,cost,stay,half,per_head\n" +
		"A,10,25,50,50,2.0,2.0,25\n" + // 8 people, 24 stays, 48 nights
		"B,*,*,*,*,*,*,*\n" + // 7 people: whatever they have is hidden
		"C,100,200,1000,1000,5.0,5.0,20\n"
	if err != nil || text(out) != want {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestTotalsOfMeans: a mean over wards of which one is hidden would tell of it.
func TestTotalsOfMeans(t *testing.T) {
	r := spells(t, [3]int{8, 3, 2}, [3]int{7, 10, 4}, [3]int{100, 2, 5})
	for _, profile := range []string{"hes", "opensafely"} {
		out, _, err := asks(t, r, profile, "ward", "people persons; stay mean of days; half median of days", "yes", "SELECT * FROM spells")
		last := out.Rows()[3]
		if err != nil || last[0] != "Total" || last[2] != out.record.Profile.Mark || last[3] != last[2] {
			t.Errorf("%s: %v %v", profile, err, last)
		}
	}
}

// TestOverlapTotals: whoever was in two wards is not counted twice.
func TestOverlapTotals(t *testing.T) {
	r := published(t, map[string]string{
		"population": "SELECT range AS person_id FROM range(100)",
		"spells":     "SELECT range AS person_id, 'A' AS ward FROM range(60) UNION ALL SELECT range, 'B' FROM range(30, 100)",
	})
	out, review, err := asks(t, r, "opensafely", "ward", "people persons; stays events", "yes", "SELECT * FROM spells")
	if want := "ward,people,stays\nA,60,60\nB,70,70\nTotal,[REDACTED],130\n"; err != nil || text(out) != want || !strings.Contains(fmt.Sprint(review.Findings), "several") {
		t.Errorf("%v\n%s%v", err, text(out), review.Findings)
	}
	if out, _, err = asks(t, r, "hes", "ward", "people persons; stays events", "yes", "SELECT * FROM spells"); err != nil || !strings.HasSuffix(text(out), "Total,100,130\n") {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestPercent: one decimal place only where the rounded denominator is at least
// 4,000 (HES), of rounded parts alone.
func TestPercent(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id, CASE WHEN range < 3997 THEN 'A' WHEN range < 7999 THEN 'B' ELSE 'C' END AS area, range % 3 = 0 OR range >= 7999 AS ill FROM range(8100)"})
	out, _, err := asks(t, r, "hes", "area", "ill_people persons of ill; people persons; share percent ill_people / people", "no", "SELECT * FROM population")
	want := "area,ill_people,people,share\nA,1335,3995,33\nB,1335,4000,33.4\nC,100,100,100\n"
	if err != nil || text(out) != want {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestRest: 40 of 42 tells of two who have it not.
func TestRest(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id, 'A' AS area, range >= 2 AS ill FROM range(42)"})
	out, _, err := asks(t, r, "hes", "area", "ill_people persons of ill; people persons; share percent ill_people / people", "no", "SELECT * FROM population")
	if err != nil || text(out) != "area,ill_people,people,share\nA,*,40,*\n" {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestWithin: a practice has its network, and no others; of a network alone
// there is a total, of a practice over networks there is none.
func TestWithin(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id, 'N' || (range // 100) AS pcn, 'P' || (range // 50) AS practice FROM range(200)"})
	out, _, err := asks(t, r, "opensafely", "pcn; practice within pcn", "people persons", "yes", "SELECT * FROM population")
	want := "pcn,practice,people\nN0,P0,50\nN0,P1,50\nN1,P2,50\nN1,P3,50\nN0,Total,100\nN1,Total,100\nTotal,Total,200\n"
	if err != nil || text(out) != want {
		t.Errorf("%v\n%s", err, text(out))
	}
	if _, _, err := asks(t, r, "opensafely", "practice; pcn within practice", "people persons", "yes", "SELECT person_id, pcn AS practice, practice AS pcn FROM population"); err != nil {
		t.Errorf("by other names: %v", err)
	}
	if _, _, err := asks(t, r, "opensafely", "practice; pcn within practice", "people persons", "yes", "SELECT * FROM population"); err == nil || !strings.Contains(err.Error(), "lies in two") {
		t.Errorf("a network lies in a practice: %v", err)
	}
}

// TestDominance holds the rules of SACRO as AI-SDC/ACRO computes them
// (acro/aggregationfunctions.py: the two largest more than 0.90 of the total;
// the others less than 0.10 of the largest).
func TestDominance(t *testing.T) {
	for _, c := range []struct {
		first, second, others int64 // the two largest, and how many have 1 each
		shown                 bool
	}{
		{45, 45, 10, true},     // 90 of 100: not more than 0.90; and the others have 10 of 45
		{46, 45, 10, false},    // 91 of 101
		{1, 1, 10, true},       // all alike
		{100, 1, 10, false},    // 101 of 111
		{100, 1, 20, true},     // 101 of 121, and the others 20 of 100
		{300, 1, 28, false},    // 301 of 329
		{1000, 1, 108, false},  // 1001 of 1109
		{1000, 100, 123, true}, // 1100 of 1223, and the others 123 of 1000
	} {
		p, err := Choose("sacro")
		f := figure{most: []int64{c.first, c.second, 1}, value: c.first + c.second + c.others}
		if err != nil || p.dominated(&f) == c.shown {
			t.Errorf("%+v: dominated is %v, error %v", c, p.dominated(&f), err)
		}
		p.Largest = share{} // the other rule alone
		if small := 10*c.others < c.first; p.dominated(&f) != small {
			t.Errorf("%+v: by the others' part dominated is %v", c, !small)
		}
	}
	r := published(t, map[string]string{"population": "SELECT range AS person_id, CASE WHEN range < 20 THEN 'A' ELSE 'B' END AS area, CASE WHEN range = 0 THEN 3000 ELSE 10.5 END AS cost FROM range(40)"})
	out, review, err := asks(t, r, "sacro", "area", "spend sum of cost; each mean of cost", "no", "SELECT * FROM population")
	if want := "area,spend,each\nA,*,*\nB,210,10.5\n"; err != nil || text(out) != want || !strings.Contains(fmt.Sprint(review.Findings), "dominance") {
		t.Errorf("%v\n%s%v", err, text(out), review.Findings)
	}
}

// TestSQLRefused: what is not a question about persons of this snapshot.
func TestSQLRefused(t *testing.T) {
	r := spells(t, [3]int{50, 2, 2})
	for name, c := range map[string][3]string{
		"made up persons":          {"people persons", "SELECT range AS person_id, 'A' AS ward FROM range(2000)", "population"},
		"persons without id":       {"people persons", "SELECT CASE WHEN days > 0 THEN NULL ELSE person_id END AS person_id, ward FROM spells", "population"},
		"two statements":           {"people persons", "SELECT person_id, ward FROM spells; SELECT 1", ""},
		"an explanation":           {"people persons", "EXPLAIN SELECT person_id, ward FROM spells", ""},
		"a file":                   {"people persons", "SELECT 1::BIGINT AS person_id, content AS ward FROM read_text('/etc/passwd')", "read_text"},
		"a way out of the frame":   {"people persons", "SELECT person_id, ward FROM spells) AS asked) AS plain --", ""},
		"no person":                {"people persons", "SELECT ward FROM spells", "person_id"},
		"a person as text":         {"people persons", "SELECT CAST(person_id AS VARCHAR) AS person_id, ward FROM spells", "person_id"},
		"no dimension":             {"people persons", "SELECT person_id FROM spells", "ward"},
		"a sum of text":            {"cost sum of word", "SELECT person_id, ward, 'x' AS word FROM spells", "word"},
		"events of fractions":      {"n events of part", "SELECT person_id, ward, 0.5 AS part FROM spells", "part"},
		"persons of a number":      {"n persons of days", "SELECT * FROM spells", "days"},
		"below 0, and made up for": {"cost sum of cost", "SELECT person_id, ward, cost FROM spells, (VALUES (-1), (5)) AS v(cost)", "below 0"},
		"a mean below 0":           {"cost mean of cost", "SELECT person_id, ward, cost FROM spells, (VALUES (-0.001), (5)) AS v(cost)", "below 0"},
		"two columns of a name":    {"cost sum of cost", "SELECT person_id, ward, 1 AS cost, 2 AS Cost FROM spells", "two columns"},
		"a value like Total":       {"people persons", "SELECT person_id, 'TOTAL' AS ward FROM spells", "Total"},
		"a value with blanks":      {"people persons", "SELECT person_id, ward || ' ' AS ward FROM spells", "blanks"},
		"a value with a formula":   {"people persons", "SELECT person_id, '=1+' || ward AS ward FROM spells", "spreadsheet"},
		"a record for a value":     {"people persons", "SELECT person_id, repeat(ward, 201) AS ward FROM spells", "longer than 200"},
		"below 0":                  {"cost sum of cost", "SELECT person_id, ward, -1 AS cost FROM spells", "below 0"},
		"too large":                {"cost sum of cost", "SELECT person_id, ward, 4e13 AS cost FROM spells", "too large"},
		"larger still":             {"cost sum of cost", "SELECT person_id, ward, 1e26 AS cost FROM spells", ""},
		"nobody":                   {"people persons", "SELECT * FROM spells WHERE days > 1000", "nobody"},
		"a value named Total":      {"people persons", "SELECT person_id, 'Total' AS ward FROM spells", "Total"},
		"an empty value":           {"people persons", "SELECT person_id, '' AS ward FROM spells", "empty"},
		"all are small":            {"people persons", "SELECT * FROM spells WHERE person_id < 3", "wider"},
	} {
		if out, _, err := asks(t, r, "", "ward", c[0], "no", c[1]); err == nil || !strings.Contains(err.Error(), c[2]) || out.WriteCSV(nil) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := asks(t, r, "", "ward", "people persons", "no", "SELECT * FROM spells WHERE person_id < 3"); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

// unsteady has chance in it that no word in the question tells of.
type unsteady struct{ *reader.Reader }

func (u unsteady) Query(ctx context.Context, sql string) (*reader.Result, error) {
	return u.Reader.Query(ctx, strings.ReplaceAll(sql, "chance.n", "random()"))
}

// TestUnsteady: a SELECT that has other rows each time.
func TestUnsteady(t *testing.T) {
	r := spells(t, [3]int{500, 2, 2})
	asks := func(t *testing.T, r *reader.Reader, profile, dimensions, measures, totals, sql string) (Released, Review, error) {
		in := asking(t, r, profile, dimensions, measures, totals, sql)
		in.Marts = unsteady{r}
		out, review, err := Control(context.Background(), in)
		t.Cleanup(func() { out.Close() })
		return out, review, err
	}
	for range 20 { // now and then a person is nobody, and was not when they were looked up
		sql := "SELECT CASE WHEN chance.n > 0.9995 THEN NULL ELSE person_id END AS person_id, ward FROM spells"
		if out, _, err := asks(t, r, "hes", "ward", "people persons", "no", sql); err == nil && strings.Contains(text(out), "*") {
			t.Error("a person who is nobody was counted")
		}
	}
	for _, c := range [][2]string{
		{"people persons", "SELECT * FROM spells WHERE chance.n < 0.5"},
		{"half median of days", "SELECT * FROM spells WHERE chance.n < 0.5"},
	} {
		for _, totals := range []string{"yes", "no"} {
			if _, _, err := asks(t, r, "hes", "ward", c[0], totals, c[1]); !errors.Is(err, errUnsteady) && !errors.Is(err, errOthers) && (totals == "yes" || c[0] != "people persons") { // now and then as many rows are drawn twice
				t.Errorf("%s, totals %s: %v", c[0], totals, err)
			}
		}
	}
}

// TestNames: an id in a dimension is refused, and so is what is made of a record and
// stands for a few people; other values that do are told of to those who decide.
func TestNames(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT 7000000000000000000 + range AS person_id, range AS n FROM range(60)"})
	for _, ward := range []string{"CAST(person_id AS VARCHAR)", "person_id", "'W' || person_id || '-1'", "CASE WHEN n = 0 THEN person_id END"} {
		if _, _, err := asks(t, r, "hes", "ward", "people persons", "no", "SELECT person_id, "+ward+" AS ward FROM population"); err == nil || !strings.Contains(err.Error(), "person_id in it") {
			t.Errorf("%s: %v", ward, err)
		}
	}
	for _, ward := range []string{"'rare ' || n", "md5(CAST(person_id AS VARCHAR))", "CAST(hash(person_id) AS VARCHAR)", "reverse(CAST(person_id AS VARCHAR))", "CAST(person_id + 1 AS VARCHAR)", "strftime(TIMESTAMP '2026-01-01 10:00:00' + to_minutes(CAST(7 + n AS INTEGER)), '%c')"} {
		_, _, err := asks(t, r, "hes", "ward", "people persons", "no", "SELECT person_id, CASE WHEN n < 3 THEN "+ward+" ELSE 'other' END AS ward FROM population")
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "3 values of ward") {
			t.Errorf("%s: %v", ward, err)
		}
	}
	out, review, err := asks(t, r, "hes", "ward", "people persons", "no", "SELECT person_id, CASE n WHEN 0 THEN 'it''s rare' WHEN 1 THEN 'rarer' WHEN 2 THEN '2' ELSE 'other' END AS ward FROM population")
	if err != nil || len(out.Rows()) != 4 || !strings.Contains(fmt.Sprint(review.Findings), "3 values of ward") {
		t.Errorf("%v %v", err, review.Findings)
	}
}

// TestUnknownValues: what is NULL has a name in the table.
func TestUnknownValues(t *testing.T) {
	out, _, err := asks(t, spells(t, [3]int{50, 1, 1}), "hes", "ward", "people persons", "no", "SELECT person_id, CASE WHEN person_id < 20 THEN ward END AS ward FROM spells")
	if err != nil || text(out) != "ward,people\n(not known),30\nA,20\n" {
		t.Errorf("%v\n%s", err, text(out))
	}
}

// TestInput: Control applies the rules of a profile as it is built in, or none.
func TestInput(t *testing.T) {
	r := published(t, areas(3, 40))
	in := input(t, r, "hes", flagged)
	for name, change := range map[string]func(*Input){
		"a weaker profile": func(in *Input) { in.Profile.Hide = 1 },
		"no profile":       func(in *Input) { in.Profile = Profile{} },
		"no register":      func(in *Input) { in.Folder = "" },
		"no digests":       func(in *Input) { in.Person = nil },
		"no domain":        func(in *Input) { in.Domain = "" },
	} {
		in := in
		change(&in)
		if out, _, err := Control(context.Background(), in); err == nil || out.WriteCSV(nil) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"none", "hes+none", "hes+", "+", "HES"} {
		if _, err := Choose(name); err == nil {
			t.Errorf("%q is a profile", name)
		}
	}
}

// TestDominatedTotal: a dominated sum cannot be computed from the total to
// within the profile's part of it.
func TestDominatedTotal(t *testing.T) {
	r := published(t, map[string]string{"population": `SELECT range AS person_id, CASE WHEN range < 20 THEN 'A' WHEN range < 40 THEN 'B' ELSE 'C' END AS area,
		CASE WHEN range = 0 THEN 3000 ELSE 100 END AS cost FROM range(80)`})
	out, _, err := asks(t, r, "sacro", "area", "spend sum of cost", "yes", "SELECT * FROM population")
	if want := "area,spend\nA,4900\nB,2000\nC,4000\nTotal,10900\n"; err != nil || text(out) != want { // 3100 of 4900: not dominated
		t.Errorf("%v\n%s", err, text(out))
	}
	out, _, err = asks(t, r, "sacro", "area", "spend sum of cost", "yes", "SELECT person_id, area, CASE WHEN person_id = 0 THEN 30000 ELSE cost END AS cost FROM population")
	if err != nil || text(out) != "area,spend\nA,*\nB,*\nC,*\nTotal,37900\n" {
		// A is 31900 and must not be known closer than by 3190: to hide B, of 2000, alone would not do
		t.Errorf("%v\n%s", err, text(out))
	}
}

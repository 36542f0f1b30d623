package anonymity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// open returns a connection as an extract has it: two threads, little memory.
func open(t testing.TB) *sql.Conn {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	run(t, conn, "SET threads = 2")
	run(t, conn, "SET memory_limit = '512MB'")
	return conn
}

func run(t testing.TB, conn *sql.Conn, query string) {
	t.Helper()
	if _, err := conn.ExecContext(context.Background(), query); err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
}

// answer returns the rows of a query as lines, in the query's order.
func answer(t testing.TB, conn *sql.Conn, query string) (out []string) {
	t.Helper()
	rows, err := conn.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, c := range cells {
			line = append(line, fmt.Sprint(c))
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// redacted is the levels of codes of n signs whose last signs are hidden one
// after the other, as ARX's hierarchies of postcodes are.
func redacted(codes []string) []Level {
	out := []Level{word("as-is")}
	for hide := 1; hide <= len(codes[0]); hide++ {
		out = append(out, pairs(codes, func(c string) string { return c[:len(c)-hide] + strings.Repeat("*", hide) }))
	}
	return out
}

func word(name string) Level {
	l, err := Named(name, func(string) map[string]string { return nil })
	if err != nil {
		panic(err)
	}
	return l
}

func pairs(values []string, to func(string) string) Level {
	l := Level{Name: "lookup:test.csv", Lookup: make(map[string]string)}
	for _, v := range values {
		l.Lookup[v] = to(v)
	}
	return l
}

// arx is the example that ARX is documented with (github.com/arx-deidentifier/arx,
// data/test.csv and its hierarchies), in its order of columns unless another is
// given, and what comes of it there (data/test_anonymized.csv,
// test/TestAnonymization.java, test/TestRiskMetrics.java).
func arx(t *testing.T) (Data, map[string]Quasi) {
	conn := open(t)
	run(t, conn, "CREATE TABLE example(person_id BIGINT, age VARCHAR, gender VARCHAR, zipcode VARCHAR)")
	run(t, conn, `INSERT INTO example VALUES (1, '34', 'male', '81667'), (2, '45', 'female', '81675'), (3, '66', 'male', '81925'),
		(4, '70', 'female', '81931'), (5, '34', 'female', '81931'), (6, '70', 'male', '81931'), (7, '45', 'male', '81931')`)
	ages := []string{"34", "45", "66", "70"}
	star := func(string) string { return "*" }
	return Data{Conn: conn, Person: "person_id", Cohort: "example", Tables: []Table{{Name: "example", Relation: "example"}}}, map[string]Quasi{
		"age": {"example", "age", []Level{word("as-is"), pairs(ages, func(a string) string {
			if a < "50" {
				return "<50"
			}
			return ">=50"
		}), pairs(ages, star)}},
		"gender":  {"example", "gender", []Level{word("as-is"), pairs([]string{"male", "female"}, star)}},
		"zipcode": {"example", "zipcode", redacted([]string{"81667", "81675", "81925", "81931"})},
	}
}

func TestARXAnonymises(t *testing.T) {
	for _, tc := range []struct {
		name      string
		k         int
		columns   []string
		sensitive []Sensitive
		want      string
	}{
		{"k 2", 2, []string{"age", "gender", "zipcode"}, nil, "<50 * 816**, <50 * 816**, >=50 * 819**, >=50 * 819**, <50 * 819**, >=50 * 819**, <50 * 819**"},
		{"k 3", 3, []string{"age", "gender", "zipcode"}, nil, "* male 81***, * female 81***, * male 81***, * female 81***, * female 81***, * male 81***, * male 81***"},
		{"distinct l 2", 1, []string{"zipcode", "gender"}, []Sensitive{{"example", "age", 2, false}}, "34 male 81***, 45 female 81***, 66 male 81***, 70 female 81***, 34 female 81***, 70 male 81***, 45 male 81***"},
		{"entropy l 2", 1, []string{"zipcode", "gender"}, []Sensitive{{"example", "age", 2, true}}, "34 male 81***, 45 female 81***, 66 male 81***, 70 female 81***, 34 female 81***, 70 male 81***, 45 male 81***"},
	} {
		d, quasi := arx(t)
		r := Rule{K: tc.k, Sensitive: tc.sensitive}
		for _, c := range tc.columns {
			r.Quasi = append(r.Quasi, quasi[c])
		}
		p, err := Choose(context.Background(), d, r)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		got := strings.Join(answer(t, d.Conn.(*sql.Conn), "SELECT age, gender, zipcode FROM ("+p.Select("example")+") ORDER BY person_id"), ", ")
		if got != tc.want {
			t.Errorf("%s: have %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

// TestARXHeightOne is ARX's testHierarchyWithHeightOne: where nothing can be
// coarsened, 2-anonymity has no solution.
func TestARXHeightOne(t *testing.T) {
	d, quasi := arx(t)
	r := Rule{K: 2}
	for _, c := range []string{"age", "gender", "zipcode"} {
		q := quasi[c]
		q.Levels = q.Levels[:1]
		r.Quasi = append(r.Quasi, q)
	}
	if _, err := Choose(context.Background(), d, r); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "7 of 7 persons") {
		t.Errorf("%v", err)
	}
}

// TestARXRisk is ARX's TestRiskMetrics: the highest and the average risk before
// and after 2-anonymity.
func TestARXRisk(t *testing.T) {
	d, quasi := arx(t)
	r := Rule{K: 2, Quasi: []Quasi{quasi["age"], quasi["gender"], quasi["zipcode"]}}
	before, err := Measure(context.Background(), d, r, nil)
	if err != nil || before.Highest() != 1 || before.Average() != 1 || before.Unique != 7 || before.Below != 7 {
		t.Errorf("before: %+v %v", before, err)
	}
	p, err := Choose(context.Background(), d, r)
	if after := p.Report.Remaining; err != nil || after.Highest() != 0.5 || after.Average() != 0.42857142857142855 || after.Unique != 0 {
		t.Errorf("after: %+v %v", after, err)
	}
}

// sdc is the example of the practice guide to sdcMicro (sdcpractice.readthedocs.io,
// Measuring Risk, tables 4.1 and 4.3).
func sdc(t *testing.T) (Data, Rule) {
	conn := open(t)
	run(t, conn, "CREATE TABLE example(person_id BIGINT, residence VARCHAR, gender VARCHAR, education VARCHAR, labour VARCHAR, health VARCHAR)")
	run(t, conn, `INSERT INTO example VALUES
		(1, 'U', 'F', 'SI', 'E', 'yes'), (2, 'U', 'F', 'SI', 'E', 'yes'), (3, 'U', 'F', 'PI', 'N', 'yes'), (4, 'U', 'M', 'SC', 'E', 'yes'), (5, 'R', 'F', 'SC', 'U', 'yes'),
		(6, 'U', 'M', 'SC', 'E', 'no'), (7, 'U', 'F', 'PC', 'N', 'no'), (8, 'U', 'M', 'PS', 'U', 'yes'), (9, 'U', 'F', 'SI', 'N', 'no'), (10, 'U', 'F', 'SI', 'N', 'yes')`)
	r := Rule{K: 2, Sensitive: []Sensitive{{"example", "health", 1, false}}}
	for _, c := range []string{"residence", "gender", "education", "labour"} {
		r.Quasi = append(r.Quasi, Quasi{"example", c, []Level{word("as-is")}})
	}
	return Data{Conn: conn, Person: "person_id", Cohort: "example", Tables: []Table{{Name: "example", Relation: "example"}}}, r
}

// TestSDCMicro holds the frequencies, the persons who violate 2- and 3-anonymity,
// the sample uniques and the distinct l-diversity that sdcMicro prints there.
func TestSDCMicro(t *testing.T) {
	d, r := sdc(t)
	for k, violate := range map[int]int64{2: 4, 3: 10} {
		r.K = k
		risk, err := Measure(context.Background(), d, r, nil)
		if err != nil || risk.Below != violate || risk.Classes != 7 || risk.Unique != 4 || risk.Smallest != 1 || !slices.Equal(risk.L, []int64{1}) {
			t.Errorf("k %d: %+v %v", k, risk, err)
		}
	}
	w := &work{ctx: context.Background(), Data: d, Rule: r}
	if err := w.build(); err != nil {
		t.Fatal(err)
	}
	members, names := w.members(w.views[0], make([]int, 4))
	query := "SELECT c.n, c.l0 FROM (" + w.classes(members, names) + ") c JOIN " + w.known + " p ON c.g0 = p.q0 AND c.g1 = p.q1 AND c.g2 = p.q2 AND c.g3 = p.q3 ORDER BY p.p"
	got := strings.Join(answer(t, d.Conn.(*sql.Conn), query), ", ")
	if want := "2 1, 2 1, 1 1, 2 2, 1 1, 2 2, 1 1, 1 1, 2 2, 2 2"; got != want {
		t.Errorf("fk and l: have %s, want %s", got, want)
	}
}

// TestSDCMicroMissing holds that an empty value is a value here, and stands for
// none that it could have been: the table 4.2 there has 2, 2 and 3.
func TestSDCMicroMissing(t *testing.T) {
	conn := open(t)
	run(t, conn, "CREATE TABLE example AS SELECT * FROM (VALUES (1, 'SC'), (2, 'SI'), (3, NULL)) x(person_id, education)")
	d := Data{Conn: conn, Person: "person_id", Cohort: "example", Tables: []Table{{Name: "example", Relation: "example"}}}
	risk, err := Measure(context.Background(), d, Rule{K: 2, Quasi: []Quasi{{"example", "education", []Level{word("as-is")}}}}, nil)
	if err != nil || risk.Unique != 3 || risk.Below != 3 {
		t.Errorf("%+v %v", risk, err)
	}
}

package anonymity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawn makes persons and their rows by chance, and puts them into the database.
func drawn(t *rapid.T, conn *sql.Conn) (Data, oracle) {
	exec := func(query string) {
		if _, err := conn.ExecContext(context.Background(), query); err != nil {
			t.Fatalf("%s\n%v", query, err)
		}
	}
	exec("CREATE OR REPLACE TABLE cohort(person_id BIGINT)")
	exec("CREATE OR REPLACE TABLE people(person_id BIGINT, area VARCHAR, sex VARCHAR, ill VARCHAR, number INTEGER)")
	exec("CREATE OR REPLACE TABLE events(person_id BIGINT, day VARCHAR, kind VARCHAR)")
	o := oracle{rows: make(map[string][]record), many: map[string]bool{"events": true}}
	some := func(name string, n int) *string {
		if v := rapid.IntRange(0, n).Draw(t, name); v > 0 {
			s := strconv.Itoa(v)
			return &s
		}
		return nil
	}
	put := func(table string, person int64, columns ...string) {
		r := record{person, make(map[string]*string)}
		line := []string{fmt.Sprint(person)}
		for _, c := range columns {
			v := some(c, map[string]int{"area": 4, "sex": 2, "ill": 3, "number": 9, "day": 4, "kind": 3}[c])
			r.cells[c] = v
			if line = append(line, "NULL"); v != nil {
				line[len(line)-1] = text(*v)
			}
		}
		o.rows[table] = append(o.rows[table], r)
		exec("INSERT INTO " + table + " VALUES (" + strings.Join(line, ", ") + ")")
	}
	for i := range int64(rapid.IntRange(1, 24).Draw(t, "persons")) {
		p := 100 + i
		o.persons = append(o.persons, p)
		exec(fmt.Sprintf("INSERT INTO cohort VALUES (%d)", p))
		if rapid.IntRange(0, 9).Draw(t, "known") > 0 {
			put("people", p, "area", "sex", "ill", "number")
		}
		for range rapid.IntRange(0, 2).Draw(t, "events") {
			put("events", p, "day", "kind")
		}
	}
	o.rule = ruled(t)
	return Data{Conn: conn, Person: "person_id", Cohort: "cohort", Tables: []Table{{Name: "people", Relation: "people"}, {Name: "events", Relation: "events", Many: true, Held: rapid.SampledFrom([]string{"", "(SELECT DISTINCT person_id, day, kind FROM events)"}).Draw(t, "held")}}}, o
}

func ruled(t *rapid.T) Rule {
	half := pairs([]string{"1", "2", "3", "4"}, func(v string) string { return string('a' + (v[0]-'1')/2) })
	r := Rule{K: rapid.IntRange(1, 4).Draw(t, "k"), AllRows: rapid.Bool().Draw(t, "all rows"), Suppression: rapid.SampledFrom([]float64{0, 0.1, 0.4, 0.9}).Draw(t, "suppression")}
	quasi := rapid.Permutation([]Quasi{
		{"people", "area", []Level{word("as-is"), half, word("all")}},
		{"people", "sex", []Level{word("as-is"), word("all")}},
		{"events", "day", []Level{word("as-is"), half, word("all")}},
	}).Draw(t, "order")
	r.Quasi = quasi[:rapid.IntRange(1, 3).Draw(t, "quasi-identifiers")]
	for _, s := range []Sensitive{{Table: "people", Column: "ill"}, {Table: "events", Column: "kind"}} {
		if s.L = rapid.IntRange(0, 3).Draw(t, "l"); s.L > 0 {
			s.Entropy = rapid.Bool().Draw(t, "entropy")
			r.Sensitive = append(r.Sensitive, s)
		}
	}
	return r
}

// TestAgainstOracle holds that the database counts what a plain count counts, at
// any levels; that of all levels the least is chosen; and that what leaves is not
// below k or l by the plain count, has no more taken from it than is allowed, and
// nothing that was not there.
func TestAgainstOracle(t *testing.T) {
	conn := open(t)
	rapid.Check(t, func(t *rapid.T) {
		d, o := drawn(t, conn)
		levels := make([]int, len(o.rule.Quasi))
		for i, q := range o.rule.Quasi {
			levels[i] = rapid.IntRange(0, len(q.Levels)-1).Draw(t, "level")
		}
		if r, err := Measure(context.Background(), d, o.rule, levels); err != nil || r.Below != o.below(levels) || r.Persons != int64(len(o.persons)) {
			t.Fatalf("at %v: %+v %v, want %d below", levels, r, err, o.below(levels))
		}
		want := o.choice()
		p, err := Choose(context.Background(), d, o.rule)
		switch {
		case errors.Is(err, ErrRefused):
			if want != nil && (o.rule.Suppression == 0 || !strings.Contains(err.Error(), "to empty small classes would take")) {
				t.Fatalf("refused, but %v does: %v", want, err)
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		if !slices.Equal(p.levels, want) {
			t.Fatalf("chose %v, want %v", p.levels, want)
		}
		leaves(t, conn, p, o)
	})
}

// leaves holds what leaves against the plain count.
func leaves(t *rapid.T, conn *sql.Conn, p Plan, o oracle) {
	out := oracle{rows: make(map[string][]record), many: o.many, rule: p.asIs()}
	out.persons = read(t, conn, p.Persons(), nil).persons
	for table, columns := range map[string][]string{"people": {"area", "sex", "ill", "number"}, "events": {"day", "kind"}} {
		out.rows[table] = read(t, conn, p.Select(table), columns).rows[""]
	}
	if n := out.below(make([]int, len(o.rule.Quasi))); n != 0 {
		t.Fatalf("%d persons are below k or l in what leaves", n)
	}
	most := int64(o.rule.Suppression * float64(len(o.persons)))
	if p.Report.Affected > most || p.Report.LeftOut != int64(len(o.persons)-len(out.persons)) || p.Report.Remaining.Below != 0 {
		t.Fatalf("%+v, of %d persons %d left, at most %d", p.Report, len(o.persons), len(out.persons), most)
	}
	touched := make(map[int64]bool)
	for _, person := range o.persons {
		stays := slices.Contains(out.persons, person)
		for _, table := range []string{"people", "events"} {
			have, want := o.lines(out.of(table, person), nil, nil), o.lines(o.of(table, person), &p, o.rule.Quasi)
			if !stays && len(have) > 0 {
				t.Fatalf("%d is left out, but has rows in %s", person, table)
			}
			if !slices.Equal(have, want) {
				touched[person] = true
			}
		}
		if !stays {
			touched[person] = true
		}
	}
	if int64(len(touched)) > p.Report.Affected {
		t.Fatalf("%d persons have other rows, the report says %d", len(touched), p.Report.Affected)
	}
}

// lines is rows as text, in an order of their own; at a plan's levels where there
// is one.
func (o oracle) lines(rows []record, p *Plan, quasi []Quasi) (out []string) {
	for _, r := range rows {
		var line []string
		for _, c := range []string{"area", "sex", "ill", "number", "day", "kind"} {
			v, ok := r.cells[c]
			if !ok {
				continue
			}
			for i, q := range quasi {
				if q.Column == c {
					v = at(q, p.levels[i], v)
				}
			}
			line = append(line, shown(v))
		}
		out = append(out, strings.Join(line, " "))
	}
	slices.Sort(out)
	return out
}

// read reads the rows of a query: the person and the given columns.
func read(t *rapid.T, conn *sql.Conn, query string, columns []string) oracle {
	o := oracle{rows: make(map[string][]record)}
	cast := []string{"person_id"}
	for _, c := range columns {
		cast = append(cast, "CAST("+c+" AS VARCHAR)")
	}
	rows, err := conn.QueryContext(context.Background(), "SELECT "+list(cast)+" FROM ("+query+")")
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		r := record{cells: make(map[string]*string)}
		into, cells := []any{&r.person}, make([]*string, len(columns))
		for i := range cells {
			into = append(into, &cells[i])
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			r.cells[c] = cells[i]
		}
		o.persons, o.rows[""] = append(o.persons, r.person), append(o.rows[""], r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return o
}

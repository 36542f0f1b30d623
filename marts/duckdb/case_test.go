package duckdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/catalogue"
)

// TestCases runs every case of the catalogue through the engine.
func TestCases(t *testing.T) {
	cases, err := catalogue.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Mart, func(t *testing.T) {
			e := testEngine(t)
			given(t, e, c)
			m := findMart(t, c.Mart)
			if _, err := e.mart(context.Background(), m, t.TempDir()); err != nil {
				t.Fatal(err)
			}
			if got, want := tableOf(t, e, c), render(c.Want.Columns, c.Want.Rows); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// TestChecksFind holds that every check of every mart finds what it is there
// to find: a row that its case calls broken.
func TestChecksFind(t *testing.T) {
	cases, err := catalogue.Cases()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, c := range cases {
		e, m := testEngine(t), findMart(t, c.Mart)
		given(t, e, c)
		for _, l := range m.Codelists {
			if err := e.codelist(context.Background(), l); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range c.Broken.Rows {
			one := catalogue.Table{Columns: c.Broken.Columns[1:], Rows: [][]string{row[1:]}}
			if err := e.exec(context.Background(), "CREATE OR REPLACE TABLE "+m.Name+" AS "+literal(t, m.Name, m.Columns, one)); err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(m.Checks, func(k catalogue.Check) bool { return k.Name == row[0] })
			if i < 0 {
				t.Fatalf("%s has no check %q", m.Name, row[0])
			}
			if n, err := e.number(context.Background(), "SELECT count(*) FROM ("+m.Checks[i].SQL+")"); err != nil || n == 0 {
				t.Errorf("%s: %q does not find %v, error %v", m.Name, row[0], row[1:], err)
			}
			found[m.Name+row[0]] = true
		}
	}
	for _, m := range allMarts(t) {
		for _, k := range m.Checks {
			if !found[m.Name+k.Name] {
				t.Errorf("%s: no row of its case is broken for %q", m.Name, k.Name)
			}
		}
	}
}

func findMart(t *testing.T, name string) catalogue.Mart {
	t.Helper()
	marts, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(marts, func(m catalogue.Mart) bool { return m.Name == name })
	if i < 0 {
		t.Fatalf("there is no mart %s", name)
	}
	return marts[i]
}

// defaults stands for what a case leaves out.
var defaults = map[string]string{
	"feed": "'gp'", "recorder": "'professional'", "part": "0", "record_key": "1000000 + row_number() OVER ()", "deceased": "false",
	"span": "'day'", "vendor": "'garmin'", "kind": "'other'",
}

// given makes the tables of a case: those that the mart reads, with what the
// case gives of them. A table may be an input or another mart.
func given(t *testing.T, e *engine, c catalogue.Case) {
	t.Helper()
	ctx := context.Background()
	asOf, err := time.Parse(time.DateOnly, c.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.reference(ctx, nil), e.begin(ctx, world{schema: "main", asOf: asOf})); err != nil {
		t.Fatal(err)
	}
	inputs, err := catalogue.Inputs()
	if err != nil {
		t.Fatal(err)
	}
	tables := make(map[string][]catalogue.Column)
	for _, in := range inputs {
		tables[in.Name] = in.Columns
	}
	marts, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marts {
		if m.Name != c.Mart {
			tables[m.Name] = m.Columns
		}
	}
	for name, cols := range tables {
		if name == "run" || name == "calendar" {
			continue
		}
		i := slices.IndexFunc(c.Given, func(g catalogue.Table) bool { return g.Name == name })
		g := catalogue.Table{Columns: []string{"none"}}
		if i >= 0 {
			g = c.Given[i]
		}
		if err := e.exec(ctx, "CREATE OR REPLACE TABLE "+name+" AS "+literal(t, name, cols, g)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, g := range c.Given {
		if tables[g.Name] == nil {
			t.Fatalf("%s is neither an input nor a mart", g.Name)
		}
	}
	for _, m := range marts { // those that it reads and the case does not give are built
		if slices.Contains(findMart(t, c.Mart).Reads, m.Name) && !slices.ContainsFunc(c.Given, func(g catalogue.Table) bool { return g.Name == m.Name }) {
			if err := e.exec(ctx, "DROP TABLE "+m.Name); err != nil {
				t.Fatal(err)
			}
			if _, err := e.mart(ctx, m, t.TempDir()); err != nil {
				t.Fatalf("%s: %v", m.Name, err)
			}
		}
	}
}

// literal writes a given table as a query with all the columns it should have.
func literal(t *testing.T, name string, cols []catalogue.Column, g catalogue.Table) string {
	t.Helper()
	var items []string
	for _, c := range cols {
		x := "NULL"
		if d, ok := defaults[c.Name]; ok {
			x = d
		}
		if slices.Contains(g.Columns, c.Name) {
			x = `g."` + c.Name + `"`
		}
		items = append(items, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, x, c.Type, c.Name))
	}
	for _, have := range g.Columns {
		if have != "none" && !slices.ContainsFunc(cols, func(c catalogue.Column) bool { return c.Name == have }) {
			t.Fatalf("%s has no column %s", name, have)
		}
	}
	rows := []string{"(" + strings.Repeat(", NULL", len(g.Columns))[2:] + ")"}
	for _, r := range g.Rows {
		var cells []string
		for _, cell := range r {
			if cell == "-" {
				cells = append(cells, "NULL")
			} else {
				cells = append(cells, text(cell))
			}
		}
		rows = append(rows, "("+strings.Join(cells, ", ")+")")
	}
	return fmt.Sprintf("SELECT %s FROM (VALUES %s) g(\"%s\") OFFSET 1", strings.Join(items, ", "), strings.Join(rows, ", "), strings.Join(g.Columns, `", "`))
}

// tableOf reads the columns that a case wants of its mart.
func tableOf(t *testing.T, e *engine, c catalogue.Case) string {
	t.Helper()
	var items []string
	for _, name := range c.Want.Columns {
		items = append(items, "coalesce(CAST("+name+" AS VARCHAR), '-')")
	}
	var rows [][]string
	err := e.each(context.Background(), "SELECT ["+strings.Join(items, ", ")+"] FROM "+c.Mart, func(scan func(...any) error) error {
		var cells []any
		err := scan(&cells)
		row := make([]string, len(cells))
		for i, x := range cells {
			row[i] = fmt.Sprint(x)
		}
		rows = append(rows, row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return render(c.Want.Columns, rows)
}

func render(columns []string, rows [][]string) string {
	var b strings.Builder
	for _, r := range append([][]string{columns}, rows...) {
		b.WriteString(strings.Join(r, " | ") + "\n")
	}
	return b.String()
}

package cut

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Table is what is taken of one mart.
type Table struct {
	Name    string   // of the mart, and of the view that shows it
	File    string   // Parquet
	Columns []Column // besides person_id
	Period  Period
	Shift   int // by how many days dates are moved at most; 0 where they are not
}

// Column is one column of a table.
type Column struct {
	Name, Type string
	Coarse     func(value string) string // writes SQL that makes a value coarser; nil where it is as it is
}

// Period is the days of which rows are taken.
type Period struct {
	Column string    // a date or time of the mart; empty where rows are of no day
	From   time.Time // the first day; zero for all before
	Until  time.Time // the first day after it
}

// Show makes a view of a table, by its name: the rows of the persons, of the days
// of the period, with the persons' places as person_id, every date moved, and what is
// to be coarser coarser.
//
// Where dates are moved, a row is taken only if its day is in the period both
// before and after, and as far from its ends as anybody's days can be moved. So
// the first and the last days that are seen are the same for everybody, and say
// nothing of by how much someone's were moved.
func (c *Cut) Show(ctx context.Context, t Table) error {
	columns := []string{"p.place AS person_id"}
	for _, col := range t.Columns {
		columns = append(columns, t.shown(col))
	}
	_, err := c.conn.ExecContext(ctx, fmt.Sprintf("CREATE VIEW %s AS SELECT %s FROM %s WHERE %s", quote(t.Name, '"'), strings.Join(columns, ", "), t.rows(), t.within()))
	return err
}

// shown is a column as it is shown, in SQL.
func (t Table) shown(col Column) string {
	value := t.moved("t."+quote(col.Name, '"'), col.Type)
	if col.Coarse != nil {
		value = col.Coarse("(" + value + ")")
	}
	return value + " AS " + quote(col.Name, '"')
}

// rows is the rows of the persons, of any day.
func (t Table) rows() string {
	return "read_parquet(" + quote(t.File, '\'') + ") t JOIN main.person p ON p.base = t.person_id"
}

// moved is a value with the dates of the person moved.
func (t Table) moved(value, kind string) string {
	switch {
	case t.Shift == 0:
		return value
	case kind == "DATE":
		return value + " + p.shift"
	case kind == "TIMESTAMP":
		return value + " + to_days(p.shift)"
	}
	return value
}

// within is true of a row that is taken.
func (t Table) within() string {
	if t.Period.Column == "" {
		return "true"
	}
	return t.inside("after") // and before as well: nobody's days are moved further than the margin is wide
}

// inside is true of a row whose day is in the period, before it is moved, or after.
func (t Table) inside(when string) string {
	day, margin := "CAST(t."+quote(t.Period.Column, '"')+" AS DATE)", 0
	if when == "after" {
		day, margin = t.moved(day, "DATE"), t.Shift
	}
	var out []string // none is true of a row without a day
	if !t.Period.From.IsZero() {
		out = append(out, fmt.Sprintf("%s >= DATE '%s'", day, t.Period.From.AddDate(0, 0, margin).Format(time.DateOnly)))
	}
	if !t.Period.Until.IsZero() {
		out = append(out, fmt.Sprintf("%s < DATE '%s'", day, t.Period.Until.AddDate(0, 0, -margin).Format(time.DateOnly)))
	}
	if len(out) == 0 {
		return day + " IS NOT NULL"
	}
	return strings.Join(out, " AND ")
}

// Count is how many rows there are, and why some are not taken.
type Count struct {
	Persons int64 // rows of the persons
	Outside int64 // of these: of a day outside of the period, or of none
	Edge    int64 // of these: too near to an end of the period to be moved
}

// Count counts the rows of the persons in a table.
func (c *Cut) Count(ctx context.Context, t Table) (Count, error) {
	return c.counted(ctx, "SELECT "+t.counts()+" FROM "+t.rows())
}

// Hold does the same, and keeps of each person each value that some columns have in the
// rows that are taken, all of them together, once. It returns that as a relation.
func (c *Cut) Hold(ctx context.Context, t Table, columns []string) (n Count, held string, err error) {
	values := []string{"p.place AS person_id"}
	for _, col := range t.Columns {
		if slices.Contains(columns, col.Name) {
			values = append(values, t.shown(col))
		}
	}
	name := quote("held of "+t.Name, '"')
	query := fmt.Sprintf("CREATE TEMP TABLE %s AS SELECT %s, %s FROM %s GROUP BY ALL", name, strings.Join(values, ", "), t.counts(), t.rows())
	if _, err := c.conn.ExecContext(ctx, query); err != nil {
		return n, "", err
	}
	n, err = c.counted(ctx, `SELECT COALESCE(sum("rows in all"), 0), COALESCE(sum("rows inside"), 0), COALESCE(sum("rows taken"), 0) FROM `+name)
	return n, "(SELECT * FROM " + name + ` WHERE "rows taken" > 0)`, err
}

// counts is how many rows there are: all, those of a day in the period, and those that
// are taken. Nobody's days are moved out of the period who is inside after.
func (t Table) counts() string {
	inside, taken := "", ""
	if t.Period.Column != "" {
		inside, taken = " FILTER ("+t.inside("before")+")", " FILTER ("+t.inside("after")+")"
	}
	return fmt.Sprintf(`count(*) AS "rows in all", count(*)%s AS "rows inside", count(*)%s AS "rows taken"`, inside, taken)
}

func (c *Cut) counted(ctx context.Context, query string) (n Count, err error) {
	var inside, taken int64
	err = c.conn.QueryRowContext(ctx, query).Scan(&n.Persons, &inside, &taken)
	n.Outside, n.Edge = n.Persons-inside, inside-taken
	return n, err
}

// order is in which order rows are written: by the numbers that the persons are to
// have, and then by what is written alone, so that it says nothing of the order in
// which they lie in the mart. unique is columns by which no two rows of a view are
// alike, or nil.
func order(columns, unique []string) string {
	by := columns
	if unique != nil && !slices.ContainsFunc(unique, func(u string) bool { return !slices.Contains(columns, u) }) {
		by = unique
	}
	out := []string{"p.place"}
	for _, c := range by {
		if c != "person_id" {
			out = append(out, "r."+quote(c, '"')+" NULLS LAST")
		}
	}
	return strings.Join(out, ", ")
}

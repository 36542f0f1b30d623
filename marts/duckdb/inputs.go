package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/practice"
)

// oldest is the age from which the month of birth is not shown and the year is
// capped, as package deid does when a person crosses. Here it is done again,
// for who has come to that age since: the marts may be of a later day than the
// stage. Of somebody born in this month it is not known whether the day has
// come; they are taken to be of that age.
const oldest = 90

// capped writes a column of a person, given the value that is staged.
func capped(name, value string, asOf time.Time) string {
	old := fmt.Sprintf("t.birth_year <> 0 AND %d - t.birth_year - CASE WHEN coalesce(t.birth_month, 0) > %d THEN 1 ELSE 0 END >= %d",
		asOf.Year(), asOf.Month(), oldest)
	switch name {
	case "birth_year":
		return fmt.Sprintf("CASE WHEN %s THEN %d ELSE %s END", old, asOf.Year()-oldest, value)
	case "birth_month":
		return fmt.Sprintf("CASE WHEN %s THEN NULL ELSE %s END", old, value)
	}
	return value
}

// known writes a column of the stage so that what is not known is null: the
// stage has a zero, an empty text or a NaN there, and no nulls.
func known(name, kind string) string {
	x := `t."` + name + `"`
	switch {
	case kind == "DOUBLE":
		return fmt.Sprintf("CASE WHEN isfinite(%s) THEN %[1]s END", x)
	case kind == "TIMESTAMP":
		return "NULLIF(" + x + ", TIMESTAMP '1970-01-01')"
	case kind == "VARCHAR":
		return "NULLIF(" + x + ", '')"
	case kind == "BOOLEAN", name == "part", name == "record_key":
		return x
	}
	return "NULLIF(" + x + ", 0)"
}

// reference makes the table of practices.
func (e *engine) reference(ctx context.Context, list []practice.Practice) error {
	if err := e.exec(ctx, `CREATE TABLE main.practice (practice VARCHAR, name VARCHAR, pcn VARCHAR, pcn_name VARCHAR, icb VARCHAR, valid_from DATE, valid_to DATE)`); err != nil {
		return err
	}
	return e.insert("practice", len(list), func(i int) []driver.Value {
		p := list[i]
		return []driver.Value{null(p.Code), null(p.Name), null(p.PCN), null(p.PCNName), null(p.ICB), null(p.From), null(p.To)}
	})
}

// null returns v, or null for nothing.
func null[T comparable](v T) driver.Value {
	var nothing T
	if v == nothing {
		return nil
	}
	return v
}

// codelists makes the tables of text that a mart brings along; forget drops
// them again, since another mart may have one of the same name.
func (e *engine) codelists(ctx context.Context, m catalogue.Mart) error {
	for _, l := range m.Codelists {
		if err := e.codelist(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	return nil
}

func (e *engine) forget(ctx context.Context, m catalogue.Mart) error {
	for _, l := range m.Codelists {
		if err := e.exec(ctx, "DROP TABLE "+l.Name); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) codelist(ctx context.Context, l catalogue.Codelist) error {
	query := "CREATE TABLE " + l.Name + " (" + strings.Join(l.Columns, " VARCHAR, ") + " VARCHAR)"
	if err := e.exec(ctx, query); err != nil {
		return err
	}
	return e.insert(l.Name, len(l.Rows), func(i int) []driver.Value {
		row := make([]driver.Value, len(l.Columns))
		for j, c := range l.Rows[i] {
			row[j] = null(c)
		}
		return row
	})
}

package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/practice"
	"secondaryuse/pipeline/stage/seal"
)

// stage shows the datasets of a sealed run to the marts: person ids in the
// marts' domain, numbers that are none as null, nobody's birth closer than
// their age on the day of the marts allows, and an empty table for a dataset
// that the run does not have.
func (e *engine) stage(ctx context.Context, src Source, asOf time.Time) error {
	inputs, err := catalogue.Inputs()
	if err != nil {
		return err
	}
	files := make(map[string][]string)
	for _, p := range src.Manifest.Parts {
		files[p.Dataset] = append(files[p.Dataset], p.File)
	}
	dir := seal.Dir(src.Stage, src.Manifest.Run)
	var persons []string
	for _, in := range inputs {
		if in.Staged() && files[in.Name] != nil {
			persons = append(persons, "SELECT person_id FROM "+parquet(dir, files[in.Name], ""))
		}
	}
	if err := e.persons(ctx, strings.Join(persons, " UNION ALL "), src); err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	for _, in := range inputs {
		if !in.Staged() {
			continue
		}
		query := "CREATE TABLE " + in.Name + columns(in)
		if f := files[in.Name]; f != nil {
			query = view(in, parquet(dir, f, ""), asOf)
		}
		if err := e.exec(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	return nil
}

// persons makes the table (base, id) of every person of the run.
func (e *engine) persons(ctx context.Context, query string, src Source) error {
	if err := e.exec(ctx, "CREATE TABLE persons (base BIGINT, id BIGINT)"); err != nil || query == "" {
		return err
	}
	var base []int64
	err := e.each(ctx, "SELECT DISTINCT person_id FROM ("+query+")", func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		base = append(base, id)
		return err
	})
	if err != nil {
		return err
	}
	ids, err := src.Key.Map(base)
	if err != nil {
		return err
	}
	return e.insert("persons", len(base), func(i int) []driver.Value { return []driver.Value{base[i], ids[i]} })
}

// view writes the view of one dataset.
func view(in catalogue.Input, from string, asOf time.Time) string {
	var cols []string
	for _, c := range in.Columns[1:] {
		value := known(c.Name, c.Type)
		if in.Name == "person" {
			value = capped(c.Name, value, asOf)
		}
		cols = append(cols, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, value, c.Type, c.Name))
	}
	return fmt.Sprintf("CREATE VIEW %s AS SELECT p.id AS person_id, %s FROM %s t JOIN persons p ON p.base = t.person_id",
		in.Name, strings.Join(cols, ", "), from)
}

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

func columns(in catalogue.Input) string {
	var cols []string
	for _, c := range in.Columns {
		cols = append(cols, `"`+c.Name+`" `+c.Type)
	}
	return " (" + strings.Join(cols, ", ") + ")"
}

// reference adds the tables that are not about persons: run, calendar and
// practice.
func (e *engine) reference(ctx context.Context, asOf time.Time, list []practice.Practice) error {
	inputs, err := catalogue.Inputs()
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if !in.Staged() {
			if err := e.exec(ctx, "CREATE TABLE "+in.Name+columns(in)); err != nil {
				return err
			}
		}
	}
	for _, query := range []string{
		"INSERT INTO run VALUES (DATE " + text(asOf.Format(time.DateOnly)) + ")",
		"INSERT INTO calendar SELECT CAST(d AS DATE), CAST(date_trunc('month', d) AS DATE) FROM run, range(TIMESTAMP '1990-01-01', as_of + INTERVAL 1 DAY, INTERVAL 1 DAY) t(d)",
	} {
		if err := e.exec(ctx, query); err != nil {
			return err
		}
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

// codelist makes a table of text.
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

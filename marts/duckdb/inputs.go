package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/stage/seal"
)

// stage shows the datasets of a sealed run to the marts: person ids in the
// marts' domain, numbers that are none as null, and an empty table for a
// dataset that the run does not have.
func (e *engine) stage(ctx context.Context, src Source) error {
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
			query = view(in, parquet(dir, f, ""))
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
func view(in catalogue.Input, from string) string {
	var cols []string
	for _, c := range in.Columns[1:] {
		cols = append(cols, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, known(c.Name, c.Type), c.Type, c.Name))
	}
	return fmt.Sprintf("CREATE VIEW %s AS SELECT p.id AS person_id, %s FROM %s t JOIN persons p ON p.base = t.person_id",
		in.Name, strings.Join(cols, ", "), from)
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
func (e *engine) reference(ctx context.Context, asOf, practices string) error {
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		return fmt.Errorf("manifest: as_of is not a day")
	}
	list, err := readPractices(practices)
	if err != nil {
		return fmt.Errorf("practices: %w", err)
	}
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
		"INSERT INTO run VALUES (DATE " + text(day.Format(time.DateOnly)) + ")",
		"INSERT INTO calendar SELECT CAST(d AS DATE), CAST(date_trunc('month', d) AS DATE) FROM run, range(TIMESTAMP '1990-01-01', as_of + INTERVAL 1 DAY, INTERVAL 1 DAY) t(d)",
	} {
		if err := e.exec(ctx, query); err != nil {
			return err
		}
	}
	return e.insert("practice", len(list), func(i int) []driver.Value { return list[i] })
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
			if c != "" {
				row[j] = c
			}
		}
		return row
	})
}

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrHolds says that a file of views holds rows of its own.
var ErrHolds = errors.New("it holds tables, not views alone")

// ViewsAlone returns nil where the database at path, which is opened read-only,
// holds views and nothing that has rows, so that all that can be read through it
// lies in the files that its views name. It returns their texts, with what they
// and their columns are said to be.
func ViewsAlone(ctx context.Context, path string, lim Limits) (texts []string, err error) {
	e, err := open(ctx, lim)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.exec(ctx, "ATTACH "+text(path)+" AS proved (READ_ONLY)"); err != nil {
		return nil, fmt.Errorf("%s: it cannot be opened", Database)
	}
	n, err := e.number(ctx, `SELECT (SELECT count(*) FROM duckdb_tables() WHERE database_name = 'proved')
		+ (SELECT count(*) FROM duckdb_sequences() WHERE database_name = 'proved')`)
	if err == nil && n > 0 {
		err = ErrHolds
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Database, err)
	}
	err = e.each(ctx, `SELECT coalesce(sql, '') || coalesce(comment, '') FROM duckdb_views() WHERE database_name = 'proved' AND NOT internal
		UNION ALL SELECT coalesce(comment, '') FROM duckdb_columns() WHERE database_name = 'proved' AND NOT internal`, func(scan func(...any) error) error {
		var t string
		err := scan(&t)
		texts = append(texts, t)
		return err
	})
	return texts, err
}

// Texts yields every value of every table of a database, as text, with the table and
// the column, and then what ViewsAlone returns of its views: whatever the file holds.
// The file is opened read-only.
func Texts(ctx context.Context, path string, lim Limits, yield func(table, column, value string)) (err error) {
	e, err := open(ctx, lim)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.exec(ctx, "ATTACH "+text(path)+" AS proved (READ_ONLY)"); err != nil {
		return errors.New("it cannot be opened")
	}
	type column struct{ schema, table, name string }
	var all []column
	err = e.each(ctx, `SELECT c.schema_name, c.table_name, c.column_name FROM duckdb_columns() c JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
		WHERE c.database_name = 'proved' AND NOT c.internal`, func(scan func(...any) error) error {
		var c column
		err := scan(&c.schema, &c.table, &c.name)
		all = append(all, c)
		return err
	})
	for _, c := range all {
		if err == nil {
			yield(c.table, c.name, c.table+"\n"+c.name)
			err = e.each(ctx, fmt.Sprintf("SELECT coalesce(CAST(%s AS VARCHAR), '') FROM proved.%s.%s", name(c.name), name(c.schema), name(c.table)), func(scan func(...any) error) error {
				var v string
				err := scan(&v)
				yield(c.table, c.name, v)
				return err
			})
		}
	}
	if err != nil {
		return errors.New("a table of it cannot be read")
	}
	return e.each(ctx, `SELECT view_name, coalesce(sql, '') || coalesce(comment, '') FROM duckdb_views() WHERE database_name = 'proved' AND NOT internal
		UNION ALL SELECT table_name, coalesce(comment, '') FROM duckdb_columns() WHERE database_name = 'proved' AND NOT internal`, func(scan func(...any) error) error {
		var view, t string
		err := scan(&view, &t)
		yield(view, "its text", t)
		return err
	})
}

// name is a name as SQL has it.
func name(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

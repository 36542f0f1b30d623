package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Values yields every value of every table of a SQLite database, the ledger or any
// other, with the table and the column: what a reader would be shown. The database
// is opened read-only. What was deleted and still lies in its pages is not shown.
func Values(ctx context.Context, path string, yield func(table, column string, value any)) error {
	db, err := readOnly(path)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view')")
	if err != nil {
		return errors.New("it cannot be opened")
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		yield("its schema", "text", text)
		tables = append(tables, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, t := range tables {
		if err := valuesOf(ctx, db, t, yield); err != nil {
			return errors.New("a table of it cannot be read")
		}
	}
	return nil
}

// readOnly opens a database to be read.
func readOnly(path string) (*sql.DB, error) {
	dsn := "file:" + path + "?mode=ro&_pragma=busy_timeout(10000)"
	if _, err := os.Stat(path + "-wal"); err != nil {
		dsn += "&immutable=1" // or files would be left beside it
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return db, nil
}

func valuesOf(ctx context.Context, db *sql.DB, table string, yield func(table, column string, value any)) error {
	rows, err := db.QueryContext(ctx, `SELECT * FROM "`+strings.ReplaceAll(table, `"`, `""`)+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			yield(table, columns[i], v)
		}
	}
	return rows.Err()
}

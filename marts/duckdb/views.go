package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	duck "github.com/duckdb/duckdb-go/v2"

	"secondaryuse/marts/catalogue"
)

// Database is the file of views that lies beside the marts of a snapshot.
const Database = "marts.duckdb"

// Views writes a database of one view a mart to dir, each with what the
// contract says of it and of its columns. The views read the Parquet files in
// folder, which must exist by that name, by absolute path, so that any DuckDB
// client can open the database, read-only, from anywhere. The file is durable
// on return.
func Views(ctx context.Context, dir, folder string, marts []catalogue.Mart) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, Database)
	connector, err := duck.NewConnector(path+"?threads=1", nil) // several would wait for one another more than they do
	if err != nil {
		return fmt.Errorf("%s: %w", Database, err)
	}
	db := sql.OpenDB(connector)
	err = views(ctx, db, folder, marts)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("%s: %w", Database, err)
	}
	_, _, err = durable(path)
	return err
}

// views makes all views in one transaction: each would be waited for to be on
// the disk otherwise.
func views(ctx context.Context, db *sql.DB, folder string, marts []catalogue.Mart) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing once committed
	for _, m := range marts {
		queries := []string{
			fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_parquet(%s)", m.Name, text(filepath.Join(folder, m.Name+".parquet"))),
			fmt.Sprintf("COMMENT ON VIEW %s IS %s", m.Name, text(m.What)),
		}
		for _, c := range m.Columns {
			queries = append(queries, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", m.Name, c.Name, text(c.Meaning)))
		}
		for _, q := range queries {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CHECKPOINT")
	return err
}

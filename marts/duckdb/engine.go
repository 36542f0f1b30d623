// Package duckdb is the engine that stands between the stage and the marts:
// it settles a run's rows, builds the marts of the catalogue and writes the
// views that any DuckDB client opens. It and the folders below it are the only
// ones that link DuckDB, and with it C.
package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"
)

// Limits is how much an engine may take.
type Limits struct {
	Memory  string // as DuckDB writes it: "8GB", the default
	Threads int    // default: one a core
	Temp    string // a folder for what does not fit in memory; emptied at the end
}

// engine is one connection to a database in memory.
type engine struct {
	db   *sql.DB
	conn *sql.Conn
	temp string

	threads int
}

// open starts an engine that loads no extension and spills into lim.Temp.
func open(ctx context.Context, lim Limits) (*engine, error) {
	if lim.Memory == "" {
		lim.Memory = "8GB"
	}
	if lim.Threads == 0 {
		lim.Threads = runtime.NumCPU()
	}
	if err := os.MkdirAll(lim.Temp, 0o700); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(lim.Temp, "spill-")
	if err != nil {
		return nil, err
	}
	connector, err := duck.NewConnector("", nil)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(temp))
	}
	e := &engine{db: sql.OpenDB(connector), temp: temp, threads: lim.Threads}
	if e.conn, err = e.db.Conn(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	if err := e.set(ctx, lim); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *engine) set(ctx context.Context, lim Limits) error {
	for _, s := range []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET parquet_metadata_cache = true", // files that are read never change
		"SET temp_directory = " + text(e.temp),
		"SET memory_limit = " + text(lim.Memory),
		fmt.Sprintf("SET threads = %d", lim.Threads),
		"SET TimeZone = 'UTC'",
	} {
		if err := e.exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) close() error {
	var err error
	if e.conn != nil {
		err = e.conn.Close()
	}
	return errors.Join(err, e.db.Close(), os.RemoveAll(e.temp))
}

func (e *engine) exec(ctx context.Context, query string) error {
	_, err := e.conn.ExecContext(ctx, query)
	return err
}

// number returns the one number that a query gives.
func (e *engine) number(ctx context.Context, query string) (n int64, err error) {
	return n, e.conn.QueryRowContext(ctx, query).Scan(&n)
}

// each calls f for every row of a query, with scan to read it.
func (e *engine) each(ctx context.Context, query string, f func(scan func(...any) error) error) error {
	rows, err := e.conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// insert appends n rows to a table.
func (e *engine) insert(table string, n int, row func(i int) []driver.Value) error {
	return e.conn.Raw(func(c any) error {
		a, err := duck.NewAppenderFromConn(c.(driver.Conn), "", table)
		if err != nil {
			return err
		}
		for i := range n {
			if err := a.AppendRow(row(i)...); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
}

// text writes s as a literal of SQL.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// parquet writes the call that reads the given files of dir as one table.
func parquet(dir string, files []string, options string) string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = text(filepath.Join(dir, f))
	}
	return "read_parquet([" + strings.Join(list, ", ") + "]" + options + ")"
}

// rowGroup is the number of rows that DuckDB reads at a time.
const rowGroup = 122880

// copyTo writes a query's rows to a Parquet file, in the query's order.
func (e *engine) copyTo(ctx context.Context, query, path string) error {
	_, err := e.copied(ctx, query, path)
	return err
}

// copied is copyTo that says how many rows there are. Snappy makes marts a fifth
// larger than zstd does, and every night, which reads and writes them, shorter.
func (e *engine) copied(ctx context.Context, query, path string) (int64, error) {
	done, err := e.conn.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE %d)", query, text(path), rowGroup))
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

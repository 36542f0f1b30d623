package reader

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"
)

// Parquet writes the result to a new Parquet file at path, with the types it
// has. The file is written by an engine of its own, which sees the rows and
// not the question, and spills where the reader does.
func (r *Result) Parquet(path string) error {
	connector, err := duck.NewConnector("", nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	err = r.parquet(db, path)
	return errors.Join(err, db.Close())
}

func (r *Result) parquet(db *sql.DB, path string) error {
	defer r.rows.Close()
	conn, err := db.Conn(r.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(r.ctx, "SET temp_directory = "+quote(r.temp, '\'')); err != nil {
		return err
	}
	var columns []string
	for _, c := range r.Columns {
		columns = append(columns, quote(c.Name, '"')+" "+c.Type)
	}
	if _, err := conn.ExecContext(r.ctx, "CREATE TABLE answer ("+strings.Join(columns, ", ")+")"); err != nil {
		return fmt.Errorf("the result does not fit into Parquet; give each column a name and a type of its own: %w", err)
	}
	err = conn.Raw(func(c any) error {
		a, err := duck.NewAppenderFromConn(c.(driver.Conn), "", "answer")
		if err != nil {
			return err
		}
		values := make([]driver.Value, len(r.Columns))
		err = r.raw(func(row []any) error {
			for i, v := range row {
				values[i] = v
			}
			return a.AppendRow(values...)
		})
		return errors.Join(err, a.Close())
	})
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(r.ctx, "COPY answer TO "+quote(path, '\'')+" (FORMAT parquet, COMPRESSION zstd)")
	return err
}

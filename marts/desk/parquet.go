package desk

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the engine by its name

	"secondaryuse/marts/disclose"
	"secondaryuse/pipeline/durable"
)

// parquet is a released table as Parquet: dimensions are text, measures numbers, and
// a figure that is hidden is null. The same table is always the same bytes.
func parquet(ctx context.Context, table disclose.Released, dimensions int) (out []byte, err error) {
	dir, leave, err := durable.Room("ohc-desk-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, leave()) }()
	from, to := filepath.Join(dir, "table.csv"), filepath.Join(dir, "table.parquet")
	f, err := os.OpenFile(from, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(table.WriteCSV(f), f.Close()); err != nil {
		return nil, err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var columns []string
	for i, name := range table.Columns() {
		name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		if i >= dimensions {
			name = "TRY_CAST(" + name + " AS DOUBLE) AS " + name
		}
		columns = append(columns, name)
	}
	quoted := func(path string) string { return "'" + strings.ReplaceAll(path, "'", "''") + "'" }
	_, err = db.ExecContext(ctx, "SET threads = 1; COPY (SELECT "+strings.Join(columns, ", ")+" FROM read_csv("+quoted(from)+
		", header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', nullstr = '\x01')) TO "+quoted(to)+" (FORMAT parquet)")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(to)
}

package main

import (
	"context"
	"errors"
	"os"

	"secondaryuse/marts/duckdb"
)

// databases shows what DuckDB files hold, with room of its own below temp for each.
func databases(temp string) func(context.Context, string, func(table, column, value string)) error {
	return func(ctx context.Context, path string, yield func(table, column, value string)) error {
		dir, err := os.MkdirTemp(temp, "duckdb-*")
		if err != nil {
			return err
		}
		err = duckdb.Texts(ctx, path, duckdb.Limits{Temp: dir, Threads: 1, Memory: "1GB"}, yield)
		return errors.Join(err, os.RemoveAll(dir))
	}
}

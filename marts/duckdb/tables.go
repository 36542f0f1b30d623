package duckdb

import (
	"context"
	"errors"
	"fmt"
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

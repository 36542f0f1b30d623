package disclose

import (
	"cmp"
	"context"

	"secondaryuse/marts/duckdb/reader"
)

// engine is what Control needs of a reader.Reader.
type engine interface {
	Query(ctx context.Context, sql string) (*reader.Result, error)
	Only(ctx context.Context, condition string) error
	Without(ctx context.Context, why string, marts ...string) error
	Impersonal(ctx context.Context) ([]string, error)
}

// ask puts a question to the snapshot and calls each with every row.
func (in *Input) ask(ctx context.Context, question string, each func(row []any) error) error {
	var own error
	res, err := in.Marts.Query(ctx, question)
	if err == nil {
		err = res.Each(func(row []any) error {
			own = each(row)
			return own
		})
	}
	return cmp.Or(own, err)
}

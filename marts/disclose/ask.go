package disclose

import (
	"cmp"
	"context"
)

// ask puts a question to the snapshot and calls each with every row.
func (in *Input) ask(ctx context.Context, question string, each func(row []any) error) error {
	var own error
	res, err := in.Query(ctx, question)
	if err == nil {
		err = res.Each(func(row []any) error {
			own = each(row)
			return own
		})
	}
	return cmp.Or(own, err)
}

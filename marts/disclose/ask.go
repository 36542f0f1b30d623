package disclose

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"secondaryuse/marts/duckdb/reader"
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
	if own != nil {
		return own
	}
	return quiet(err)
}

// class is how an error of the engine begins.
var class = regexp.MustCompile(`^(?:[a-z]+: )*([A-Z][A-Za-z ]{2,40} Error)\b`)

// ofText are the classes of errors that are about the text of a question and not
// about what stands in a mart.
var ofText = []string{"Parser Error", "Binder Error", "Catalog Error", "Syntax Error", "Not implemented Error", "Out of Memory Error"}

// quiet takes out of an error what it may say of a record: the engine quotes the
// value that it could not take, and error('...') whatever it is given.
func quiet(err error) error {
	if err == nil || errors.Is(err, reader.ErrRefused) || errors.Is(err, reader.ErrTime) || errors.Is(err, context.Canceled) {
		return err
	}
	c := class.FindStringSubmatch(err.Error())
	if c == nil || slices.Contains(ofText, c[1]) {
		return err
	}
	return fmt.Errorf("the SELECT fails on what stands in a mart (%s), and what that is is not told here; next: find it with ohc-marts query, or use TRY_CAST and the like", c[1])
}

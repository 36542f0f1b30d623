package reader

import (
	"errors"
	"regexp"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"
)

// ofValues are the kinds of error in whose words DuckDB repeats a value of a row.
var ofValues = map[duck.ErrorType]string{
	duck.ErrorTypeConversion:   "a value cannot be made what is asked for; TRY_CAST leaves it empty instead",
	duck.ErrorTypeOutOfRange:   "a value is too large, or too small, for its type; cast it to a wider one first",
	duck.ErrorTypeInvalidInput: "a value is none that a function of the question takes",
	duck.ErrorTypeMismatchType: "a value is of another type than is asked for",
	duck.ErrorTypeConstraint:   "a value is none that may stand there",
}

var column = regexp.MustCompile(`when casting from source column (\w+)`)

// spoken is an error as it may be shown, and kept: errors are read by others than who
// asked. What DuckDB says of the question's own words stays, and no value does.
func spoken(err error) error {
	var d *duck.Error
	if !errors.As(err, &d) || ofValues[d.Type] == "" || strings.Contains(d.Msg, "More than one row returned by a subquery") {
		return err
	}
	text := ofValues[d.Type]
	if c := column.FindStringSubmatch(d.Msg); c != nil {
		text += "; column " + c[1]
	}
	if _, where, ok := strings.Cut(d.Msg, "\n\nLINE "); ok { // of the question
		text += "\n\nLINE " + where
	}
	return errors.New(text)
}

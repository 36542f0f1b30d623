package reader

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
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

// ofWords are the kinds of error that are about the words of a question, or about the
// engine, and not about what stands in a mart.
var ofWords = []duck.ErrorType{
	duck.ErrorTypeParser, duck.ErrorTypeSyntax, duck.ErrorTypeBinder, duck.ErrorTypeCatalog, duck.ErrorTypeNotImplemented, duck.ErrorTypePermission,
	duck.ErrorTypeParameterNotResolved, duck.ErrorTypeParameterNotAllowed, duck.ErrorTypeSettings, duck.ErrorTypeMissingExtension, duck.ErrorTypeAutoLoad,
	duck.ErrorTypeInterrupt, duck.ErrorTypeOutOfMemory, duck.ErrorTypeIO,
}

var column = regexp.MustCompile(`when casting from source column (\w+)`)

const subquery = "More than one row returned by a subquery"

// spoken is an error as it may be shown, and kept: errors are read by others than who
// asked. What DuckDB says of the question's own words stays, and no value does, nor
// what a value makes look like such words.
func spoken(question string, err error) error {
	var d *duck.Error
	if !errors.As(err, &d) || slices.Contains(ofWords, d.Type) {
		return err
	}
	text := cmp.Or(ofValues[d.Type], "a value is none that the question can take")
	if strings.Contains(d.Msg, subquery) {
		text = subquery
	}
	if c := column.FindStringSubmatch(d.Msg); c != nil && strings.Contains(question, c[1]) {
		text += "; column " + c[1]
	}
	if line := d.Msg[max(0, strings.LastIndex(d.Msg, "\n\nLINE ")):]; quoted(question, line) {
		text += line
	}
	return errors.New(text)
}

// quoted says whether a text is a line of the question with a mark below.
func quoted(question, text string) bool {
	number, after, ok := strings.Cut(strings.TrimPrefix(text, "\n\nLINE "), ": ")
	line, mark, two := strings.Cut(after, "\n")
	line = strings.TrimSuffix(strings.TrimPrefix(line, "..."), "...")
	return ok && two && strings.Trim(number, "0123456789") == "" && strings.Contains(question, line) && strings.Trim(mark, " ^") == ""
}

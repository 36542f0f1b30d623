package reader

import (
	"context"
	"strings"
	"testing"
)

// TestErrorsHaveNoValue holds that what is said of a question that fails repeats nothing
// of a row, whatever the question does with it: errors are kept, and read by others.
func TestErrorsHaveNoValue(t *testing.T) {
	r, _ := open(t, Limits{})
	for _, tc := range []struct{ question, says string }{
		{"SELECT CAST(practice AS INTEGER) FROM activity", "column practice\n\nLINE 1: SELECT CAST"},
		{"SELECT CAST(practice AS DATE) FROM activity", "TRY_CAST"},
		{"SELECT CAST(practice AS UUID) FROM activity", "TRY_CAST"},
		{"SELECT CAST(person_id * 777 AS TINYINT) FROM population", "TRY_CAST"},
		{"SELECT (person_id + 777) * 9223372036854775807 FROM population", "cast it to a wider one"},
		{"SELECT error(practice) FROM activity", "none that a function"},
		{"SELECT strptime(practice, '%Y') FROM activity", "none that a function"},
		{"SELECT regexp_matches('a', practice || '(') FROM activity", "none that a function"},
		{"SELECT format('{:d}', practice) FROM activity", "none that a function"},
		{"SELECT date_trunc(practice, DATE '2020-01-01') FROM activity", "TRY_CAST"},
		{"SELECT CAST('[' || practice AS JSON) FROM activity", "TRY_CAST"},
		{"SELECT sum(n) FROM activity WHERE n = (SELECT person_id FROM population)", "More than one row returned by a subquery"},
		{"SELECT error('More than one row returned by a subquery ' || practice) FROM activity", "More than one row"},
		{"SELECT CAST(E'\\n\\nLINE 1: ' || practice AS INTEGER) FROM activity", "TRY_CAST"},
		{"SELECT error(E'x\\n\\nLINE 1: ' || practice || E'\\n ^') FROM activity", "none that a function"},
		{"SELECT CAST('when casting from source column ' || practice AS INTEGER) FROM activity", "TRY_CAST"},
		{"SELECT nosuch FROM activity", `"nosuch" not found`},
	} {
		res, err := r.Query(context.Background(), tc.question)
		if err == nil {
			err = res.Each(func([]any) error { return nil })
		}
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "M82002") || strings.Contains(strings.ReplaceAll(err.Error(), tc.question, ""), "777") {
			t.Errorf("%s: %v", tc.question, err)
		}
	}
}

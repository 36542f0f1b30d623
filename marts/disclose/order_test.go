package disclose

import (
	"context"
	"reflect"
	"testing"
)

// Bands stand in the order of their numbers in the table and in what reviewers see, and in
// that of their text where a request of before is computed again: with the same figures.
func TestBandsInOrder(t *testing.T) {
	marts := map[string]string{"population": `SELECT range AS person_id, CASE range % 3 WHEN 0 THEN '0-4' WHEN 1 THEN '5-9' ELSE '10-14' END AS age,
		range % 2 = 0 AS heart FROM range(300)`}
	ages := func(asText bool) (shown, exact []string) {
		in := input(t, published(t, marts), "opensafely", heart)
		in.AsText = asText
		out, review, err := Control(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		for i, row := range out.Rows() {
			shown, exact = append(shown, row[0]), append(exact, review.True[i][0])
		}
		return shown, exact
	}
	for asText, want := range map[bool][]string{false: {"0-4", "5-9", "10-14", total}, true: {"0-4", "10-14", "5-9", total}} {
		if shown, exact := ages(asText); !reflect.DeepEqual(shown, want) || !reflect.DeepEqual(exact, want) {
			t.Errorf("%q and %q, want %q", shown, exact, want)
		}
	}
}

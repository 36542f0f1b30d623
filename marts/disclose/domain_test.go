package disclose

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestOtherDomain: what a table could not be compared with is told to reviewers, and
// is not among what the record says that it was compared with.
func TestOtherDomain(t *testing.T) {
	r := costs(t)
	in := input(t, r, "hes", "-- release: r\n-- what: x\n-- purpose: planning\n-- dimensions:\n--   area: x\n-- measures:\n--   n persons: x\n-- totals: no\nSELECT person_id, area FROM population\n")
	out, _, err := Control(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	kept(t, out, "before")
	in.Domain = "d2"
	out, review, err := Control(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if !strings.Contains(fmt.Sprint(review.Findings), "1 earlier releases are of another domain") || !strings.Contains(fmt.Sprint(out.Record().Rules), "0 figures of 0 earlier releases") {
		t.Errorf("%+v\n%+v", review.Findings, out.Record().Rules)
	}
}

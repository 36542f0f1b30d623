package report

import (
	"testing"

	"secondaryuse/pipeline/ledger"
)

// TestCutIsBesides holds that records which were cut, and are among the others, are
// told by themselves: the figures of the others are the same with and without them.
func TestCutIsBesides(t *testing.T) {
	others := []ledger.Tally{{Feed: "garmin", Outcome: "kept", Records: 500}, {Feed: "garmin", Outcome: "rejected", Records: 3}, {Feed: "garmin", Outcome: "superseded", Records: 40}}
	without := records(Facts{Tallies: others})
	for _, n := range []int64{1, 5, 30} {
		with := records(Facts{Tallies: append([]ledger.Tally{{Feed: "garmin", Outcome: "cut", Gate: "connection", Reason: "section not shared", Records: n}}, others...)})
		if len(with) != len(without)+1 {
			t.Errorf("%d are cut: %d lines, and %d without", n, len(with), len(without))
		}
		for l, f := range without {
			if with[l] != f {
				t.Errorf("%d are cut: %s is %d, and %d without", n, l.Outcome, with[l], f)
			}
		}
	}
}

package main

import (
	"regexp"
	"testing"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/testdata/population"
)

// TestSummaryIsRounded holds that no count of the line that a run ends with is
// exact, and that it is that of the account but for that.
func TestSummaryIsRounded(t *testing.T) {
	s := newSite(t, population.Plan{Persons: 9, Seed: 5})
	said := s.run(0, "run", "--summary")
	c, err := load(s.config)
	s.must(err)
	l, err := openLedger(c)
	s.must(err)
	defer l.Close()
	runs, err := l.Runs(t.Context(), 1)
	s.must(err)
	tallies, err := l.Tallies(t.Context(), runs[0].ID)
	s.must(err)
	sums, all := totals(tallies), int64(0)
	for _, n := range sums {
		all += n
	}
	const n = `(fewer than 8|[0-9]*[05])`
	m := regexp.MustCompile(`^published \S+: ` + n + ` persons and ` + n + ` records read, ` + n + ` kept, ` + n + ` excluded, ` + n + ` rejected; [0-9.]+ s\n$`).FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("it said %q", said)
	}
	for i, n := range map[int]int64{2: all, 3: sums["kept"], 4: sums["excluded"], 5: sums["rejected"]} {
		if m[i] != about(n) {
			t.Errorf("%d is told as %q", n, m[i])
		}
	}
	if runs[0].Status != ledger.Published || about(7) != "fewer than 8" || about(0) != "fewer than 8" || about(8) != "10" || about(12) != "10" {
		t.Error(about(7), about(8), about(12))
	}
}

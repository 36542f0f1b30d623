package sudden

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
)

var usual = Limits{Relative: 0.25, Points: 0.2, Fewest: 500, Least: 10_000}

// facts is a run of a kind with one feed, of whose records a gate left out some.
func facts(kind string, all, out int64) report.Facts {
	return report.Facts{Run: ledger.Run{ID: "r", Kind: kind}, Tallies: []ledger.Tally{
		{Feed: "ohc", Dataset: "problem", Outcome: "kept", Records: all - out}, {Feed: "ohc", Dataset: "problem", Outcome: "unused", Records: 9 * all},
		{Feed: "ohc", Dataset: "problem", Outcome: "excluded", Gate: "optout", Reason: "not on the allow list", Records: out},
	}}
}

// persons is a run that knew everybody, of whom a gate left out some.
func persons(all, out int64) report.Facts {
	return report.Facts{Run: ledger.Run{ID: "r"}, Verdicts: []ledger.Verdict{{Persons: all - out}, {Gate: "optout", Reason: "not on the allow list", Persons: out}}}
}

// TestFind holds what is sudden, and what is not.
func TestFind(t *testing.T) {
	none := report.Facts{}
	for _, tc := range []struct {
		name            string
		now, whole, all report.Facts
		want            string // how many points; empty for nothing
	}{
		{"nothing before", facts(ledger.Whole, 100_000, 50_000), none, none, ""},
		{"the same", facts(ledger.Whole, 100_000, 5_000), facts(ledger.Whole, 90_000, 4_500), none, ""},
		{"much more", facts(ledger.Whole, 100_000, 12_000), facts(ledger.Whole, 100_000, 5_000), none, "+7.0"},
		{"much less", facts(ledger.Whole, 100_000, 1_000), facts(ledger.Whole, 100_000, 5_000), none, "-4.0"},
		{"nothing at all any more", facts(ledger.Whole, 200_000, 0), facts(ledger.Whole, 200_000, 600), none, "-0.3"},
		{"all of a sudden something", facts(ledger.Whole, 200_000, 600), facts(ledger.Whole, 200_000, 0), none, "+0.3"},
		{"more, but not by a quarter", facts(ledger.Whole, 100_000, 6_000), facts(ledger.Whole, 100_000, 5_000), none, ""},
		{"twice as many, but few of all", facts(ledger.Whole, 1_000_000, 2_000), facts(ledger.Whole, 1_000_000, 1_000), none, ""},
		{"few records", facts(ledger.Whole, 10_000, 550), facts(ledger.Whole, 10_000, 100), none, ""},
		{"a small feed", facts(ledger.Whole, 9_999, 9_000), facts(ledger.Whole, 9_999, 0), none, ""},
		{"a feed that was small", facts(ledger.Whole, 100_000, 90_000), facts(ledger.Whole, 9_999, 0), none, ""},
		{"another feed", facts(ledger.Whole, 100_000, 90_000), report.Facts{Run: ledger.Run{ID: "r"}, Tallies: []ledger.Tally{{Feed: "phr", Outcome: "kept", Records: 90_000}}}, none, ""},
		{"a delta of few who are all out", facts(ledger.Delta, 400, 400), facts(ledger.Whole, 100_000, 1_000), none, ""},
		{"a delta of many who are all out", facts(ledger.Delta, 10_000, 10_000), facts(ledger.Whole, 100_000, 5_000), none, "+9.5"},
		{"a delta of many who are as before", facts(ledger.Delta, 60_000, 3_000), facts(ledger.Whole, 100_000, 5_000), none, ""},
		{"a delta of many of whom none is out", facts(ledger.Delta, 60_000, 0), facts(ledger.Whole, 100_000, 5_000), none, "-3.0"},
		{"what was staged stays", facts(ledger.Staged, 100_000, 100), none, none, ""},
		{"much of what was staged goes", facts(ledger.Staged, 100_000, 1_000), none, none, "+1.0"},
		{"persons", persons(20_000, 3_000), none, persons(20_000, 1_000), "+10.0"},
		{"few persons", persons(9_000, 3_000), none, persons(9_000, 1_000), ""},
		{"as many persons", persons(30_000, 1_600), none, persons(20_000, 1_000), ""},
	} {
		found := Find(tc.now, tc.whole, tc.all, usual)
		got := ""
		for _, c := range found {
			got += fmt.Sprintf("%+.1f", c.Points)
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestLimits holds that whatever is found passes every limit, and that what passes
// all of them is found.
func TestLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := Limits{rapid.Float64Range(0, 2).Draw(t, "relative"), rapid.Float64Range(0, 20).Draw(t, "points"),
			rapid.Int64Range(1, 2_000).Draw(t, "fewest"), rapid.Int64Range(1, 30_000).Draw(t, "least")}
		was, is := rapid.Int64Range(1, 50_000).Draw(t, "was"), rapid.Int64Range(1, 50_000).Draw(t, "is")
		outWas, out := rapid.Int64Range(0, was).Draw(t, "out before"), rapid.Int64Range(0, is).Draw(t, "out")
		a, b := float64(outWas)/float64(was), float64(out)/float64(is)
		by := math.Abs(b - a)
		want := was >= lim.Least && is >= lim.Least && out+outWas > 0 && by*float64(is) >= float64(lim.Fewest) && 100*by >= lim.Points && by >= lim.Relative*a
		near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9*(1+math.Abs(y)) }
		if near(by*float64(is), float64(lim.Fewest)) || near(100*by, lim.Points) || near(by, lim.Relative*a) {
			return
		}
		if got := len(Find(facts(ledger.Whole, is, out), facts(ledger.Whole, was, outWas), report.Facts{}, lim)) == 1; got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// TestTold holds that a change tells figures as they may be told.
func TestTold(t *testing.T) {
	for _, tc := range []struct {
		c    Change
		want string
	}{
		{Change{"ohc", "optout", 12_003, 100_004, 5_001, 90_001, 6.4}, "feed ohc: the gate optout leaves out 12.0 % of 100,005 records, and before it was 5.6 % of 90,000"},
		{Change{"", "objection", 903, 20_000, 3, 20_000, 4}, "the gate objection leaves out 4.5 % of 20,000 persons, and before it was fewer than 8 of 20,000"},
		{Change{"ohc", "optout", 100, 200, 0, 3_999, 4}, "feed ohc: the gate optout leaves out 50 % of 200 records, and before it was 0.0 % of 4,000"},
	} {
		if got := tc.c.String(); got != tc.want {
			t.Errorf("%s\nwant %s", got, tc.want)
		}
	}
	if s := (Change{Gate: "x", Out: 1, Of: 7}).String(); strings.Contains(s, "%") || strings.Contains(s, " 7 ") {
		t.Error(s)
	}
}

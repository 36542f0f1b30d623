package agreement_test

import (
	"errors"
	"strings"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/agreement"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

func open(t testing.TB, asOf term.Time, rows ...string) (*agreement.Gate, error) {
	f := gatetest.New(t, 10)
	f.Write("agreements.csv", gatetest.List("agreement", "allow", gatetest.Issued, "ods_code,feed,valid_from,valid_to", rows...))
	return agreement.Open(agreement.Config{File: f.Path("agreements.csv"), AsOf: asOf, Now: gatetest.Now})
}

func day(t testing.TB, date string) term.Time {
	if date == "" {
		return term.Unknown
	}
	d, ok := list.Date([]byte(date))
	if !ok {
		t.Fatal("no such date")
	}
	return d
}

// TestRecord is that the day of the run counts, not the day a record is about:
// an agreement opens what an organisation holds, and its end closes all of it.
func TestRecord(t *testing.T) {
	rows := []string{
		"M82002,*,2020-01-01,2026-11-01",
		"RJE,hospital,2020-01-01,",
		"RJE,ohc,2020-01-01,2022-01-01",
		"RJE,ohc,2024-01-01,",
		"RRE,*,2020-01-01,2024-01-01", // these overlap
		"RRE,ohc,2023-01-01,2025-01-01",
		"RRE,ohc,2023-01-01,2025-01-01",
	}
	for _, tc := range []struct {
		feed       record.Feed
		org, today string
		want       gate.Reason
		what       string
	}{
		{record.Feed{Name: "gp", Kind: record.Shared}, "M82002", "2020-01-01", gate.Kept, "first day"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "M82002", "2019-12-31", gate.OutOfAgreement, "day before"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "M82002", "2026-10-31", gate.Kept, "last day"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "M82002", "2026-11-01", gate.OutOfAgreement, "half open"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "M82002", "", gate.OutOfAgreement, "no day: London's today"},
		{record.Feed{Name: "hospital", Kind: record.Shared}, "RJE", "", gate.Kept, "no day, open agreement"},
		{record.Feed{Name: "ohc", Kind: record.Shared}, "RJE", "2021-06-01", gate.Kept, "first of two"},
		{record.Feed{Name: "ohc", Kind: record.Shared}, "RJE", "2023-06-01", gate.OutOfAgreement, "between two"},
		{record.Feed{Name: "ohc", Kind: record.Shared}, "RJE", "2024-06-01", gate.Kept, "second of two"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "RJE", "2024-06-01", gate.NoAgreement, "another feed"},
		{record.Feed{Name: "ohc", Kind: record.Shared}, "RRE", "2023-06-01", gate.Kept, "two at once"},
		{record.Feed{Name: "ohc", Kind: record.Shared}, "RRE", "2024-01-01", gate.Kept, "the first of two at once is over"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "RRE", "2024-01-01", gate.OutOfAgreement, "the second is of another feed"},
		{record.Feed{Name: "ohc", Kind: record.Shared}, "RRE", "2025-01-01", gate.OutOfAgreement, "both are over"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "QNC", "2024-06-01", gate.NoAgreement, "another organisation"},
		{record.Feed{Name: "gp", Kind: record.Shared}, "", "2024-06-01", gate.NoAgreement, "no organisation"},
		{record.Feed{Name: "gp", Kind: record.Shared, Organisation: "M82002"}, "", "2024-06-01", gate.Kept, "the feed's organisation"},
		{record.Feed{Name: "gp", Kind: record.Shared, Organisation: "M82002"}, "QNC", "2024-06-01", gate.NoAgreement, "the record's comes first"},
		{record.Feed{Name: "phr", Kind: record.PHR}, "", "", gate.Kept, "phr"},
		{record.Feed{Name: "garmin", Kind: record.Wearable}, "", "", gate.Kept, "wearable"},
		{record.Feed{Name: "gp"}, "QNC", "2024-06-01", gate.NoAgreement, "a feed of no kind"},
	} {
		g, err := open(t, day(t, tc.today), rows...)
		if err != nil {
			t.Fatal(err)
		}
		h := &record.Head{Organisation: term.ODS(tc.org), At: day(t, "2010-01-01")} // long before any agreement
		if got := g.Record(tc.feed, h, identity.Number{}); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, got, tc.want)
		}
	}
}

// TestToday is that without a day of its own the gate takes London's today.
func TestToday(t *testing.T) {
	for row, want := range map[string]gate.Reason{
		"QNC,*,2026-11-20,":           gate.Kept,
		"QNC,*,2026-11-21,":           gate.OutOfAgreement,
		"QNC,*,2020-01-01,2026-11-20": gate.OutOfAgreement,
	} {
		g, err := open(t, term.Unknown, row)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Record(record.Feed{Name: "gp", Kind: record.Shared}, &record.Head{Organisation: "QNC"}, identity.Number{}); got != want {
			t.Errorf("%s: %v, want %v", row, got, want)
		}
	}
}

func TestRowsAreChecked(t *testing.T) {
	for _, tc := range []struct{ row, want string }{
		{"planted practice,*,2020-01-01,", ":3: ods_code"},
		{"m82002,*,2020-01-01,", ":3: ods_code"},
		{"M82002,GP Planted,2020-01-01,", ":3: feed"},
		{"M82002,,2020-01-01,", ":3: feed"},
		{"M82002,*,,", ":3: valid_from"},
		{"M82002,*,01/01/2020,", ":3: valid_from"},
		{"M82002,*,2020-01-01,planted", ":3: valid_to: not a date"},
		{"M82002,*,2020-01-01,2020-01-01", ":3: valid_to: not after valid_from"},
		{"M82002,*,2020-01-01,2019-01-01", ":3: valid_to: not after valid_from"},
	} {
		_, err := open(t, term.Unknown, tc.row)
		if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) || strings.Contains(strings.ToLower(err.Error()), "planted") {
			t.Errorf("%s: %v", tc.row, err)
		}
	}
}

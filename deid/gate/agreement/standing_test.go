package agreement_test

import "testing"

// TestStanding holds that the text is another one on the day an agreement
// begins and on the day it ends, and with another agreement, and else the same.
func TestStanding(t *testing.T) {
	rows := []string{"M82002,*,2020-01-01,2026-10-01", "RJE,ohc,2026-09-15,"}
	on := func(date string, rows ...string) string {
		g, err := open(t, day(t, date), rows...)
		if err != nil {
			t.Fatal(err)
		}
		return g.Standing()
	}
	before := on("2026-09-14", rows...)
	for date, same := range map[string]bool{"2026-08-01": true, "2026-09-15": false, "2026-09-30": false, "2026-10-01": false} {
		if (on(date, rows...) == before) != same {
			t.Errorf("%s: as before %v, want %v", date, !same, same)
		}
	}
	if on("2026-09-15", rows...) != on("2026-09-30", rows...) || on("2026-09-30", rows...) == on("2026-10-01", rows...) {
		t.Error("between two days on which nothing begins or ends something does, or the end is not seen")
	}
	if on("2026-09-14", rows[1], rows[0]) != before || on("2026-09-14", rows[0]) == before {
		t.Error("the order counts, or an agreement does not")
	}
}

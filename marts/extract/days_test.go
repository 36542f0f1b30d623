package extract

import (
	"strings"
	"testing"
)

// conditions is a table with two days, of which the rows are taken by one.
const conditions = `  - mart: long_term_condition
    why: who has which condition
    date: latest_on
    columns:
      - {name: register, why: the main exposure}
      - {name: first_on, why: for how long they have had itMORE}
      - {name: latest_on, why: whether it is looked after}
      - {name: codes, why: how often it was seen}
period:`

// TestDaysOutside holds that no day leaves that is outside of what was approved, in
// whichever column it stands: that of another column than the one by which rows are taken
// is emptied, and its row stays; unless the project has a day of its own for it. Where
// days are moved, none leaves by which somebody's offset could be told.
func TestDaysOutside(t *testing.T) {
	for name, tc := range map[string]struct {
		more, shift, from, until string
		rule                     string
	}{
		"of the period":          {"", "0", "2026-01-01", "2026-11-01", "days of long_term_condition.first_on: left empty where the day is before 2026-01-01 or after 2026-10-31"},
		"moved":                  {"", "20", "2026-01-21", "2026-10-12", "left empty where the day is before 2026-01-21 or after 2026-10-11"},
		"from a day of its own":  {", from: 2010-01-01", "0", "2010-01-01", "2026-11-01", "before 2010-01-01 or after 2026-10-31"},
		"and then made coarser":  {", from: 2010-01-01, coarsen: year", "0", "2010-01-01", "2026-11-01", "before 2010-01-01 or after 2026-10-31"},
		"from a day, and moved":  {", from: 2010-01-01", "20", "2010-01-21", "2026-10-12", "before 2010-01-21 or after 2026-10-11"},
		"later than the period":  {", from: 2026-03-01", "0", "2026-03-01", "2026-11-01", "before 2026-03-01 or after 2026-10-31"},
		"and no day for the row": {"", "none", "2026-01-01", "2026-11-01", "before 2026-01-01 or after 2026-10-31"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 700, 100)
			s.edit("period:", strings.Replace(conditions, "MORE", tc.more, 1))
			if tc.shift == "none" { // every row is asked for
				s.edit("    date: latest_on\n", "")
				tc.shift = "0"
			}
			s.edit("shift_days: 20", "shift_days: "+tc.shift)
			s.approve("falls")
			i := s.issue()
			dir := s.unpacked(s.opened(i))
			table := "FROM '$/long_term_condition.parquet'"
			if n := s.answer(dir, "SELECT count(*) "+table+" WHERE first_on < DATE '"+tc.from+"' OR first_on >= DATE '"+tc.until+"'"); n != 0 {
				t.Errorf("%d days are outside", n)
			}
			rows, seen := s.answer(dir, "SELECT count(*) "+table), s.answer(dir, "SELECT count(first_on) "+table)
			if rows < 400 || seen == 0 || seen == rows {
				t.Errorf("of %d rows %d have the first day", rows, seen)
			}
			var about string
			for _, told := range i.Tables[2].LeftOut {
				if strings.HasPrefix(told.Why, "days of first_on left empty") {
					about = told.N
				}
			}
			if about == "" || about == "0" || !strings.Contains(strings.Join(i.Rules, "\n"), tc.rule) {
				t.Errorf("about %q are told to be emptied, by the rules %q", about, i.Rules)
			}
		})
	}
}

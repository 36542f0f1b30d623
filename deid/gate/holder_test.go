package gate

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// TestHoldings holds that every record is counted at the organisation whose data
// it is, by the reason it came to: what the feed's own tally sums up.
func TestHoldings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := NewKeeper(Gates{Persons: []PersonGate{deny{num(2): NotAllowed}}})
		k.Enrol(feed, []record.Person{patient("in", num(1), 1, record.NoFault), patient("out", num(2), 1, record.NoFault)})
		k.Judge()
		f, d := feed, k.Desk()
		f.Organisation = rapid.SampledFrom([]term.ODS{"", "QNC"}).Draw(t, "feed's")
		want := make(map[term.ODS][Reasons]int64)
		for range rapid.IntRange(0, 30).Draw(t, "records") {
			code := rapid.SampledFrom([]string{"", "M82002", "RJE", "QNC", "ST13AB"}).Draw(t, "organisation")
			r := problem(rapid.SampledFrom([]string{"in", "out", "nobody"}).Draw(t, "subject"))
			buf := []byte(code)
			r.Organisation = term.ODS(buf)
			r.Part = rapid.SampledFrom([]int32{0, 0, 0, 1}).Draw(t, "part")
			why := map[string]Reason{"in": Kept, "out": NotAllowed, "nobody": UnknownPerson}[r.Subject.ID]
			if code == "" {
				code = string(f.Organisation)
			}
			if code == "ST13AB" { // that is a postcode
				code = ""
			}
			if r.Part == 0 {
				tally := want[term.ODS(code)]
				tally[why]++
				want[term.ODS(code)] = tally
			}
			Admit(d, f, []record.Of[row.Problem]{r})
			copy(buf, "ZZZZZZ") // the source goes on
		}
		if len(d.Organisations) != len(want) {
			t.Fatalf("%d organisations, want %d", len(d.Organisations), len(want))
		}
		for code, tally := range want {
			if held := d.Organisations[code]; held == nil || held.Organisation != code || held.Records != tally {
				t.Fatalf("%q: %+v, want %v", code, held, tally)
			}
		}
	})
}

// TestHoldersAreFew holds that a feed with something else in that field does not
// fill the memory.
func TestHoldersAreFew(t *testing.T) {
	k := NewKeeper(Gates{})
	k.Enrol(feed, []record.Person{patient("in", num(1), 1, record.NoFault)})
	k.Judge()
	d := k.Desk()
	r := problem("in")
	for i := range mostHolders + 10 {
		r.Organisation = term.ODS(fmt.Sprintf("A%05d", i))
		Admit(d, feed, []record.Of[row.Problem]{r})
	}
	if n := len(d.Organisations); n != mostHolders+1 || d.Organisations[""].Records[Kept] != 10 {
		t.Errorf("%d organisations, %+v not told apart", n, d.Organisations[""])
	}
}

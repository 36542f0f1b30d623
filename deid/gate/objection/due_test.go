package objection_test

import (
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// TestDue holds that a withdrawal of a day that is yet to come does not count
// and is told to be due then, the first of several, unless it will never count;
// and that an objection of such a day counts at once.
func TestDue(t *testing.T) {
	g, err := open(t, gatetest.Number(9)+",type-1,objected,2026-01-01")
	if err != nil {
		t.Fatal(err)
	}
	for i, heads := range [][]*record.Head{
		{coded(t, term.SNOMED, consent, "2026-11-23"), coded(t, term.SNOMED, consent, "2026-11-21"), coded(t, term.SNOMED, consent1, "2026-12-01")},
		{coded(t, term.SNOMED, dissent, "2026-11-21")},
		{coded(t, term.SNOMED, consent, "2026-11-20"), coded(t, term.SNOMED, consent, "")},
		{},
	} {
		for _, h := range append(heads, coded(t, term.SNOMED, dissent, "2026-01-01")) {
			g.Watch(feed, h, number(t, i), true)
		}
	}
	g.Watch(feed, coded(t, term.SNOMED, consent, "2026-11-21"), number(t, 3), false)
	due := 0
	for n, at := range g.Due() {
		if due++; n != number(t, 0) || at != wall(t, "2026-11-21").Day() {
			t.Errorf("due at %v of somebody else, or another time", at.Clock())
		}
	}
	if due != 1 {
		t.Errorf("%d are due", due)
	}
	for i, want := range []gate.Reason{gate.ObjectedLocal, gate.ObjectedLocal, gate.Kept, gate.ObjectedLocal} {
		heard := gate.Kept
		g.Late(number(t, i), func(why gate.Reason, unless []record.Version) {
			if len(unless) == 0 {
				heard = why
			}
		})
		if heard != want {
			t.Errorf("person %d: %v, want %v", i, heard, want)
		}
	}
}

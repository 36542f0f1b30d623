package deid

import (
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// TestMark holds that the marks of somebody are what a crossing makes of them and
// of their own record where that is named by their number, in each feed: were they not,
// nobody who looks by them would find anybody.
func TestMark(t *testing.T) {
	k, n := testKey(t), parse(t, "943 476 5919")
	marks := make(map[uint64]bool)
	k.Mark(n, []term.Word{"ohc", "hospital"}, func(m uint64) { marks[m] = true })
	keeper := gate.NewKeeper(gate.Gates{})
	keeper.Enrol(record.Feed{}, []record.Person{{Of: record.Of[row.Person]{Head: record.Head{Number: n}}}})
	keeper.Judge()
	c, err := NewCrossing(k, keeper, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !marks[uint64(c.ids[0])] || !marks[9434765919] {
		t.Error("neither the person_id nor the number")
	}
	for _, feed := range []term.Word{"ohc", "hospital"} {
		d := c.Desk(record.Feed{Name: feed})
		if !marks[d.Record(record.Ref{Kind: record.Patient, ID: "9434765919"})] || !marks[d.Record(record.Ref{Kind: record.Self, ID: "Patient/9434765919"})] {
			t.Errorf("%s: their own record", feed)
		}
	}
	if want := 2 + 2*2; len(marks) != want {
		t.Errorf("%d marks, want %d", len(marks), want)
	}
	k.Mark(parse(t, "943 476 5870"), nil, func(m uint64) {
		if marks[m] {
			t.Error("two persons have a mark")
		}
	})
}

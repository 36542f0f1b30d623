package deid

import (
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// watcher says of everybody that they have objected, unless one of some
// versions stands.
type watcher []record.Version

func (watcher) Watch(record.Feed, *record.Head, identity.Number, bool) {}
func (watcher) Deleted(record.Feed, record.Ref, term.Time)             {}
func (w watcher) Late(_ identity.Number, yield func(gate.Reason, []record.Version)) {
	yield(gate.ObjectedType1, w)
}

// TestLate shows that an exclusion names the versions it hangs on by the keys
// that the rows of their records have, and that one which names no record holds
// in any case.
func TestLate(t *testing.T) {
	ohc, gp := record.Feed{Name: "ohc", Kind: record.Shared}, record.Feed{Name: "gp", Kind: record.Shared}
	id := record.Ref{Kind: record.Observation, ID: "o"}
	for _, unless := range []watcher{nil, {{Feed: ohc, ID: id, At: 5, Copies: 2}, {Feed: gp, ID: id, Copies: 1}}} {
		k := gate.NewKeeper(gate.Gates{Watch: unless})
		n := parse(t, "943 476 5919")
		k.Enrol(ohc, []record.Person{{Of: record.Of[row.Person]{Head: record.Head{ID: record.Ref{Kind: record.Patient, ID: "p"}, Number: n}}}})
		k.Judge()
		c, err := NewCrossing(testKey(t), k, nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		got := c.Late().rows
		if len(got) != max(1, len(unless)) {
			t.Fatalf("%d exclusions", len(got))
		}
		for i, x := range got {
			if x.PersonID != c.key.Person(n) || x.Reason != int32(gate.ObjectedType1) {
				t.Errorf("%+v", x)
			}
			if len(unless) == 0 {
				if x.RecordKey != 0 {
					t.Errorf("hangs on a record: %+v", x)
				}
				continue
			}
			v := unless[i]
			if x.Feed != v.Feed.Name || x.RecordKey == 0 || x.RecordKey != c.Desk(v.Feed).ref(id) || x.Version != v.At || x.Part != v.Copies {
				t.Errorf("%+v, want %+v", x, v)
			}
		}
	}
}

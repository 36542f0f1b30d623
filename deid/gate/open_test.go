package gate

import (
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// sayer is a watcher with a list, of which a record may take back what it says.
type sayer struct {
	listed deny
	back   map[identity.Number]bool
}

func (s *sayer) Person(n identity.Number) Reason { return s.listed[n] }
func (s *sayer) Watch(_ record.Feed, _ *record.Head, n identity.Number, sure bool) {
	s.back[n] = s.back[n] || sure
}
func (s *sayer) Deleted(record.Feed, record.Ref, term.Time) {}
func (s *sayer) Late(n identity.Number, yield func(Reason, []record.Version)) {
	if why := s.listed[n]; why != Kept && !s.back[n] {
		yield(why, nil)
	}
}

// TestAListThatIsTakenBack holds that whom the watcher's own list leaves out is let
// through until all is read, and is out then unless a record has taken it back;
// that what else is against a record of theirs is told as that; and that whom
// another gate leaves out, or what was said under a former number, stays out.
func TestAListThatIsTakenBack(t *testing.T) {
	for _, tc := range []struct {
		name              string
		listed, barred    int // whose number each list has; 0: nobody's
		former            int
		restricted, takes bool
		admitted          int
		tally             Reason
		late              bool
	}{
		{name: "nobody", admitted: 1, tally: Kept},
		{name: "listed", listed: 1, admitted: 1, tally: Kept, late: true},
		{name: "taken back", listed: 1, takes: true, admitted: 1, tally: Kept},
		{name: "listed, and the record is flagged", listed: 1, restricted: true, tally: ObjectedLocal, late: true},
		{name: "barred, and listed", listed: 1, barred: 1, takes: true, tally: NotAllowed},
		{name: "under a former number", listed: 2, former: 2, takes: true, tally: ObjectedLocal},
	} {
		w := &sayer{deny{}, map[identity.Number]bool{}}
		if tc.listed > 0 {
			w.listed[num(tc.listed)] = ObjectedLocal
		}
		barred := deny{}
		if tc.barred > 0 {
			barred[num(tc.barred)] = NotAllowed
		}
		k := NewKeeper(Gates{Persons: []PersonGate{barred, w}, Records: []RecordGate{shares(record.EverySection)}, Watch: w})
		p := patient("p", num(1), 1, record.NoFault)
		if tc.former > 0 {
			p.Former = []record.Former{{Number: num(tc.former), Sure: true}}
		}
		k.Enrol(feed, []record.Person{p})
		k.Judge()
		r := problem("p")
		r.Restricted = tc.restricted
		d := k.Desk()
		if !tc.takes {
			k.gates.Watch = deaf{w}
		}
		a := Admit(d, feed, []record.Of[row.Problem]{r})
		late := false
		k.Late(func(_ Ordinal, why Reason, _ []record.Version) { late = late || why == ObjectedLocal })
		if a.Len() != tc.admitted || d.Records[1][tc.tally] != 1 || late != tc.late {
			t.Errorf("%s: %d admitted, late %v, tally %v", tc.name, a.Len(), late, d.Records[1])
		}
	}
}

// deaf is a watcher to whom nobody says anything.
type deaf struct{ *sayer }

func (deaf) Watch(record.Feed, *record.Head, identity.Number, bool) {}

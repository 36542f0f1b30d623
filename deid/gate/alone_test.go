package gate

import (
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// gentle keeps, without its person, what carries a code.
type gentle struct{ code term.Code }

func (o gentle) Record(_ record.Feed, h *record.Head, _ identity.Number) Reason {
	for _, c := range h.Codings {
		if c.Code == o.code {
			return Unlinked
		}
	}
	return Kept
}

// TestAlone is that a record which may be used without its person only is let
// through and marked, in all its rows and in no other, and counts as kept; that
// another gate can still leave it out; and that what is said of a person, who is
// all that it is about, is left out instead.
func TestAlone(t *testing.T) {
	said := func(id string, part int32, code term.Code) record.Of[row.Problem] {
		p := problem("a")
		p.ID, p.Part, p.Codings = record.Ref{Kind: record.Condition, ID: id}, part, []record.Coding{{System: term.SNOMED, Code: code}}
		return p
	}
	rows := []record.Of[row.Problem]{said("c1", 0, "1"), said("c1", 1, "1"), said("c2", 0, "2"), said("c2", 1, "2")}
	person := patient("a", num(1), 1, record.NoFault)
	person.Codings = []record.Coding{{System: term.SNOMED, Code: "1"}}
	for name, tc := range map[string]struct {
		gates []RecordGate
		kept  int
	}{
		"alone":          {[]RecordGate{gentle{"1"}}, 4},
		"also closed":    {[]RecordGate{gentle{"1"}, closed{}}, 0},
		"also sensitive": {[]RecordGate{gentle{"1"}, only{"1"}}, 2},
	} {
		k := NewKeeper(Gates{Records: tc.gates})
		k.Enrol(feed, []record.Person{person})
		k.Judge()
		d := k.Desk()
		a := Admit(d, feed, rows)
		if a.Len() != tc.kept || d.Records[record.DatasetOf[row.Problem]()][Kept] != int64(tc.kept/2) || d.Records[record.DatasetOf[row.Problem]()][Unlinked] != 0 {
			t.Errorf("%s: %d rows let through, tally %v", name, a.Len(), d.Records[record.DatasetOf[row.Problem]()])
		}
		for i := range a.Len() {
			if r, _ := a.At(i); a.Alone(i) != (r.ID.ID == "c1") {
				t.Errorf("%s: %s part %d: alone %t", name, r.ID.ID, r.Part, a.Alone(i))
			}
		}
		if p := AdmitPersons(d, feed, []record.Person{person}); p.Len() != 0 {
			t.Errorf("%s: a person's own record is let through", name)
		}
	}
}

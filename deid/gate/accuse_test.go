package gate

import (
	"fmt"
	"slices"
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// harsh takes out, with its person, who carries a code.
type harsh struct{ code term.Code }

func (o harsh) Record(_ record.Feed, h *record.Head, _ identity.Number) Reason {
	for _, c := range h.Codings {
		if c.Code == o.code {
			return SensitivePerson
		}
	}
	return Kept
}

// closed lets nobody pass.
type closed struct{}

func (closed) Record(record.Feed, *record.Head, identity.Number) Reason { return NoAgreement }

// TestAccused is that a record that takes out its person does so whatever else is
// said of it: where it is nobody's for sure, where it cannot be read, where
// another gate keeps it out; and that it is named with the version that did.
func TestAccused(t *testing.T) {
	said := func(id, subject string, n identity.Number, version term.Time) record.Of[row.Problem] {
		p := problem(subject)
		p.ID, p.Number, p.Version = record.Ref{Kind: record.Condition, ID: id}, n, version
		p.Codings = []record.Coding{{System: term.SNOMED, Code: "1"}}
		return p
	}
	accused := func(gates []RecordGate, rows []record.Of[row.Problem], heard ...record.Of[row.Tombstone]) (out []string) {
		k := NewKeeper(Gates{Persons: []PersonGate{deny{num(5): NotAllowed}}, Records: gates})
		k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("b", num(2), 1, record.NoFault),
			patient("gone", num(3), 1, record.NoFault), patient("there", num(3), 1, record.NoFault), patient("two", num(1), 1, record.NoFault), patient("two", num(2), 1, record.NoFault), patient("out", num(5), 1, record.NoFault)})
		k.Remove(feed, []record.Of[row.Tombstone]{{Head: record.Head{ID: record.Ref{Kind: record.Patient, ID: "gone"}, Version: 2}}})
		k.Judge()
		d := k.Desk()
		if a := Admit(d, feed, rows); a.Len() != 0 {
			t.Errorf("%d rows are let through", a.Len())
		}
		roots := len(d.Roots)
		d.Hear(feed, heard)
		if roots+len(d.Roots) != len(rows)+len(heard) {
			t.Errorf("what hangs on %d of %d records goes", roots+len(d.Roots), len(rows)+len(heard))
		}
		k.Accused(func(who Ordinal, v record.Version) {
			n, _ := k.Number(who)
			for i := range 6 {
				if num(i) == n {
					out = append(out, fmt.Sprintf("%d by %q of %d", i, v.ID.ID, v.At))
				}
			}
		})
		slices.Sort(out)
		return out
	}
	none := identity.Number{}
	heard := record.Of[row.Tombstone]{Head: said("h", "b", none, 4).Head}
	for name, tc := range map[string]struct {
		gates []RecordGate
		rows  []record.Of[row.Problem]
		heard []record.Of[row.Tombstone]
		want  []string
	}{
		"by reference":               {rows: []record.Of[row.Problem]{said("c", "a", none, 3)}, want: []string{`1 by "c" of 3`}},
		"the same twice":             {rows: []record.Of[row.Problem]{said("c", "a", none, 3), said("c", "a", none, 3)}, want: []string{`1 by "c" of 3`}},
		"two versions":               {rows: []record.Of[row.Problem]{said("c", "a", none, 3), said("c", "a", none, 5)}, want: []string{`1 by "c" of 3`, `1 by "c" of 5`}},
		"who is out already":         {rows: []record.Of[row.Problem]{said("c", "out", none, 3)}},
		"a reference that is gone":   {rows: []record.Of[row.Problem]{said("c", "gone", none, 3)}, want: []string{`3 by "c" of 3`}},
		"two persons":                {rows: []record.Of[row.Problem]{said("c", "a", num(2), 3)}, want: []string{`1 by "c" of 3`, `2 by "c" of 3`}},
		"no name":                    {rows: []record.Of[row.Problem]{said("", "a", none, 3)}, want: []string{`1 by "" of 0`}},
		"no version":                 {rows: []record.Of[row.Problem]{said("c", "a", none, 0)}, want: []string{`1 by "" of 0`}},
		"unreadable":                 {heard: []record.Of[row.Tombstone]{heard}, want: []string{`2 by "h" of 4`}},
		"kept out by another before": {gates: []RecordGate{closed{}}, rows: []record.Of[row.Problem]{said("c", "a", none, 3)}, want: []string{`1 by "c" of 3`}},
	} {
		if got := accused(append(tc.gates, harsh{"1"}), tc.rows, tc.heard...); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestAccusedByWhatIsNotStored holds that a record of a kind that no dataset takes
// takes out whom it is about as well.
func TestAccusedByWhatIsNotStored(t *testing.T) {
	k := NewKeeper(Gates{Records: []RecordGate{harsh{"1"}}})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("b", num(2), 1, record.NoFault)})
	k.Judge()
	d := k.Desk()
	report := record.Head{ID: record.Ref{Kind: record.Wrapper, ID: "DiagnosticReport/r"}, Subject: record.Ref{Kind: record.Patient, ID: "b"}, Version: 7,
		Codings: []record.Coding{{System: term.SNOMED, Code: "1"}}}
	d.Wrap(feed, []record.Of[row.Tombstone]{{Head: report}})
	var out []string
	k.Accused(func(who Ordinal, v record.Version) {
		n, _ := k.Number(who)
		out = append(out, fmt.Sprintf("%v by %s of %d", n == num(2), v.ID.ID, v.At))
	})
	if len(d.Roots) != 1 || !slices.Equal(out, []string{"true by DiagnosticReport/r of 7"}) {
		t.Errorf("%d roots, accused %q", len(d.Roots), out)
	}
}

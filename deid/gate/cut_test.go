package gate

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
)

// shares is a gate that lets through rows of some sections.
type shares record.Sections

func (shares) Record(_ record.Feed, h *record.Head, _ identity.Number) Reason {
	if h.Restricted {
		return Confidential
	}
	return Kept
}

func (s shares) Part(_ record.Feed, h *record.Head, _ identity.Number) Reason {
	switch {
	case h.Sections.Within(record.Sections(s)):
		return Kept
	case h.Sections&record.Heart != 0:
		return Erased
	}
	return NotShared
}

// TestCut holds that of records with rows of several sections those rows stay that
// may be used, that the first of them stands for the record, and that each record
// is counted once, as kept or as left out, and again where it was cut.
func TestCut(t *testing.T) {
	worn := record.Feed{Name: "watch", Kind: record.Wearable}
	k := NewKeeper(Gates{Records: []RecordGate{shares(record.Activity | record.Body)}})
	k.Enrol(worn, []record.Person{patient("p", num(1), 1, record.NoFault)})
	k.Judge()
	rapid.Check(t, func(t *rapid.T) {
		var rows []record.Of[row.Reading]
		want := make(map[string][]int) // by record, which of its rows stay
		out, cut, flagged := 0, 0, 0
		for n := range rapid.IntRange(0, 4).Draw(t, "records") {
			id, parts := fmt.Sprint("r", n), rapid.SliceOfN(rapid.SampledFrom([]record.Sections{record.Activity, record.Sleep, record.Heart, record.Activity | record.Sleep, 0}), 1, 5).Draw(t, "sections")
			restricted := rapid.IntRange(0, 3).Draw(t, "restricted") == 0
			for i, s := range parts {
				r := record.Of[row.Reading]{Head: record.Head{ID: record.Ref{Kind: record.Reading, ID: id}, Subject: record.Ref{Kind: record.Patient, ID: "p"},
					Part: int32(i), Sections: s, Restricted: restricted}}
				r.Row.Value = float64(i)
				rows = append(rows, r)
				if s == record.Activity && !restricted {
					want[id] = append(want[id], i)
				}
			}
			switch {
			case restricted:
				flagged++
			case len(want[id]) == 0:
				out++
			case len(want[id]) < len(parts):
				cut++
			}
		}
		d := k.Desk()
		a := Admit(d, worn, rows)
		got := make(map[string][]int)
		for i := range a.Len() {
			r, who := a.At(i)
			if int(r.Part) != len(got[r.ID.ID]) || who < 0 {
				t.Fatalf("row %d of %s is part %d", len(got[r.ID.ID]), r.ID.ID, r.Part)
			}
			got[r.ID.ID] = append(got[r.ID.ID], int(r.Row.Value))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("rows %v, want %v", got, want)
		}
		set := record.DatasetOf[row.Reading]()
		sums := [...]int64{d.Records[set][Kept], d.Records[set][NotShared] + d.Records[set][Erased], d.Records[set][Confidential], d.Cut[set][NotShared] + d.Cut[set][Erased]}
		if sums != [...]int64{int64(len(want)), int64(out), int64(flagged), int64(cut)} {
			t.Fatalf("%v are kept, left out, flagged and cut; want %d, %d, %d, %d", sums, len(want), out, flagged, cut)
		}
		if len(d.Out) != out+flagged {
			t.Fatalf("older versions of %d records must go, of %d that were left out", len(d.Out), out+flagged)
		}
	})
}

// TestCutOfPersons holds that a PHR's Patient is judged by its section too, and
// that nothing of the shared record is cut.
func TestCutOfPersons(t *testing.T) {
	for kind, want := range map[record.FeedKind]Reason{record.PHR: NotShared, record.Shared: Kept} {
		f, p := record.Feed{Name: "f", Kind: kind}, patient("p", num(1), 1, record.NoFault)
		p.Sections = record.Profile
		k := NewKeeper(Gates{Records: []RecordGate{shares(record.Activity)}})
		k.Enrol(f, []record.Person{p})
		k.Judge()
		d := k.Desk()
		if a := AdmitPersons(d, f, []record.Person{p}); d.Records[0][want] != 1 || (a.Len() == 1) != (want == Kept) {
			t.Errorf("kind %d: %d admitted, tally %v", kind, a.Len(), d.Records[0])
		}
		problem := problem("p")
		problem.Sections = record.Sleep
		if a := Admit(k.Desk(), f, []record.Of[row.Problem]{problem}); (a.Len() == 1) != (want == Kept) {
			t.Errorf("kind %d: %d admitted", kind, a.Len())
		}
	}
}

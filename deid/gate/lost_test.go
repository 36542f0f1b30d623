package gate

import (
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

var none identity.Number

func removal(id string, version term.Time) record.Of[row.Tombstone] {
	return record.Of[row.Tombstone]{Head: record.Head{ID: record.Ref{Kind: record.Patient, ID: id}, Version: version}}
}

// mention is what a line of a hospital table says of its person.
func mention(n identity.Number, id string) record.Person {
	p := patient(id, n, 0, record.NoFault)
	p.Mentioned = true
	return p
}

// about makes a record that names its person by reference, by number or both.
func about(subject string, n identity.Number) record.Of[row.Problem] {
	r := problem(subject)
	if r.Number = n; subject == "" {
		r.Subject = record.Ref{}
	}
	return r
}

// end is what becomes of one record.
func end(k *Keeper, f record.Feed, r record.Of[row.Problem]) Reason {
	d := k.Desk()
	a := Admit(d, f, []record.Of[row.Problem]{r})
	for why, n := range d.Records[1] {
		if n == 1 && (a.Len() == 1) == (Reason(why) == Kept) {
			return Reason(why)
		}
	}
	return reasons
}

// TestDeletedPersons goes through what is left of a person when records of
// theirs are deleted: the reference, and the person by number.
func TestDeletedPersons(t *testing.T) {
	phr, hospital := record.Feed{Name: "phr", Kind: record.PHR}, record.Feed{Name: "hospital", Kind: record.Shared}
	one := patient("a", num(1), 10, record.NoFault)
	for name, tc := range map[string]struct {
		persons  []record.Person
		removals []record.Of[row.Tombstone]
		others   map[record.Feed][]record.Person
		ref, num Reason // of a record by reference, and of a hospital line by number
	}{
		"not deleted":     {[]record.Person{one}, nil, nil, Kept, Kept},
		"deleted":         {[]record.Person{one}, []record.Of[row.Tombstone]{removal("a", 10)}, nil, UnknownPerson, UnknownPerson},
		"deleted, no day": {[]record.Person{one}, []record.Of[row.Tombstone]{removal("a", term.Unknown)}, nil, UnknownPerson, UnknownPerson},
		"another deleted": {[]record.Person{one}, []record.Of[row.Tombstone]{removal("b", 20)}, nil, Kept, Kept},
		"sent again":      {[]record.Person{one, patient("a", num(1), 30, record.NoFault)}, []record.Of[row.Tombstone]{removal("a", 20)}, nil, Kept, Kept},
		"an older one sent again": {[]record.Person{one, patient("a", num(1), 5, record.NoFault)}, []record.Of[row.Tombstone]{removal("a", 10), removal("a", 3)},
			nil, UnknownPerson, UnknownPerson},
		"sent without version": {[]record.Person{patient("a", num(1), term.Unknown, record.NoFault)}, []record.Of[row.Tombstone]{removal("a", 3)},
			nil, UnknownPerson, UnknownPerson},
		"merged: another record stands": {[]record.Person{one, patient("b", num(1), 1, record.NoFault)}, []record.Of[row.Tombstone]{removal("a", 20)}, nil, UnknownPerson, Kept},
		"merged, and that deleted too": {[]record.Person{one, patient("b", num(1), 1, record.NoFault)},
			[]record.Of[row.Tombstone]{removal("b", 20), removal("a", 20)}, nil, UnknownPerson, UnknownPerson},
		"the other is ambiguous": {[]record.Person{one, patient("b", num(1), 1, record.NoFault), patient("b", num(2), 1, record.NoFault)},
			[]record.Of[row.Tombstone]{removal("a", 20)}, nil, UnknownPerson, UnknownPerson},
		"the other is unverified now": {[]record.Person{one, patient("b", num(1), 1, record.NoFault), patient("b", none, 2, record.Unverified)},
			[]record.Of[row.Tombstone]{removal("a", 20)}, nil, UnknownPerson, UnknownPerson},
		"the PHR's record stands": {[]record.Person{one}, []record.Of[row.Tombstone]{removal("a", 20)},
			map[record.Feed][]record.Person{phr: {patient("a", num(1), 1, record.NoFault)}}, UnknownPerson, Kept},
		"a hospital line is no record of the person": {[]record.Person{one}, []record.Of[row.Tombstone]{removal("a", 20)},
			map[record.Feed][]record.Person{hospital: {mention(num(1), "9")}}, UnknownPerson, UnknownPerson},
	} {
		for _, first := range []bool{true, false} { // deletions may be met before the persons
			k := NewKeeper(Gates{})
			if first {
				k.Remove(feed, tc.removals)
			}
			k.Enrol(feed, tc.persons)
			k.Enrol(hospital, []record.Person{mention(num(1), "1")})
			for f, persons := range tc.others {
				k.Enrol(f, persons)
			}
			if !first {
				k.Remove(feed, tc.removals)
			}
			k.Judge()
			if got := end(k, feed, about("a", none)); got != tc.ref {
				t.Errorf("%s: by reference %v, want %v", name, got, tc.ref)
			}
			if got := end(k, hospital, about("1", num(1))); got != tc.num {
				t.Errorf("%s: a hospital line %v, want %v", name, got, tc.num)
			}
		}
	}
}

// TestTheOtherRecordKeepsItsOwn shows that a merge leaves the records of the
// one that stays, under the same person.
func TestTheOtherRecordKeepsItsOwn(t *testing.T) {
	k := NewKeeper(Gates{})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("b", num(1), 1, record.NoFault)})
	k.Remove(feed, []record.Of[row.Tombstone]{removal("a", 9)})
	k.Judge()
	if got := end(k, feed, about("b", none)); got != Kept {
		t.Errorf("the record that stays: %v", got)
	}
	if got := end(k, feed, about("a", num(1))); got != UnknownPerson {
		t.Errorf("a number beside a reference that leads nowhere: %v", got)
	}
	d := k.Desk()
	a := AdmitPersons(d, feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("b", num(1), 1, record.NoFault)})
	if a.Len() != 1 || d.Records[0][UnknownPerson] != 1 || len(d.Out) != 1 {
		t.Errorf("admitted %d person records, tally %v", a.Len(), d.Records[0])
	}
}

// TestAPHRThatIsClosedTakesNobodyOut shows that a person who deletes their
// Personal Health Record is not gone from the shared record.
func TestAPHRThatIsClosedTakesNobodyOut(t *testing.T) {
	phr, hospital := record.Feed{Name: "phr", Kind: record.PHR}, record.Feed{Name: "hospital", Kind: record.Shared}
	k := NewKeeper(Gates{})
	k.Enrol(phr, []record.Person{patient("a", num(1), 1, record.NoFault)})
	k.Enrol(hospital, []record.Person{mention(num(1), "1")})
	k.Remove(phr, []record.Of[row.Tombstone]{removal("a", 9)})
	k.Judge()
	if got := end(k, hospital, about("1", num(1))); got != Kept {
		t.Errorf("a hospital line: %v", got)
	}
	if got := end(k, phr, about("a", none)); got != UnknownPerson {
		t.Errorf("the PHR: %v", got)
	}
}

// TestDeletedWhereNobodyLooked is a deletion that is met with the records: the
// person goes as a whole, unless the record was sent again.
func TestDeletedWhereNobodyLooked(t *testing.T) {
	for name, tc := range map[string]struct {
		removals []record.Of[row.Tombstone]
		want     int
	}{
		"deleted":             {[]record.Of[row.Tombstone]{removal("a", 10)}, 1},
		"twice":               {[]record.Of[row.Tombstone]{removal("a", 10), removal("a", term.Unknown)}, 1},
		"sent again":          {[]record.Of[row.Tombstone]{removal("a", 9)}, 0},
		"a stranger":          {[]record.Of[row.Tombstone]{removal("z", 10)}, 0},
		"a record, no person": {[]record.Of[row.Tombstone]{{Head: record.Head{ID: record.Ref{Kind: record.Condition, ID: "a"}}}}, 0},
	} {
		k := NewKeeper(Gates{})
		k.Enrol(feed, []record.Person{patient("a", num(1), 10, record.NoFault), patient("b", num(2), 10, record.NoFault)})
		k.Judge()
		AdmitDeletions(k.Desk(), feed, tc.removals)
		var out []Reason
		k.Late(func(who Ordinal, why Reason, _ []record.Version) {
			if n, _ := k.Number(who); n == num(1) {
				out = append(out, why)
			} else {
				t.Errorf("%s: somebody else is out", name)
			}
		})
		if len(out) != tc.want || len(out) == 1 && out[0] != UnknownPerson {
			t.Errorf("%s: %v", name, out)
		}
	}
}

// heard takes down what the watcher is told.
type heard map[identity.Number][]bool

func (h heard) Watch(_ record.Feed, _ *record.Head, who identity.Number, sure bool) {
	h[who] = append(h[who], sure)
}
func (heard) Deleted(record.Feed, record.Ref, term.Time)           {}
func (heard) Late(identity.Number, func(Reason, []record.Version)) {}
func (h heard) is(n identity.Number, sure bool) bool               { return len(h[n]) == 1 && h[n][0] == sure }
func coded(r record.Of[row.Problem], c term.Code) record.Of[row.Problem] {
	r.Codings = []record.Coding{{Code: c}}
	return r
}

// TestWhatNobodySaidIsHeard shows that a record that is left out for naming
// nobody, or two, is watched for everybody it may be of, and told to be unsure.
func TestWhatNobodySaidIsHeard(t *testing.T) {
	for name, tc := range map[string]struct {
		record record.Of[row.Problem]
		want   map[identity.Number]bool
	}{
		"known":                 {coded(about("a", none), "x"), map[identity.Number]bool{num(1): true}},
		"deleted":               {coded(about("gone", none), "x"), map[identity.Number]bool{num(2): false}},
		"two":                   {coded(about("a", num(2)), "x"), map[identity.Number]bool{num(1): false, num(2): false}},
		"no such reference":     {coded(about("z", num(1)), "x"), map[identity.Number]bool{num(1): false}},
		"no such anything":      {coded(about("z", num(3)), "x"), nil},
		"without codes, nobody": {about("gone", none), nil},
	} {
		h := heard{}
		k := NewKeeper(Gates{Watch: h})
		k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("gone", num(2), 1, record.NoFault), patient("b", num(2), 1, record.NoFault)})
		k.Remove(feed, []record.Of[row.Tombstone]{removal("gone", 1)})
		k.Judge()
		end(k, feed, tc.record)
		if len(h) != len(tc.want) {
			t.Errorf("%s: %d persons", name, len(h))
		}
		for n, sure := range tc.want {
			if !h.is(n, sure) {
				t.Errorf("%s: %v", name, h[n])
			}
		}
	}
}

// TestALineIsAsSureAsItsOwnNumber shows that a line of activity whose number is
// not verified is nobody's although a newer line has the same number verified,
// and that what either line says of its person shares its fate.
func TestALineIsAsSureAsItsOwnNumber(t *testing.T) {
	said := func(n identity.Number, version term.Time, fault record.Fault) record.Person {
		p := mention(n, "1")
		p.Version, p.Fault, p.Part = version, fault, 1
		return p
	}
	for _, newest := range []term.Time{1, 3} {
		sure, unsure := said(num(1), newest, record.NoFault), said(none, 2, record.Unverified)
		k := NewKeeper(Gates{})
		k.Enrol(feed, []record.Person{sure, unsure})
		k.Judge()
		if got := end(k, feed, about("1", num(1))); got != Kept {
			t.Errorf("the verified line: %v", got)
		}
		if got := end(k, feed, about("1", none)); got != NotVerified {
			t.Errorf("the other line: %v", got)
		}
		a := AdmitPersons(k.Desk(), feed, []record.Person{unsure, sure, unsure})
		if a.Len() != 1 {
			t.Fatalf("%d lines tell of the person", a.Len())
		}
		if p, _ := a.At(0); p.Fault != record.NoFault || p.Number != num(1) {
			t.Error("the line that is not sure tells of the person")
		}
	}
}

// TestWhatCannotBeReadIsHeard shows that a record that was rejected speaks
// against the use of its person's data, and takes along what hangs on it.
func TestWhatCannotBeReadIsHeard(t *testing.T) {
	h := heard{}
	k := NewKeeper(Gates{Watch: h, Records: []RecordGate{only{"Z31"}}})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault)})
	k.Judge()
	d := k.Desk()
	var heads []record.Of[row.Tombstone]
	for _, r := range []record.Of[row.Problem]{coded(about("a", none), "x"), coded(about("z", none), "Z31")} {
		heads = append(heads, record.Of[row.Tombstone]{Head: r.Head})
	}
	d.Hear(feed, heads)
	if len(h) != 1 || !h.is(num(1), false) {
		t.Errorf("heard of %d persons: %v", len(h), h[num(1)])
	}
	if len(d.Roots) != 1 || d.Roots[0] != &heads[1].Head || len(d.Out) != 0 || d.Records != (*k.Desk()).Records {
		t.Errorf("roots %d, out %d", len(d.Roots), len(d.Out))
	}
}

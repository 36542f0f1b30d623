package fate

import (
	"testing"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
)

// TestWhatHangsOnWhat judges a small life by hand: a consultation with a
// sensitive problem, a prescription for it, an appointment that hangs on the
// prescription, and a second consultation that has nothing to do with it but a
// reference the other way round.
func TestWhatHangsOnWhat(t *testing.T) {
	none := [2]int32{life.None, life.None}
	events := []life.Event{
		0: {Kind: life.Encounter, Encounter: life.None, Links: none},
		1: {Kind: life.Condition, Encounter: 0, Links: none, Sensitive: life.ByCode},
		2: {Kind: life.Medication, Encounter: life.None, Links: [2]int32{1, life.None}},
		3: {Kind: life.Appointment, Encounter: life.None, Links: [2]int32{2, life.None}},
		4: {Kind: life.Observation, Encounter: 0, Links: none},
		5: {Kind: life.Encounter, Encounter: life.None, Links: none},
		6: {Kind: life.Condition, Encounter: 5, Links: none},
		7: {Kind: life.Medication, Encounter: 5, Links: [2]int32{1, life.None}},
		8: {Kind: life.Observation, Encounter: 0, Links: none, Fault: life.Broken},
	}
	l := life.Life{Person: &person.Person{}, Events: events}
	j := Judge{Map: area.Of(1)}
	want := []End{{Excluded, SensitiveLink}, {Excluded, SensitiveCode}, {Excluded, SensitiveLink}, {Excluded, SensitiveLink},
		{Excluded, SensitiveLink}, {Excluded, SensitiveLink}, {Excluded, SensitiveLink}, {Excluded, SensitiveLink}, {Rejected, None}}
	for i, got := range j.Events(&l, nil) {
		if got != want[i] {
			t.Errorf("event %d: %s %q, want %s %q", i, got.Outcome, got.Reason, want[i].Outcome, want[i].Reason)
		}
	}

	// A person who objected in the GP record: everything that is left goes for
	// that, and what was taken out before keeps its reason.
	l.Person.Type1Coded = person.Objected
	want = []End{{Excluded, ObjectedType1}, {Excluded, SensitiveCode}, {Excluded, ObjectedType1}, {Excluded, ObjectedType1},
		{Excluded, ObjectedType1}, {Excluded, ObjectedType1}, {Excluded, ObjectedType1}, {Excluded, ObjectedType1}, {Rejected, None}}
	for i, got := range j.Events(&l, nil) {
		if got != want[i] {
			t.Errorf("objected, event %d: %s %q, want %s %q", i, got.Outcome, got.Reason, want[i].Outcome, want[i].Reason)
		}
	}
}

// TestSensitiveWithoutAgreement is that an encounter goes because of a sensitive
// record, although that is left out for want of an agreement.
func TestSensitiveWithoutAgreement(t *testing.T) {
	m := area.Of(1)
	for i := range m.Practices {
		m.Practices[i].Agreement = area.Never
	}
	for i := range m.Trusts {
		m.Trusts[i].Agreement = area.Signed
	}
	none := [2]int32{life.None, life.None}
	for sensitive, want := range map[life.Sensitivity]End{life.Open: {}, life.ByCode: Out(SensitiveLink), life.ByFlag: Out(SensitiveLink)} {
		l := life.Life{Person: &person.Person{}, Events: []life.Event{
			{Kind: life.Referral, Org: life.Practice(0), Encounter: life.None, Links: none, Sensitive: sensitive},
			{Kind: life.Encounter, Org: life.Trust(0), Encounter: life.None, Links: [2]int32{0, life.None}},
		}}
		j := Judge{Map: m}
		if got := j.Events(&l, nil); got[0] != Out(NoAgreement) || got[1] != want {
			t.Errorf("sensitivity %d: %v, want the encounter %v", sensitive, got, want)
		}
	}
}

// TestWhoIsNobody judges a record and a hospital line of persons whose
// registration or whose names are at fault, by hand.
func TestWhoIsNobody(t *testing.T) {
	none := [2]int32{life.None, life.None}
	j := Judge{Map: area.Of(1)}
	for name, c := range map[string]struct {
		person       person.Person
		faults       [2]life.Fault
		record, line End
	}{
		"erased":          {person.Person{Fault: person.Erased}, [2]life.Fault{}, Out(UnknownPerson), Out(UnknownPerson)},
		"erased, a PHR":   {person.Person{Fault: person.Erased, PHR: true}, [2]life.Fault{}, Out(UnknownPerson), End{}},
		"erased, flagged": {person.Person{Fault: person.Erased, Flagged: true}, [2]life.Fault{}, Out(UnknownPerson), Out(Confidential)},
		"resent":          {person.Person{Fault: person.Resent}, [2]life.Fault{}, End{}, End{}},
		"merged":          {person.Person{Fault: person.Merged}, [2]life.Fault{}, End{}, End{}},
		"misfiled":        {person.Person{Fault: person.Merged}, [2]life.Fault{life.Misfiled, life.Sound}, Out(UnknownPerson), End{}},
		"two named":       {person.Person{OptedOut: true}, [2]life.Fault{life.TwoNamed, life.Sound}, Out(Ambiguous), Out(NotAllowed)},
		"no number":       {person.Person{Fault: person.NoNumber}, [2]life.Fault{life.TwoNamed, life.Sound}, Out(NoNumber), End{}},
		"former, sure":    {person.Person{Old: 1, OldSure: true}, [2]life.Fault{life.Sound, life.Superseded}, End{}, End{}},
		"former, unsure":  {person.Person{Old: 1}, [2]life.Fault{life.Sound, life.Superseded}, End{}, Out(NotVerified)},
		"retracted":       {person.Person{Type1Coded: person.Retracted}, [2]life.Fault{}, Out(ObjectedType1), Out(ObjectedType1)},
		"withdrawn":       {person.Person{Type1Coded: person.Withdrawn}, [2]life.Fault{}, End{}, End{}},
		"... astray":      {person.Person{Fault: person.Merged, Type1Coded: person.Withdrawn}, [2]life.Fault{}, Out(ObjectedType1), Out(ObjectedType1)},
	} {
		l := life.Life{Person: &c.person, Events: []life.Event{
			{Kind: life.Observation, Fault: c.faults[0], Encounter: life.None, Links: none},
			{Kind: life.Attendance, Fault: c.faults[1], Encounter: life.None, Links: none},
		}}
		if got := j.Events(&l, nil); got[0] != c.record || got[1] != c.line {
			t.Errorf("%s: %v, want %v and %v", name, got, c.record, c.line)
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct{ end, again, removed End }{
		{End{}, End{Superseded, None}, End{Deleted, None}},
		{Out(SensitiveLink), End{Superseded, None}, End{Deleted, None}},
		{Out(SensitiveCode), Out(SensitiveCode), Out(SensitiveCode)},
		{Out(NotAllowed), Out(NotAllowed), Out(NotAllowed)},
	} {
		if got := c.end.Again(); got != c.again {
			t.Errorf("another version of %v ends as %v, want %v", c.end, got, c.again)
		}
		if got := c.end.Removed(); got != c.removed {
			t.Errorf("%v, deleted, ends as %v, want %v", c.end, got, c.removed)
		}
	}
}

// TestSensitiveThatCannotBeRead is that an encounter goes because of a sensitive
// record with an impossible date, and not because of one that is cut off.
func TestSensitiveThatCannotBeRead(t *testing.T) {
	none := [2]int32{life.None, life.None}
	for fault, want := range map[life.Fault]End{life.BadDate: Out(SensitiveLink), life.Broken: {}, life.WrongType: {}, life.Orphan: Out(SensitiveLink)} {
		l := life.Life{Person: &person.Person{}, Events: []life.Event{
			{Kind: life.Referral, Encounter: life.None, Links: none, Sensitive: life.ByCode, Fault: fault},
			{Kind: life.Encounter, Encounter: life.None, Links: [2]int32{0, life.None}},
		}}
		j := Judge{Map: area.Of(1)}
		if got := j.Events(&l, nil); got[1] != want {
			t.Errorf("fault %d: %v, want the encounter %v", fault, got, want)
		}
	}
}

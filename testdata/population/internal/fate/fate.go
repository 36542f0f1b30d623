// Package fate says what must become of every record: it is the rules of the
// gates, the versions and the links once more, in their plainest form and
// written without a look at the pipeline, so that the pipeline can be held
// against them.
package fate

import (
	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/r4"
)

// Outcome is the end a record comes to.
type Outcome uint8

// The outcomes.
const (
	Kept Outcome = iota
	Excluded
	Rejected
	Superseded
	Deleted
	Deletion
	Unused
)

// String returns the word the pipeline's account uses.
func (o Outcome) String() string {
	return [...]string{"kept", "excluded", "rejected", "superseded", "deleted", "deletion", "unused"}[o]
}

// Reason is why a record was left out.
type Reason uint8

// The reasons, as the gates word them.
const (
	None Reason = iota
	NoNumber
	BadNumber
	NotVerified
	Ambiguous
	UnknownPerson
	NotAllowed
	ObjectedLocal
	ObjectedType1
	NotConnected
	BeforeConnect
	AfterConnect
	NoTime
	NoAgreement
	OutOfAgreement
	SensitiveCode
	SensitiveLink
	Confidential
	NotShared
	Wiped
)

var words = [...][2]string{
	{"", ""}, {"identity", "no NHS number"}, {"identity", "NHS number not valid"}, {"identity", "NHS number not verified"},
	{"identity", "one key, several persons"}, {"identity", "person not in the feed"}, {"optout", "not on the allow list"},
	{"objection", "shared record objection"}, {"objection", "Type 1 opt-out"}, {"connection", "not connected"},
	{"connection", "before the connection"}, {"connection", "after the connection"}, {"connection", "no time to judge by"},
	{"agreement", "no sharing agreement"}, {"agreement", "outside its dates"}, {"sensitive", "by code"},
	{"sensitive", "by what it hangs on"}, {"sensitive", "flagged confidential"},
	{"connection", "section not shared"}, {"connection", "erased on request"},
}

// Gate names the gate of a reason.
func (r Reason) Gate() string { return words[r][0] }

// String says the reason in the words of the gates.
func (r Reason) String() string { return words[r][1] }

// End is what becomes of one record.
type End struct {
	Outcome Outcome
	Reason  Reason
}

// Out is the end of a record that is left out for a reason.
func Out(r Reason) End { return End{Excluded, r} }

// Person returns why nobody may use a person's data, judged by number, before
// any record of theirs is read.
func Person(p *person.Person) Reason {
	switch {
	case p.Flagged && !p.Absent && (p.Named() || p.Fault == person.SharedID): // else the flagged record names nobody
		return Confidential
	case p.Gone():
		return UnknownPerson
	case p.OptedOut:
		return NotAllowed
	case p.Local == person.Objected:
		return ObjectedLocal
	case p.Type1 == person.Objected:
		return ObjectedType1
	}
	return None
}

// Reference returns why a record that refers to the person's own record in the
// shared record cannot be used.
func Reference(p *person.Person) Reason {
	if p.Absent {
		return UnknownPerson
	}
	switch p.Fault {
	case person.NoNumber:
		return NoNumber
	case person.BadNumber:
		return BadNumber
	case person.Unverified:
		return NotVerified
	case person.SharedID:
		return Ambiguous
	case person.Erased:
		return UnknownPerson
	}
	return Person(p)
}

// Late returns why a person may not be used after all, once their GP record
// has been read. An objection in a record of a deleted Patient counts, a
// withdrawal there does not.
func Late(p *person.Person) Reason {
	objects := func(said person.Said) bool {
		return said == person.Objected || said == person.Retracted || said == person.Withdrawn && (p.Fault == person.Erased || p.Astray())
	}
	switch {
	case !p.Named(): // nobody knows whose record the code stands in
		return None
	case objects(p.LocalCoded):
		return ObjectedLocal
	case objects(p.Type1Coded):
		return ObjectedType1
	}
	return None
}

// Again is the end of another version or copy of a record that came to an end:
// of what is staged one is left.
func (e End) Again() End {
	if e.staged() {
		return End{Outcome: Superseded}
	}
	return e
}

// Removed is the end of a record that came to an end and was deleted besides.
func (e End) Removed() End {
	if e.staged() {
		return End{Outcome: Deleted}
	}
	return e
}

// staged reports whether the record got as far as the stage: what hangs on a
// sensitive record is found only there.
func (e End) staged() bool { return e.Outcome == Kept || e.Reason == SensitiveLink }

// Judge knows the agreements.
type Judge struct {
	Map     *area.Map
	Expired clock.Wall                  // when the agreements that have ended did
	Changed map[life.Org]area.Agreement // agreements that have begun or ended since
}

// Agreement returns why an organisation's data of a time may not be used.
func (j *Judge) Agreement(o life.Org, _ clock.Wall) Reason {
	i, practice := o.Index()
	kind := area.Signed
	if practice {
		kind = j.Map.Practices[i].Agreement
	} else {
		kind = j.Map.Trusts[i].Agreement
	}
	if now, ok := j.Changed[o]; ok {
		kind = now
	}
	switch {
	case kind == area.Never:
		return NoAgreement
	case kind == area.Expired:
		return OutOfAgreement
	}
	return None
}

// Events returns the end of the newest sound version of every event of a
// life, in ends.
func (j *Judge) Events(l *life.Life, ends []End) []End {
	ends = ends[:0]
	for i := range l.Events {
		ends = append(ends, j.event(l, &l.Events[i]))
	}
	late := Late(l.Person)
	for i := range ends {
		if ends[i].Outcome == Kept && late != None {
			ends[i] = Out(late)
		}
	}
	spread(l, ends)
	return ends
}

// event judges a record by itself.
func (j *Judge) event(l *life.Life, e *life.Event) End {
	if e.Gone {
		return End{Outcome: Deleted}
	}
	switch e.Fault {
	case life.Broken, life.WrongType, life.BadDate:
		return End{Outcome: Rejected}
	case life.Orphan:
		return Out(UnknownPerson)
	case life.Unnumbered:
		return Out(NoNumber)
	case life.Misnumbered:
		return Out(BadNumber)
	}
	why := Person(l.Person)
	switch {
	case e.Fault == life.Superseded && !l.Person.OldSure:
		return Out(NotVerified)
	case e.Fault == life.Misfiled:
		return Out(UnknownPerson)
	case e.Tabled():
	case l.Person.Absent && r4.ByNumber(l.Person, e) && numbered(l):
	case e.Fault == life.TwoNamed && l.Person.Named() && l.Person.Fault != person.Erased && !l.Person.Absent:
		return Out(Ambiguous)
	default:
		why = Reference(l.Person)
	}
	if why == None {
		why = j.Agreement(e.Org, e.At)
	}
	if why == None {
		why = [...]Reason{life.Open: None, life.ByCode: SensitiveCode, life.ByFlag: Confidential}[e.Sensitive]
	}
	if why != None {
		return Out(why)
	}
	return End{}
}

// numbered reports whether another feed knows the person by number: a line that
// cannot be read for another reason than its number tells that all the same.
func numbered(l *life.Life) bool {
	for i := range l.Events {
		switch e := &l.Events[i]; {
		case !e.Tabled():
		case e.Fault == life.Sound, e.Fault == life.Duplicate, e.Fault == life.BadDate, e.Fault == life.Broken && e.Kind == life.Clinic:
			return true
		}
	}
	return l.Person.PHR
}

// sensitive reports whether a record is found to be sensitive: that is looked
// for in every record, whatever else is against it, and even in a resource that
// has a value that cannot be read.
func sensitive(e *life.Event) bool {
	if e.Gone {
		return false
	}
	switch e.Fault {
	case life.Broken:
		return false
	case life.WrongType: // it is the code that cannot be read
		return e.Sensitive == life.ByFlag
	case life.BadDate:
		return e.Sensitive != life.Open && !e.Tabled()
	}
	return e.Sensitive != life.Open
}

// spread takes out what a sensitive record points to, and whatever goes with any
// of that, however far: what points at it, and what it is a part of. A condition
// is no part of what names it for a reason.
func spread(l *life.Life, ends []End) {
	gone := make([]bool, len(ends))
	for i := range ends {
		if e := &l.Events[i]; sensitive(e) {
			gone[i] = true
			points(e, func(to int32) { gone[to] = true })
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range l.Events {
			if l.Events[i].Fault == life.Broken {
				continue
			}
			points(&l.Events[i], func(to int32) {
				whole := l.Events[to].Kind != life.Condition
				if gone[to] && !gone[i] || whole && gone[i] && !gone[to] {
					gone[i], gone[to], changed = true, true, true
				}
			})
		}
	}
	for i := range ends {
		if gone[i] && ends[i].Outcome == Kept {
			ends[i] = Out(SensitiveLink)
		}
	}
}

// points tells what a record points to.
func points(e *life.Event, to func(int32)) {
	for _, i := range [...]int32{e.Encounter, e.Links[0], e.Links[1]} {
		if i != life.None {
			to(i)
		}
	}
	if e.Kind == life.Episode && e.Spell != life.None {
		to(e.Spell)
	}
}

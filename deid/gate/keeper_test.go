package gate

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

var feed = record.Feed{Name: "ohc", Kind: record.Shared}

// num makes a valid number of the test range.
func num(i int) identity.Number {
	for ; ; i += 100_000 {
		if n, err := identity.Parse(check(fmt.Sprintf("999%06d", i))); err == nil {
			return n
		}
	}
}

func check(nine string) []byte {
	sum := 0
	for i, c := range nine {
		sum += int(c-'0') * (10 - i)
	}
	return append([]byte(nine), byte('0'+(11-sum%11)%11))
}

func patient(id string, n identity.Number, version term.Time, fault record.Fault) record.Person {
	return record.Person{Fault: fault, Of: record.Of[row.Person]{Head: record.Head{
		ID: record.Ref{Kind: record.Patient, ID: id}, Number: n, Version: version}}}
}

func problem(subject string) record.Of[row.Problem] {
	return record.Of[row.Problem]{Head: record.Head{Subject: record.Ref{Kind: record.Patient, ID: subject}}}
}

type deny map[identity.Number]Reason

func (d deny) Person(n identity.Number) Reason { return d[n] }

// TestWhoIsLeftOut takes a record of each kind of person to the keeper.
func TestWhoIsLeftOut(t *testing.T) {
	k := NewKeeper(Gates{Persons: []PersonGate{deny{num(2): NotAllowed}}})
	secret := patient("secret", num(7), 1, record.NoFault)
	secret.Confidential = true
	k.Enrol(feed, []record.Person{
		patient("fine", num(1), 1, record.NoFault),
		patient("out", num(2), 1, record.NoFault),
		patient("none", identity.Number{}, 1, record.Missing),
		patient("bad", identity.Number{}, 1, record.BadCheckDigit),
		patient("unverified", identity.Number{}, 1, record.Unverified),
		patient("two", num(3), 1, record.NoFault),
		patient("two", num(4), 1, record.NoFault),
		patient("mended", identity.Number{}, 1, record.BadCheckDigit),
		patient("mended", num(5), 2, record.NoFault),
		patient("spoilt", num(6), 1, record.NoFault),
		patient("spoilt", identity.Number{}, 2, record.Unverified),
		patient("zero", identity.Number{}, 1, record.NoFault),
		secret,
	})
	k.Judge()
	for ref, want := range map[string]Reason{
		"fine": Kept, "out": NotAllowed, "none": NoNumber, "bad": BadNumber, "unverified": NotVerified, "two": Ambiguous,
		"mended": Kept, "spoilt": NotVerified, "zero": NoNumber, "secret": Confidential, "stranger": UnknownPerson, "": UnknownPerson,
	} {
		d := k.Desk()
		a := Admit(d, feed, []record.Of[row.Problem]{problem(ref)})
		if d.Records[1][want] != 1 || (a.Len() == 1) != (want == Kept) {
			t.Errorf("%q: want %v; admitted %d, tally %v", ref, want, a.Len(), d.Records[1])
		}
	}
}

// TestPersonRecordsAreJudgedByWhatAllOfThemSay shows that of two person records
// that share a reference neither gets through, whichever number it holds.
func TestPersonRecordsAreJudgedByWhatAllOfThemSay(t *testing.T) {
	records := []record.Person{
		patient("two", num(1), 1, record.NoFault), patient("two", num(2), 1, record.NoFault),
		patient("one", num(3), 1, record.NoFault), patient("", num(4), 1, record.NoFault),
	}
	k := NewKeeper(Gates{})
	k.Enrol(feed, records)
	k.Judge()
	d := k.Desk()
	a := AdmitPersons(d, feed, records)
	if a.Len() != 2 || d.Records[0][Ambiguous] != 2 || d.Records[0][Kept] != 2 {
		t.Errorf("admitted %d, tally %v", a.Len(), d.Records[0])
	}
}

func TestFeedsDoNotShareReferences(t *testing.T) {
	k := NewKeeper(Gates{})
	k.Enrol(feed, []record.Person{patient("1", num(1), 1, record.NoFault)})
	k.Judge()
	if a := Admit(k.Desk(), record.Feed{Name: "other", Kind: record.Shared}, []record.Of[row.Problem]{problem("1")}); a.Len() != 0 {
		t.Error("a record of one feed was given to a person of another")
	}
}

// TestOrderDoesNotMatter enrols the same person records in two orders.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		persons := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record.Person {
			p := patient(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "ref"), identity.Number{}, term.Time(rapid.IntRange(1, 3).Draw(t, "version")), record.Missing)
			if rapid.Bool().Draw(t, "good") {
				p.Number, p.Fault = num(rapid.IntRange(1, 2).Draw(t, "number")), record.NoFault
			}
			return p
		}), 1, 6).Draw(t, "persons")
		shuffled := rapid.Permutation(persons).Draw(t, "shuffled")
		a, b := NewKeeper(Gates{}), NewKeeper(Gates{})
		a.Enrol(feed, persons)
		for i := range shuffled {
			b.Enrol(feed, shuffled[i:i+1])
		}
		for _, ref := range []string{"a", "b"} {
			wa, ra := a.roster.find(feed, record.Ref{Kind: record.Patient, ID: ref}, identity.Number{})
			wb, rb := b.roster.find(feed, record.Ref{Kind: record.Patient, ID: ref}, identity.Number{})
			if ra != rb || (ra == Kept && a.roster.numbers[wa] != b.roster.numbers[wb]) {
				t.Fatalf("%s: %v and %v", ref, ra, rb)
			}
		}
	})
}

type only struct{ code term.Code }

func (o only) Record(_ record.Feed, h *record.Head, _ identity.Number) Reason {
	for _, c := range h.Codings {
		if c.Code == o.code {
			return SensitiveCode
		}
	}
	return Kept
}

type late struct{ seen map[identity.Number]bool }

func (l late) Watch(_ record.Feed, h *record.Head, who identity.Number, _ bool) {
	if len(h.Codings) > 0 {
		l.seen[who] = true
	}
}
func (l late) Deleted(record.Feed, record.Ref, term.Time) {}
func (l late) Late(who identity.Number, yield func(Reason, []record.Version)) {
	if l.seen[who] {
		yield(ObjectedType1, nil)
	}
}

func TestSensitiveRootsAndLatePersons(t *testing.T) {
	k := NewKeeper(Gates{Records: []RecordGate{only{"Z31"}}, Watch: late{map[identity.Number]bool{}}})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("b", num(2), 1, record.NoFault)})
	k.Judge()
	d := k.Desk()
	sensitive, part := problem("a"), problem("a")
	sensitive.ID, part.ID = record.Ref{Kind: record.Condition, ID: "1"}, record.Ref{Kind: record.Condition, ID: "1"}
	sensitive.Codings = []record.Coding{{Code: "Z31"}}
	part.Part = 1 // without the code: it shares its record's fate all the same
	a := Admit(d, feed, []record.Of[row.Problem]{sensitive, part, problem("b")})
	if a.Len() != 1 || len(d.Roots) != 1 || d.Records[1][SensitiveCode] != 1 {
		t.Errorf("admitted %d, roots %d, tally %v", a.Len(), len(d.Roots), d.Records[1])
	}
	var out []Reason
	k.Late(func(_ Ordinal, r Reason, _ []record.Version) { out = append(out, r) })
	if len(out) != 1 || out[0] != ObjectedType1 {
		t.Errorf("late: %v", out)
	}
}

// TestLinesTellOfAPersonEachByItself shows that what a line of a hospital table
// says of its person shares the fate of that line and of no other: neither is
// the second let in by the first, nor kept out by it.
func TestLinesTellOfAPersonEachByItself(t *testing.T) {
	k := NewKeeper(Gates{Records: []RecordGate{only{"Z31"}}})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault)})
	k.Judge()
	open, sensitive := patient("a", num(1), 1, record.NoFault), patient("a", num(1), 1, record.NoFault)
	open.Part, sensitive.Part = 1, 1
	sensitive.Codings = []record.Coding{{Code: "Z31"}}
	for _, lines := range [][]record.Person{{open, sensitive}, {sensitive, open}} {
		a := AdmitPersons(k.Desk(), feed, lines)
		if a.Len() != 1 {
			t.Fatalf("admitted %d", a.Len())
		}
		if p, _ := a.At(0); len(p.Codings) != 0 {
			t.Error("admitted the sensitive line")
		}
	}
}

func TestAdmitDoesNotAllocate(t *testing.T) {
	k := NewKeeper(Gates{Persons: []PersonGate{deny{}}, Records: []RecordGate{only{"Z31"}}})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault)})
	k.Judge()
	d := k.Desk()
	rows := make([]record.Of[row.Problem], 1000)
	for i := range rows {
		rows[i] = problem("a")
	}
	Admit(d, feed, rows)
	if n := testing.AllocsPerRun(10, func() { Admit(d, feed, rows) }); n != 0 {
		t.Errorf("%v allocations for 1000 rows", n)
	}
}

func TestReasonsHaveWords(t *testing.T) {
	for r := range reasons {
		if r.String() == "" || (r.Gate() == "") != (r == Kept) {
			t.Errorf("reason %d: gate %q, words %q", r, r.Gate(), r)
		}
	}
}

func BenchmarkAdmit(b *testing.B) {
	k := NewKeeper(Gates{Persons: []PersonGate{deny{}}, Records: []RecordGate{only{"Z31"}}})
	var rows []record.Of[row.Problem]
	for i := range 8192 {
		id := fmt.Sprintf("e6dde18e-af01-4f2f-b74a-%012d", i)
		k.Enrol(feed, []record.Person{patient(id, num(i), 1, record.NoFault)})
		r := problem(id)
		r.Codings = []record.Coding{{System: term.SNOMED, Code: "73211009"}}
		rows = append(rows, r)
	}
	k.Judge()
	d := k.Desk()
	b.ReportAllocs()
	for b.Loop() {
		Admit(d, feed, rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/row")
}

// barred objects to every record, as an agreement that is not there does.
type barred struct{}

func (barred) Record(record.Feed, *record.Head, identity.Number) Reason { return NoAgreement }

// TestSensitiveIsHeardBehindAnotherGate shows that what hangs on a sensitive
// record goes even when another gate took the record out.
func TestSensitiveIsHeardBehindAnotherGate(t *testing.T) {
	k := NewKeeper(Gates{Records: []RecordGate{barred{}, only{"Z31"}}})
	k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault)})
	k.Judge()
	d := k.Desk()
	sensitive := problem("a")
	sensitive.Codings = []record.Coding{{Code: "Z31"}}
	a := Admit(d, feed, []record.Of[row.Problem]{sensitive, problem("a")})
	if a.Len() != 0 || len(d.Roots) != 1 || d.Records[1][NoAgreement] != 2 {
		t.Errorf("admitted %d, roots %d, tally %v", a.Len(), len(d.Roots), d.Records[1])
	}
}

// TestSensitiveIsHeardWhoeverItIsOf shows that what hangs on a sensitive record
// goes even when nobody can say whose that is, or its person is left out: the
// encounter may be of somebody who is not.
func TestSensitiveIsHeardWhoeverItIsOf(t *testing.T) {
	k := NewKeeper(Gates{Persons: []PersonGate{deny{num(2): NotAllowed}}, Records: []RecordGate{only{"Z31"}}})
	k.Enrol(feed, []record.Person{patient("out", num(2), 1, record.NoFault), patient("bad", identity.Number{}, 1, record.Unverified)})
	k.Judge()
	for ref, want := range map[string]Reason{"out": NotAllowed, "bad": NotVerified, "stranger": UnknownPerson} {
		d := k.Desk()
		sensitive := problem(ref)
		sensitive.Codings = []record.Coding{{Code: "Z31"}}
		a := Admit(d, feed, []record.Of[row.Problem]{sensitive, problem(ref)})
		if a.Len() != 0 || len(d.Roots) != 1 || d.Records[1][want] != 2 {
			t.Errorf("%s: admitted %d, roots %d, tally %v", ref, a.Len(), len(d.Roots), d.Records[1])
		}
	}
}

// TestAFlagIsHeardWithoutANumber shows that a person's own record that is
// flagged takes the person out although its number cannot be used, in every
// feed and in whatever order; where the reference is of two persons nobody can
// say which.
func TestAFlagIsHeardWithoutANumber(t *testing.T) {
	flagged := func(id string, fault record.Fault, version term.Time) record.Person {
		p := patient(id, identity.Number{}, version, fault)
		p.Confidential = true
		return p
	}
	persons := []record.Person{
		patient("a", num(1), 1, record.NoFault), flagged("a", record.Unverified, 2),
		patient("b", num(2), 1, record.NoFault), flagged("b", record.Missing, 1),
		patient("two", num(3), 1, record.NoFault), patient("two", num(4), 1, record.NoFault), flagged("two", record.Missing, 3),
		patient("fine", num(5), 1, record.NoFault), flagged("nobody", record.Missing, 1),
	}
	for range 2 {
		k := NewKeeper(Gates{})
		k.Enrol(feed, persons)
		k.Judge()
		for i, want := range []Reason{Confidential, Confidential, Kept, Kept, Kept} {
			var r record.Of[row.Problem]
			r.Number = num(i + 1)
			if got := end(k, record.Feed{Name: "phr", Kind: record.PHR}, r); got != want {
				t.Errorf("person %d: %v, want %v", i+1, got, want)
			}
		}
		slices.Reverse(persons)
	}
}

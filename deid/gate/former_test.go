package gate

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// with adds former numbers to a person record.
func with(p record.Person, sure bool, former ...identity.Number) record.Person {
	for _, n := range former {
		p.Former = append(p.Former, record.Former{Number: n, Sure: sure})
	}
	return p
}

// TestTwoNamesForOneSubject goes through records that name their person by
// reference and by number.
func TestTwoNamesForOneSubject(t *testing.T) {
	k := NewKeeper(Gates{})
	k.Enrol(feed, []record.Person{
		with(patient("a", num(1), 1, record.NoFault), true, num(11)), patient("b", num(2), 1, record.NoFault),
		patient("unsure", none, 1, record.Unverified), with(patient("c", num(3), 1, record.NoFault), false, num(33)),
	})
	k.Judge()
	for name, tc := range map[string]struct {
		subject string
		number  identity.Number
		want    Reason
	}{
		"both the same":                        {"a", num(1), Kept},
		"by reference alone":                   {"a", none, Kept},
		"by number alone":                      {"", num(1), Kept},
		"somebody else's number":               {"a", num(2), Ambiguous},
		"nobody's number":                      {"a", num(9), Ambiguous},
		"a former number of the person":        {"a", num(11), Kept},
		"a former number of somebody else":     {"b", num(11), Ambiguous},
		"a former number that nobody verified": {"c", num(33), Ambiguous},
		"an unknown reference":                 {"z", num(1), UnknownPerson},
		"a reference without a sound number":   {"unsure", num(1), NotVerified},
		"neither":                              {"", none, UnknownPerson},
	} {
		if got := end(k, feed, about(tc.subject, tc.number)); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestLinesOfANumberDoNotSpoilEachOther shows that a hospital line with a sound
// number is not kept out by another line in which the same number is unsound.
func TestLinesOfANumberDoNotSpoilEachOther(t *testing.T) {
	k := NewKeeper(Gates{})
	unsound := mention(none, "1")
	unsound.Fault = record.Unverified
	k.Enrol(feed, []record.Person{mention(num(1), "1"), unsound})
	k.Judge()
	if got := end(k, feed, about("1", num(1))); got != Kept {
		t.Errorf("the sound line: %v", got)
	}
	if got := end(k, feed, about("1", none)); got != NotVerified {
		t.Errorf("the unsound line: %v", got)
	}
}

// TestFormerNumbers goes through what becomes of a hospital line that has the
// number 11, given what the persons' own records say of it.
func TestFormerNumbers(t *testing.T) {
	hospital := record.Feed{Name: "hospital", Kind: record.Shared}
	sound := with(patient("a", num(1), 1, record.NoFault), true, num(11))
	for name, tc := range map[string]struct {
		persons []record.Person
		deny    deny
		removed string
		want    Reason
		heir    bool // it is the person's with number 1
	}{
		"nobody knows it":                 {[]record.Person{patient("a", num(1), 1, record.NoFault)}, nil, "", Kept, false},
		"verified":                        {[]record.Person{sound}, nil, "", Kept, true},
		"in another version":              {[]record.Person{sound, patient("a", num(1), 2, record.NoFault)}, nil, "", Kept, true},
		"not verified":                    {[]record.Person{with(patient("a", num(1), 1, record.NoFault), false, num(11))}, nil, "", NotVerified, false},
		"one of two records is sure":      {[]record.Person{sound, with(patient("b", num(1), 1, record.NoFault), false, num(11))}, nil, "", Kept, true},
		"of two persons":                  {[]record.Person{sound, with(patient("b", num(2), 1, record.NoFault), true, num(11))}, nil, "", Ambiguous, false},
		"perhaps of two persons":          {[]record.Person{sound, with(patient("b", num(2), 1, record.NoFault), false, num(11))}, nil, "", Ambiguous, false},
		"and of a nameless one":           {[]record.Person{sound, with(patient("b", none, 1, record.Missing), true, num(11))}, nil, "", Ambiguous, false},
		"of an ambiguous record":          {[]record.Person{sound, patient("a", num(2), 1, record.NoFault)}, nil, "", Ambiguous, false},
		"somebody's number now":           {[]record.Person{sound, patient("b", num(11), 1, record.NoFault)}, nil, "", Ambiguous, false},
		"that record is deleted":          {[]record.Person{sound, patient("b", num(11), 1, record.NoFault)}, nil, "b", Kept, true},
		"its record is deleted":           {[]record.Person{sound}, nil, "a", UnknownPerson, false},
		"one of two is deleted":           {[]record.Person{sound, with(patient("b", num(2), 1, record.NoFault), true, num(11))}, nil, "b", Kept, true},
		"its number in an older version":  {[]record.Person{patient("a", num(11), 1, record.NoFault), patient("a", num(1), 2, record.NoFault)}, nil, "", Kept, true},
		"the same, and objected under it": {[]record.Person{patient("a", num(11), 1, record.NoFault), patient("a", num(1), 2, record.NoFault)}, deny{num(11): ObjectedLocal}, "", ObjectedLocal, true},
		"put right: it is another's":      {[]record.Person{patient("a", num(11), 1, record.NoFault), patient("a", num(1), 2, record.NoFault), patient("b", num(11), 1, record.NoFault)}, nil, "", Kept, false},
		"older of two persons":            {[]record.Person{patient("a", num(11), 1, record.NoFault), patient("a", num(1), 2, record.NoFault), patient("b", num(11), 1, record.NoFault), patient("b", num(2), 2, record.NoFault)}, nil, "", Ambiguous, false},
		"its own number as well":          {[]record.Person{with(patient("a", num(11), 1, record.NoFault), true, num(11))}, nil, "", Kept, false},
		"the person is out":               {[]record.Person{sound}, deny{num(1): NotAllowed}, "", NotAllowed, true},
		"off the allow list itself":       {[]record.Person{sound}, deny{num(11): NotAllowed}, "", Kept, true},
		"objected under it":               {[]record.Person{sound}, deny{num(11): ObjectedLocal}, "", ObjectedLocal, true},
	} {
		k := NewKeeper(Gates{Persons: []PersonGate{tc.deny}})
		k.Enrol(hospital, []record.Person{mention(num(11), "11")})
		k.Enrol(feed, tc.persons)
		if tc.removed != "" {
			k.Remove(feed, []record.Of[row.Tombstone]{removal(tc.removed, 9)})
		}
		k.Judge()
		if got := end(k, hospital, about("11", num(11))); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
		if tc.want != Kept {
			continue
		}
		who, _ := k.roster.find(hospital, record.Ref{Kind: record.Patient, ID: "11"}, num(11))
		if n, _ := k.Number(who); (n == num(1)) != tc.heir {
			t.Errorf("%s: in a wrong person", name)
		}
	}
}

// TestTheHeirAnswers shows that what was said under a former number holds for
// all that the person has, not only for what came under it.
func TestTheHeirAnswers(t *testing.T) {
	secret := patient("old", num(11), 1, record.NoFault)
	secret.Confidential = true
	for name, tc := range map[string]struct {
		deny    deny
		persons []record.Person
		want    Reason
	}{
		"objected":  {deny{num(11): ObjectedType1, num(12): ObjectedLocal}, nil, ObjectedLocal},
		"flagged":   {nil, []record.Person{secret}, Confidential},
		"not sent":  {deny{num(11): NotAllowed}, nil, Kept},
		"somebody":  {deny{num(13): ObjectedLocal}, nil, Kept},
		"no former": {deny{}, nil, Kept},
	} {
		k := NewKeeper(Gates{Persons: []PersonGate{tc.deny}})
		k.Enrol(feed, append(tc.persons, with(patient("a", num(1), 1, record.NoFault), true, num(11), num(12))))
		k.Remove(feed, []record.Of[row.Tombstone]{removal("old", 9)})
		k.Judge()
		if got := end(k, feed, about("a", none)); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestAnUnsureFormerNumberIsHeard shows that an objection, or a flag, under a
// number that a person may have had takes the person out; that two persons claim
// it says of neither that it was theirs.
func TestAnUnsureFormerNumberIsHeard(t *testing.T) {
	objected := deny{num(11): ObjectedType1}
	one := with(patient("a", num(1), 1, record.NoFault), false, num(11))
	other := with(patient("b", num(2), 1, record.NoFault), false, num(11))
	secret := patient("old", num(11), 1, record.NoFault)
	secret.Confidential = true
	for name, tc := range map[string]struct {
		deny    deny
		persons []record.Person
		want    Reason
	}{
		"objected":     {objected, []record.Person{one}, ObjectedType1},
		"flagged":      {deny{}, []record.Person{one, secret}, Confidential},
		"not sent":     {deny{num(11): NotAllowed}, []record.Person{one}, Kept},
		"of one or of": {objected, []record.Person{one, other}, Kept},
	} {
		k := NewKeeper(Gates{Persons: []PersonGate{tc.deny}})
		k.Enrol(feed, tc.persons)
		k.Remove(feed, []record.Of[row.Tombstone]{removal("old", 9)})
		k.Judge()
		if got := end(k, feed, about("a", none)); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestNobodyBecomesAnother enrols persons, deletions and former numbers at
// random in two orders: the outcome is the same, and a record is never given
// to a person whom none of its names is, or was, known to be.
func TestNobodyBecomesAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Custom(func(t *rapid.T) identity.Number { return num(rapid.IntRange(1, 4).Draw(t, "number")) })
		ref := rapid.SampledFrom([]string{"a", "b", "c"})
		persons := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record.Person {
			if rapid.IntRange(0, 4).Draw(t, "mention") == 0 {
				i := rapid.IntRange(1, 4).Draw(t, "of")
				return mention(num(i), fmt.Sprint(i))
			}
			p := patient(ref.Draw(t, "ref"), number.Draw(t, "own"), term.Time(rapid.IntRange(0, 3).Draw(t, "version")), record.NoFault)
			if rapid.IntRange(0, 5).Draw(t, "bad") == 0 {
				p.Number, p.Fault = none, record.Missing
			}
			return with(p, rapid.Bool().Draw(t, "sure"), rapid.SliceOfN(number, 0, 2).Draw(t, "former")...)
		}), 1, 7).Draw(t, "persons")
		removals := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record.Of[row.Tombstone] {
			return removal(ref.Draw(t, "deleted"), term.Time(rapid.IntRange(0, 3).Draw(t, "upto")))
		}), 0, 2).Draw(t, "removals")
		a, b := NewKeeper(Gates{}), NewKeeper(Gates{})
		a.Enrol(feed, persons)
		a.Remove(feed, removals)
		b.Remove(feed, rapid.Permutation(removals).Draw(t, "removals again"))
		b.Enrol(feed, rapid.Permutation(persons).Draw(t, "persons again"))
		a.Judge()
		b.Judge()
		sameForAll(t, a, b, persons)
	})
}

func sameForAll(t *rapid.T, a, b *Keeper, persons []record.Person) {
	known := map[identity.Number]map[identity.Number]bool{} // numbers, and those that a record of the same person has as well
	for _, p := range persons {
		for _, q := range persons {
			if known[p.Number] == nil {
				known[p.Number] = map[identity.Number]bool{}
			}
			for _, f := range append(q.Former, record.Former{Number: q.Number}) {
				known[p.Number][f.Number] = known[p.Number][f.Number] || p.ID == q.ID
			}
		}
	}
	for _, subject := range []string{"", "a", "b", "c", "1", "2"} {
		for _, n := range []identity.Number{none, num(1), num(2), num(3), num(4)} {
			r := about(subject, n)
			wa, ra := a.who(feed, &r.Head)
			wb, rb := b.who(feed, &r.Head)
			if ra == Kept && rb == Kept {
				na, va := a.Number(wa)
				nb, vb := b.Number(wb)
				if na != nb || va != vb {
					t.Fatalf("%q: another order, another person or verdict: %v, %v", subject, va, vb)
				}
				if va == Kept && !n.Zero() && !known[na][n] {
					t.Fatalf("%q: a record with a number went to a person who never had it", subject)
				}
			} else if ra != rb {
				t.Fatalf("%q: %v and %v", subject, ra, rb)
			}
		}
	}
}

// TestOneReasonForTheHeir shows that whose own number another record claims,
// and who has objected under a former one, is left out for the same reason
// every time.
func TestOneReasonForTheHeir(t *testing.T) {
	for range 50 {
		k := NewKeeper(Gates{Persons: []PersonGate{deny{num(11): ObjectedType1}}})
		k.Enrol(feed, []record.Person{
			with(patient("a", num(1), 1, record.NoFault), true, num(11)),
			with(patient("b", num(2), 1, record.NoFault), true, num(1)),
		})
		k.Judge()
		if got := end(k, feed, about("a", none)); got != Ambiguous {
			t.Fatalf("left out for %v", got)
		}
	}
}

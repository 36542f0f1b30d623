package gate

import (
	"bytes"
	"crypto/aes"
	"fmt"
	"hash/fnv"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

func secret(t interface{ Fatal(...any) }, key string) Secret {
	b, err := aes.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return Secret{K0: uint64(key[0]), K1: uint64(key[1]), Numbers: b}
}

const keptUnder = "0123456789abcdef"

// lists are what gates say of a day: who is denied, who has a word with the
// record gate, and whose the accounts are.
type lists struct {
	denied deny
	words  map[identity.Number]Reason
	owners map[string]identity.Number
}

func (l lists) gates() Gates {
	return Gates{Persons: []PersonGate{l.denied}, Records: []RecordGate{l}, Accounts: l}
}

func (l lists) Record(_ record.Feed, _ *record.Head, who identity.Number) Reason { return l.words[who] }

func (l lists) Stand(n identity.Number) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, l.words[n], slices.Sorted(slices.Values(l.Accounts(n))))
	return h.Sum64()
}

func (l lists) Whose(account record.Ref, _ term.Time) (identity.Number, Reason) {
	if n, ok := l.owners[account.ID]; ok {
		return n, Kept
	}
	return identity.Number{}, NotConnected
}

func (l lists) Numbers() (out []identity.Number) {
	for _, n := range l.owners {
		out = append(out, n)
	}
	return out
}

func (l lists) Accounts(n identity.Number) (out []string) {
	for id, owner := range l.owners {
		if owner == n {
			out = append(out, id)
		}
	}
	return out
}

// The feeds of the tests, and what their records name.
var (
	feeds    = []record.Feed{feed, {Name: "phr", Kind: record.PHR}, {Name: "watch", Kind: record.Wearable}}
	refs     = []string{"a", "b", "c", "d"}
	accounts = []string{"x", "y"}
)

const numbers = 6

// said is one thing that a feed says of persons.
type said struct {
	feed    record.Feed
	person  record.Person
	removal bool
}

func (k *Keeper) hear(all []said) {
	for _, s := range all {
		if s.removal {
			k.Remove(s.feed, []record.Of[row.Tombstone]{{Head: s.person.Head}})
		} else {
			k.Enrol(s.feed, []record.Person{s.person})
		}
	}
}

var drawSaid = rapid.Custom(func(t *rapid.T) said {
	version := term.Time(rapid.IntRange(0, 4).Draw(t, "version"))
	s := said{feed: feeds[rapid.IntRange(0, 1).Draw(t, "feed")],
		person: patient(rapid.SampledFrom(append(refs, "")).Draw(t, "ref"), none, version, record.Missing)}
	if s.removal = rapid.IntRange(0, 4).Draw(t, "removal") == 0; s.removal {
		return s
	}
	if rapid.IntRange(0, 4).Draw(t, "sound") > 0 {
		s.person.Number, s.person.Fault = drawNumber(t, "number"), record.NoFault
	}
	s.person.Mentioned = rapid.IntRange(0, 4).Draw(t, "mentioned") == 0
	s.person.Confidential = rapid.IntRange(0, 9).Draw(t, "confidential") == 0
	for range rapid.IntRange(-2, 2).Draw(t, "former") {
		s.person.Former = append(s.person.Former, record.Former{Number: drawNumber(t, "was"), Sure: rapid.Bool().Draw(t, "sure")})
	}
	return s
})

func drawNumber(t *rapid.T, label string) identity.Number {
	return num(rapid.IntRange(1, numbers).Draw(t, label))
}

func drawLists(t *rapid.T) lists {
	l := lists{deny{}, make(map[identity.Number]Reason), make(map[string]identity.Number)}
	for range rapid.IntRange(0, 2).Draw(t, "denied") {
		l.denied[drawNumber(t, "who is denied")] = rapid.SampledFrom([]Reason{NotAllowed, ObjectedLocal, ObjectedType1}).Draw(t, "why")
	}
	for range rapid.IntRange(0, 2).Draw(t, "words") {
		l.words[drawNumber(t, "who has a word")] = NotConnected
	}
	for _, id := range accounts {
		if rapid.Bool().Draw(t, "owned") {
			l.owners["garmin|"+id] = drawNumber(t, "owner")
		}
	}
	return l
}

// heads are all ways to name a person that the tests know.
func heads(yield func(f record.Feed, h record.Head)) {
	for _, f := range feeds {
		for _, id := range accounts {
			yield(f, record.Head{Subject: record.Ref{Kind: record.Account, ID: "garmin|" + id}})
		}
		for _, ref := range append(refs, "") {
			subject := record.Ref{Kind: record.Patient, ID: ref}
			if ref == "" {
				subject = record.Ref{}
			}
			yield(f, record.Head{Subject: subject})
			for i := 1; i <= numbers; i++ {
				yield(f, record.Head{Subject: subject, Number: num(i)})
			}
		}
	}
}

// fate is whose a record is, and what becomes of it.
func (k *Keeper) fate(f record.Feed, h *record.Head) (identity.Number, Reason) {
	v := k.Desk().weigh(f, h, true)
	if v.who == nobody {
		return none, v.why
	}
	return k.roster.numbers[v.who], v.why
}

// kept is a keeper with a roster that is kept, that has heard and judged.
func kept(t *rapid.T, l lists, from []byte, all []said) *Keeper {
	k := NewKeeper(l.gates())
	k.Keep(secret(t, keptUnder))
	if from != nil {
		if err := k.Load(bytes.NewReader(from), int64(len(from))); err != nil {
			t.Fatal(err)
		}
	}
	k.hear(all)
	k.Judge()
	return k
}

func (k *Keeper) saved(t *rapid.T) []byte {
	var b bytes.Buffer
	if err := k.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRosterGoesOn holds that who is taken up over several nights, with lists
// that change, is judged as if all were taken up in one; and that a record that
// Changes does not find is kept for the same person as it was, whose rows stay,
// or is not kept, and its person's rows go if it was.
func TestRosterGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		var then *Keeper
		var all []said
		for night := range rapid.IntRange(2, 4).Draw(t, "nights") {
			more := rapid.SliceOfN(drawSaid, 0, 8).Draw(t, fmt.Sprint("night ", night))
			all = append(all, more...)
			l := drawLists(t)
			now := kept(t, l, text, more)
			same(t, now, kept(t, l, nil, rapid.Permutation(all).Draw(t, "order")))
			if then != nil {
				unchanged(t, then, now)
			}
			then, text = now, now.saved(t)
		}
	})
}

// same holds that two keepers judge alike.
func same(t *rapid.T, a, b *Keeper) {
	heads(func(f record.Feed, h record.Head) {
		nA, whyA := a.fate(f, &h)
		nB, whyB := b.fate(f, &h)
		if whyA != whyB || whyA == Kept && nA != nB {
			t.Fatalf("%s %q: by nights %v, at once %v (the same person: %v)", f.Name, h.Subject.ID, whyA, whyB, nA == nB)
		}
	})
}

// unchanged holds that what the changes from one night to the next do not find
// is as it was.
func unchanged(t *rapid.T, then, now *Keeper) {
	c := now.Changes(feeds)
	touched, gone := make(map[identity.Number]bool), make(map[identity.Number]bool)
	for who := range c.Persons() {
		touched[now.roster.numbers[who]] = true
	}
	for _, n := range c.Gone {
		touched[n], gone[n] = true, true
	}
	heads(func(f record.Feed, h record.Head) {
		if h.Subject.Kind == record.Account && f.Kind != record.Wearable {
			return
		}
		if c.Keys[now.Key(f, h.Subject)] || c.Numbers[h.Number] || gone[h.Number] {
			return
		}
		nThen, whyThen := then.fate(f, &h)
		nNow, whyNow := now.fate(f, &h)
		switch {
		case whyNow == Kept && (whyThen != Kept || nThen != nNow):
			t.Fatalf("%s %q: not found, and was %v, is %v", f.Name, h.Subject.ID, whyThen, whyNow)
		case whyNow == Kept && touched[nNow]:
			t.Fatalf("%s %q: not found, and its person's rows go", f.Name, h.Subject.ID)
		case whyThen == Kept && whyNow != Kept && !touched[nThen]:
			t.Fatalf("%s %q: not found, is %v, and its person's rows stay", f.Name, h.Subject.ID, whyNow)
		}
	})
}

// TestRosterRefused holds that a roster that is cut off anywhere, has something
// behind its end, is of another form, or was kept under another key is refused.
func TestRosterRefused(t *testing.T) {
	k := NewKeeper(Gates{})
	k.Keep(secret(t, keptUnder))
	k.Enrol(feed, []record.Person{with(patient("a", num(1), 1, record.NoFault), true, num(2)), patient("a", num(3), 2, record.NoFault)})
	k.Remove(feed, []record.Of[row.Tombstone]{removal("b", 3)})
	k.Judge()
	var b bytes.Buffer
	if err := k.Save(&b); err != nil {
		t.Fatal(err)
	}
	load := func(text []byte, key string) error {
		k := NewKeeper(Gates{})
		k.Keep(secret(t, key))
		return k.Load(bytes.NewReader(text), int64(len(text)))
	}
	if err := load(b.Bytes(), keptUnder); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if err := load(b.Bytes()[:n], keptUnder); err != ErrRoster {
			t.Errorf("cut off at %d of %d: %v", n, b.Len(), err)
		}
	}
	more := bytes.Clone(b.Bytes())
	more[len(rosterForm)]++
	for name, text := range map[string][]byte{
		"longer":       append(bytes.Clone(b.Bytes()), 0),
		"another form": bytes.Replace(b.Bytes(), []byte("roster 3"), []byte("roster 2"), 1),
		"more persons": more,
	} {
		if err := load(text, keptUnder); err != ErrRoster {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := load(b.Bytes(), "another key, yes"); err != ErrRoster {
		t.Errorf("another key: %v", err)
	}
}

// FuzzRoster holds that what is no roster is refused, or is one that can be
// judged and saved, whatever it says.
func FuzzRoster(f *testing.F) {
	k := NewKeeper(Gates{})
	k.Keep(secret(f, keptUnder))
	k.Enrol(feed, []record.Person{with(patient("a", num(1), 1, record.NoFault), true, num(2)), patient("a", num(3), 2, record.NoFault)})
	k.Judge()
	var b bytes.Buffer
	if err := k.Save(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(rosterForm))
	f.Add(append([]byte(rosterForm), bytes.Repeat([]byte{0}, 48)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		k := NewKeeper(Gates{})
		k.Keep(secret(t, keptUnder))
		if err := k.Load(bytes.NewReader(text), int64(len(text))); err != nil {
			return
		}
		k.Judge()
		k.Changes(feeds)
		if err := k.Save(&bytes.Buffer{}); err != nil {
			t.Error(err)
		}
	})
}

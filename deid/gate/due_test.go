package gate

import (
	"bytes"
	"iter"
	"maps"
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// waiting is a watcher that waits for days.
type waiting map[identity.Number]term.Time

func (w waiting) Watch(record.Feed, *record.Head, identity.Number, bool)          {}
func (w waiting) Deleted(record.Feed, record.Ref, term.Time)                      {}
func (w waiting) Late(identity.Number, func(why Reason, unless []record.Version)) {}
func (w waiting) Due() iter.Seq2[identity.Number, term.Time]                      { return maps.All(w) }

// TestDueIsKept holds that whose day has come is touched on the first night that
// is not before it, once, however many nights the day was kept for.
func TestDueIsKept(t *testing.T) {
	var text []byte
	for night, heard := range []waiting{1: {num(1): 4, num(2): 3, num(3): 9}, 2: {num(1): 5}, 7: nil} {
		k := NewKeeper(Gates{Watch: heard, Now: term.Time(night)})
		k.Keep(secret(t, keptUnder))
		if text == nil {
			k.Enrol(feed, []record.Person{patient("a", num(1), 1, record.NoFault), patient("b", num(2), 1, record.NoFault), patient("c", num(3), 1, record.NoFault)})
		} else if err := k.Load(bytes.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
		k.Judge()
		c := k.Changes(feeds)
		want := map[int][]identity.Number{3: {num(2)}, 4: {num(1)}}[night]
		if text != nil && (len(c.Persons()) != len(want) || len(want) > 0 && !c.Numbers[want[0]]) {
			t.Errorf("night %d: %d are touched, want %d", night, len(c.Persons()), len(want))
		}
		var b bytes.Buffer
		if err := k.Save(&b); err != nil {
			t.Fatal(err)
		}
		text = b.Bytes()
	}
}

// TestEndedIsEnrolledAnew holds that a reference of which what was said is read
// in another way from a time on is told on the first night that is not before
// it, is forgotten by then, and leads to whom the records name that are enrolled
// again; and that a record of a person that is read in another way touches them.
func TestEndedIsEnrolledAnew(t *testing.T) {
	before := patient("a", num(1), 1, record.NoFault)
	before.Expires = 3
	after := with(patient("a", num(2), 1, record.NoFault), true, num(1))
	row := record.Head{Subject: record.Ref{Kind: record.Patient, ID: "b"}, Expires: 5}
	var text []byte
	for night := range 7 {
		k := NewKeeper(Gates{Now: term.Time(night)})
		k.Keep(secret(t, keptUnder))
		a := k.Key(feed, before.ID)
		if text == nil {
			k.Enrol(feed, []record.Person{before, patient("b", num(3), 1, record.NoFault)})
		} else if err := k.Load(bytes.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
		again := k.Renew()
		if len(again) != map[bool]int{true: 1}[night == 3] || len(again) > 0 && !again[a] {
			t.Errorf("night %d: %d are to be enrolled again", night, len(again))
		}
		if night == 3 {
			if _, why := k.roster.find(feed, before.ID, none); why == Kept {
				t.Error("who was behind the reference is not forgotten")
			}
			k.Enrol(feed, []record.Person{after})
		}
		k.Judge()
		c := k.Changes(feeds)
		want := map[int][]identity.Number{3: {num(1), num(2)}, 5: {num(3)}}[night]
		for _, n := range want {
			if !c.Numbers[n] {
				t.Errorf("night %d: somebody who changes is not touched", night)
			}
		}
		if night > 0 && len(c.Numbers) != len(want) || night == 3 && !c.Keys[a] {
			t.Errorf("night %d: %d numbers are touched, want %d", night, len(c.Numbers), len(want))
		}
		who := num(1)
		if night >= 3 {
			who = num(2)
		}
		if n, why := k.fate(feed, &record.Head{Subject: before.ID}); why != Kept || n != who {
			t.Errorf("night %d: the reference leads to somebody else: %v", night, why)
		}
		if night == 0 {
			k.fate(feed, &row)
		}
		var b bytes.Buffer
		if err := k.Save(&b); err != nil {
			t.Fatal(err)
		}
		text = b.Bytes()
	}
}

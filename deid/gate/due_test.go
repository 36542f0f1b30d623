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

package gate

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
)

// TestRoll holds that the roll of a kept roster has everybody who is in it, each
// former number with whose it is, and nobody else; and that what is cut off,
// damaged or kept under another key is refused.
func TestRoll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := NewKeeper(drawLists(t).gates())
		k.Keep(secret(t, keptUnder))
		k.hear(rapid.SliceOfN(drawSaid, 0, 12).Draw(t, "said"))
		k.Judge()
		var b bytes.Buffer
		if err := k.Save(&b); err != nil {
			t.Fatal(err)
		}
		roll := func(text []byte, key string) (map[identity.Number]identity.Number, error) {
			got := make(map[identity.Number]identity.Number)
			return got, Roll(bytes.NewReader(text), int64(len(text)), secret(t, key), func(n, heir identity.Number) {
				if got[n].Zero() {
					got[n] = heir
				}
			})
		}
		got, err := roll(b.Bytes(), keptUnder)
		if err != nil {
			t.Fatal(err)
		}
		want := make(map[identity.Number]identity.Number)
		add := func(n identity.Number) {
			want[n] = identity.Number{}
			if who := k.roster.heir(n); who != nobody && k.roster.numbers[who] != n {
				want[n] = k.roster.numbers[who]
			}
		}
		for _, n := range k.roster.numbers {
			add(n)
		}
		for c := range k.roster.claims {
			add(c.number)
		}
		if len(got) != len(want) {
			t.Fatalf("it has %d numbers, want %d", len(got), len(want))
		}
		for n, heir := range want {
			if have, ok := got[n]; !ok || have != heir {
				t.Fatalf("a number is missing, or is somebody else's: %v", ok)
			}
		}
		cut := rapid.IntRange(0, b.Len()-1).Draw(t, "cut")
		if _, err := roll(b.Bytes()[:cut], keptUnder); err != ErrRoster {
			t.Fatalf("cut off: %v", err)
		}
		if _, err := roll(b.Bytes(), "another key, yes"); len(want) > 0 && err != ErrRoster {
			t.Fatalf("under another key: %v", err)
		}
	})
}

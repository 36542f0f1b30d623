package gate

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/term"
)

// TestIndex shows that an index answers as a map does, but for the key 0, which
// is 1.
func TestIndex(t *testing.T) {
	var zero index
	zero.set(0, entry{who: 7})
	for _, key := range []uint64{0, 1} {
		if e, ok := zero.get(key); !ok || e.who != 7 || zero.used != 1 {
			t.Errorf("under %d: %v %v", key, e, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var x index
		want := make(map[uint64]entry)
		key := rapid.OneOf(rapid.Uint64Range(1, 300), rapid.Uint64Min(1), rapid.Custom(func(t *rapid.T) uint64 {
			return rapid.Uint64Range(1, 300).Draw(t, "high") << 40 // keys that meet
		}))
		for i := range rapid.IntRange(0, 400).Draw(t, "n") {
			k, e := key.Draw(t, "key"), entry{version: term.Time(i), who: Ordinal(i)}
			was, ok := x.get(k)
			if w, known := want[k]; ok != known || was != w {
				t.Fatalf("%d: %v %v, want %v %v", k, was, ok, w, known)
			}
			x.set(k, e)
			want[k] = e
		}
		for k, e := range x.all() {
			e.own = true
			x.set(k, e)
		}
		got := maps.Collect(x.all())
		if len(got) != len(want) {
			t.Fatalf("%d entries, want %d", len(got), len(want))
		}
		for k, e := range want {
			if e.own = true; got[k] != e {
				t.Fatalf("%d: %v, want %v", k, got[k], e)
			}
		}
	})
}

package format

import (
	"math/rand"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Bands stand in the order of their numbers, and text as text does.
func TestNatural(t *testing.T) {
	want := []string{"-5 to -1", "0-4", "5-9", "10-14", "45-49", "50", "50-54", "100+", "2026-01", "2026-02", "", "not known", "under 5"}
	got := slices.Clone(want)
	rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	if slices.SortFunc(got, Natural); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestNaturalOrders holds that it is an order, in which nothing equals another.
func TestNaturalOrders(t *testing.T) {
	label := rapid.OneOf(rapid.StringMatching(`-?[0-9]{0,3}(\.[0-9])?[-+ a]?[0-9]{0,2}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := label.Draw(t, "a"), label.Draw(t, "b"), label.Draw(t, "c")
		if Natural(a, b) != -Natural(b, a) || (Natural(a, b) == 0) != (a == b) || Natural(a, b) < 0 && Natural(b, c) < 0 && Natural(a, c) >= 0 {
			t.Fatalf("%q, %q, %q", a, b, c)
		}
	})
}

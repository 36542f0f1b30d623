package number

import (
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/testdata/population/internal/chance"
)

// TestNumbers holds 300,000 numbers against the product's own parser, which
// checks form, check digit and the reserved numbers.
func TestNumbers(t *testing.T) {
	s := Of(42)
	seen := make(map[uint64]bool)
	blocks := make(map[uint64]bool)
	r := chance.Of(1, 1, 1)
	for i := range 300_000 {
		n := s.At(i)
		if seen[n] {
			t.Fatalf("number %d comes twice", i)
		}
		seen[n] = true
		blocks[n/10_000_000] = true
		if n < 9_000_000_000 || n > 9_999_999_999 {
			t.Fatalf("number %d lies outside the range", i)
		}
		if _, err := identity.Parse(Append(nil, n)); err != nil {
			t.Fatalf("number %d: %v", i, err)
		}
		if _, err := identity.Parse(Append(nil, Bad(n, &r))); err != identity.ErrCheckDigit {
			t.Fatalf("bad number %d: %v", i, err)
		}
	}
	if len(blocks) != 100 {
		t.Errorf("the numbers begin in %d ways, want 900 to 999", len(blocks))
	}
}

func TestNumbersFarOut(t *testing.T) {
	s := Of(42)
	for _, i := range []int{0, 30_000_000, 60_000_000, size - 2*each - 1} {
		if _, err := identity.Parse(Append(nil, s.At(i))); err != nil {
			t.Errorf("number %d: %v", i, err)
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	if Of(1).At(0) == Of(2).At(0) {
		t.Error("two seeds gave the same first number")
	}
}

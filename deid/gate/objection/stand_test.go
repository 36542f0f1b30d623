package objection_test

import (
	"testing"

	"secondaryuse/deid/gate/gatetest"
)

// TestStand holds that the digest of a person is another one when the list's
// word about them is, also where that judges the same by itself: the codes in
// the record are held against its day.
func TestStand(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	stand := func(rows ...string) uint64 {
		g, err := open(t, append(rows, b+",type-1,objected,2025-01-01")...)
		if err != nil {
			t.Fatal(err)
		}
		return g.Stand(number(t, 0))
	}
	seen := make(map[uint64]string)
	for _, row := range []string{
		"", a + ",shared-record,objected,2026-01-01", a + ",shared-record,objected,2026-01-02",
		a + ",shared-record,withdrawn,2026-01-01", a + ",type-1,objected,2026-01-01",
	} {
		var rows []string
		if row != "" {
			rows = append(rows, row)
		}
		s := stand(rows...)
		if other, ok := seen[s]; ok {
			t.Errorf("%q and %q stand alike", row[min(len(row), 10):], other[min(len(other), 10):])
		}
		seen[s] = row
		if again := stand(rows...); again != s {
			t.Error("another digest of the same list")
		}
	}
	if stand() != 0 {
		t.Error("who is not on the list stands for something")
	}
}

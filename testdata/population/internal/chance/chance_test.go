package chance

import (
	"math"
	"testing"
)

func TestStreamsAreIndependentOfOrder(t *testing.T) {
	a, b := Of(1, 2, 3), Of(1, 2, 4)
	first, second := a.Next(), b.Next()
	again := Of(1, 2, 4)
	if again.Next() != second {
		t.Error("the same seed, ordinal and stream gave another number")
	}
	if first == second {
		t.Error("two streams gave the same number")
	}
	if c := Of(1, 3, 3); c.Next() == first {
		t.Error("two ordinals gave the same number")
	}
}

func TestMoments(t *testing.T) {
	const n = 200_000
	r := Of(7, 0, 0)
	var uniform, normal, square, count float64
	for range n {
		uniform += r.Float()
		x := r.Normal()
		normal += x
		square += x * x
		count += float64(r.Count(21.5))
	}
	for _, c := range []struct {
		name       string
		got, want  float64
		difference float64
	}{
		{"mean of Float", uniform / n, 0.5, 0.005},
		{"mean of Normal", normal / n, 0, 0.02},
		{"variance of Normal", square / n, 1, 0.02},
		{"mean of Count", count / n, 21.5, 0.1},
	} {
		if math.Abs(c.got-c.want) > c.difference {
			t.Errorf("%s is %.4f, want %.4f", c.name, c.got, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	r := Of(1, 1, 1)
	for range 10_000 {
		if x := r.Below(7); x < 0 || x > 6 {
			t.Fatalf("Below(7) = %d", x)
		}
		if x := r.Between(3, 5); x < 3 || x > 5 {
			t.Fatalf("Between(3, 5) = %d", x)
		}
		if i := r.Pick([]float64{0, 1, 0}); i != 1 {
			t.Fatalf("Pick chose weight 0: %d", i)
		}
	}
	if r.Below(0) != 0 || r.Count(0) != 0 || r.Hit(0) || !r.Hit(1) {
		t.Error("an edge was crossed")
	}
}

package margin

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// cube is a table of any number of dimensions with all its totals: first the
// cells, then the totals over one dimension, over two, and so on.
func cube(cells []int64, dims ...int) *Table {
	t := &Table{Floor: 1}
	at := make(map[string]int) // of a place, the figure
	places := places(dims)
	for i, place := range places {
		at[fmt.Sprint(place)] = i
		q := Quantity{}
		if i < len(cells) {
			q.Value = cells[i]
		}
		t.Quantities = append(t.Quantities, q)
		for d, v := range place {
			if v >= 0 {
				continue
			}
			r := Relation{Whole: i, Adds: true}
			part := slices.Clone(place)
			t.Quantities[i].Value = 0
			for x := range dims[d] {
				part[d] = x
				r.Parts = append(r.Parts, at[fmt.Sprint(part)])
				t.Quantities[i].Value += t.Quantities[r.Parts[x]].Value
			}
			t.Relations = append(t.Relations, r)
		}
	}
	return t
}

// places are the cells of a table and its totals, -1 where a dimension is
// totalled: those of fewer totals first.
func places(dims []int) (out [][]int) {
	var each func(place []int)
	each = func(place []int) {
		if len(place) == len(dims) {
			out = append(out, slices.Clone(place))
			return
		}
		for v := -1; v < dims[len(place)]; v++ {
			each(append(place, v))
		}
	}
	each(nil)
	totalled := func(place []int) (n int) {
		for _, v := range place {
			n += min(v, 0)
		}
		return -n
	}
	slices.SortStableFunc(out, func(a, b []int) int { return totalled(a) - totalled(b) })
	return out
}

// rules makes a table as a profile would: counts from 1 to k are hidden, others
// known to within what they are rounded to (base 1 is not at all).
func (t *Table) rules(k, base int64, cells int) {
	for i := range t.Quantities {
		q := &t.Quantities[i]
		v := (q.Value + base/2) / base * base
		switch {
		case q.Value >= 1 && q.Value <= k:
			q.Hidden, q.Protected, q.From, q.To = true, true, t.Floor, k
			if q.Low, q.High = t.Floor, k; i >= cells {
				q.High = Most
			}
		case q.Value == 0 && t.Floor == 0:
			q.Hidden, q.Protected, q.Low, q.High, q.From, q.To = true, true, 0, k, 0, k
			if i >= cells {
				q.High = Most
			}
		case q.Value == 0:
			q.Low, q.High = 0, 0
		default:
			q.Low, q.High = max(v-base/2, k+1), v+(base-1)/2
		}
	}
}

func TestOneHiddenInARow(t *testing.T) {
	tab := cube([]int64{3, 20, 40}, 3)
	tab.rules(7, 1, 3)
	if lo, hi := attack(tab, 0, 100); lo != 3 || hi != 3 {
		t.Errorf("before: from %d to %d, not from 3 to 3", lo, hi)
	}
	more, err := tab.Protect()
	if err != nil || !slices.Equal(more, []int{1}) {
		t.Errorf("hidden besides %v, want the next smallest; error %v", more, err)
	}
	if lo, hi := attack(tab, 0, 100); lo > 1 || hi < 7 {
		t.Errorf("after: from %d to %d, not from 1 to 7", lo, hi)
	}
}

// attack tells the least and the most that figure i can be, by going through
// every table that agrees with what is shown. It shares nothing with Protect:
// it enumerates the cells, adds them up and looks whether all that is shown is
// there.
func attack(t *Table, i int, most int64) (lo, hi int64) {
	base, whole := t.split()
	v := make([]int64, len(t.Quantities))
	lo, hi = most+1, -1
	var each func(n int)
	each = func(n int) {
		if n == len(base) {
			for _, r := range t.Relations { // totals come after what they are of
				v[r.Whole] = 0
				for _, p := range r.Parts {
					v[r.Whole] += v[p]
				}
			}
			for j, q := range t.Quantities {
				if whole[j] && (v[j] < q.Low || v[j] > q.High) {
					return
				}
			}
			lo, hi = min(lo, v[i]), max(hi, v[i])
			return
		}
		q := &t.Quantities[base[n]]
		for x := q.Low; x <= min(q.High, most); x++ {
			v[base[n]] = x
			if t.possible(v, base[:n+1], base[n+1:], most) {
				each(n + 1)
			}
		}
	}
	each(0)
	return lo, hi
}

// split tells the cells from the totals.
func (t *Table) split() (base []int, whole map[int]bool) {
	whole = make(map[int]bool)
	for _, r := range t.Relations {
		whole[r.Whole] = true
	}
	for j := range t.Quantities {
		if !whole[j] {
			base = append(base, j)
		}
	}
	return base, whole
}

// possible says that the totals can still come out, whatever the cells that are
// not yet chosen.
func (t *Table) possible(v []int64, done, open []int, most int64) bool {
	for _, r := range t.Relations {
		var least, greatest int64
		for _, p := range r.Parts {
			switch q := &t.Quantities[p]; {
			case slices.Contains(done, p):
				least, greatest = least+v[p], greatest+v[p]
			case slices.Contains(open, p):
				least, greatest = least+q.Low, greatest+min(q.High, most)
			default:
				return true // a total of totals: looked at in the end
			}
		}
		if q := &t.Quantities[r.Whole]; least > q.High || greatest < q.Low {
			return false
		}
	}
	return true
}

// drawn is a small table under drawn rules.
func drawn(t *rapid.T) *Table {
	dims := rapid.SampledFrom([][]int{{2}, {3}, {4}, {2, 2}, {2, 3}, {3, 3}, {2, 2, 2}}).Draw(t, "dimensions")
	n := 1
	for _, d := range dims {
		n *= d
	}
	cells := rapid.SliceOfN(rapid.Int64Range(0, 9), n, n).Draw(t, "cells")
	k := rapid.Int64Range(1, 3).Draw(t, "k")
	base := rapid.SampledFrom([]int64{1, 2, 3}).Draw(t, "base")
	if base/2 > k {
		base = 1
	}
	tab := cube(cells, dims...)
	if rapid.Bool().Draw(t, "zeros hidden") {
		tab.Floor = 0
	}
	tab.rules(k, base, n)
	return tab
}

// TestNobodyNarrows is the promise, against an attacker who tries everything.
func TestNobodyNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := drawn(t)
		before := fmt.Sprint(tab.Quantities)
		if _, err := tab.Protect(); err != nil {
			t.Fatalf("%v: %s", err, before)
		}
		if i := narrowed(tab); i >= 0 {
			lo, hi := attack(tab, i, 12)
			t.Fatalf("figure %d is from %d to %d, not from %d to %d\n%s", i, lo, hi, tab.least(i), tab.Quantities[i].To, before)
		}
	})
}

// narrowed returns a protected figure that the attacker narrows, or -1.
func narrowed(t *Table) int {
	for i, q := range t.Quantities {
		if !q.Protected {
			continue
		}
		if lo, hi := attack(t, i, 12); lo > t.least(i) || hi < q.To {
			return i
		}
	}
	return -1
}

// TestHidesLittle measures how much more is hidden than has to be: against the
// fewest figures that do, found by trying every choice.
func TestHidesLittle(t *testing.T) {
	ours, least := 0, 0
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		dims := [][]int{{3}, {4}, {2, 2}, {2, 3}}[random.IntN(4)]
		var cells []int64
		for range dims[0] * append(dims, 1)[1] {
			cells = append(cells, random.Int64N(10))
		}
		make := func() *Table {
			tab := cube(cells, dims...)
			tab.rules(2, 1, len(cells))
			return tab
		}
		tab := make()
		more, err := tab.Protect()
		if err != nil {
			t.Fatal(err)
		}
		ours += len(more)
		least += fewest(make, len(more))
	}
	t.Logf("hidden besides the small ones: %d, at the least %d", ours, least)
	if ours > least*3/2 {
		t.Errorf("hides %d where %d would do", ours, least)
	}
}

// fewest tells how many figures must be hidden, where so many do.
func fewest(make func() *Table, enough int) int {
	n := len(make().Quantities)
	for few := range enough {
		for choice := range 1 << n {
			if bits.OnesCount(uint(choice)) != few {
				continue
			}
			tab := make()
			tab.index()
			for i := range n {
				if q := &tab.Quantities[i]; choice>>i&1 == 1 && !q.Hidden && q.Value > 0 {
					tab.hide(i)
				}
			}
			if narrowed(tab) < 0 {
				return few
			}
		}
	}
	return enough
}

// TestOverlap is the same where a person can be in several cells: the total is
// at least each cell and at most their sum, which an attacker solves by hand.
func TestOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.Int64Range(1, 20), 2, 5).Draw(t, "cells")
		k := rapid.Int64Range(1, 5).Draw(t, "k")
		tab := cube(cells, len(cells))
		last := len(cells)
		tab.Relations[0].Adds = false
		tab.Quantities[last].Value = rapid.Int64Range(slices.Max(cells), tab.Quantities[last].Value).Draw(t, "total")
		tab.rules(k, 1, len(cells))
		if _, err := tab.Protect(); err != nil {
			t.Fatal(err)
		}
		total := tab.Quantities[last]
		for i, q := range tab.Quantities[:last] {
			others := int64(0)
			for j, o := range tab.Quantities[:last] {
				if j != i {
					others += min(o.High, 1000)
				}
			}
			if lo, hi := max(q.Low, total.Low-others), min(q.High, total.High); q.Protected && (lo > q.From || hi < q.To) {
				t.Fatalf("figure %d is from %d to %d: %+v", i, lo, hi, tab.Quantities)
			}
		}
	})
}

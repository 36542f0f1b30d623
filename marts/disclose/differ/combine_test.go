package differ

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// rank is how many of the figures say something that the others do not, of the people
// who are not left out: by elimination over fractions with small numbers.
func rank(all []people, leave people) (n int) {
	const p = 1_000_003
	var rows [][32]int
	for _, f := range all {
		var row [32]int
		for i := range row {
			row[i] = int((f &^ leave) >> i & 1)
		}
		rows = append(rows, row)
	}
	for at := range 32 {
		k := slices.IndexFunc(rows[n:], func(r [32]int) bool { return r[at] != 0 })
		if k < 0 {
			continue
		}
		rows[n], rows[n+k] = rows[n+k], rows[n]
		for i := n + 1; i < len(rows); i++ {
			a, b := rows[i][at], rows[n][at]
			for j := range rows[i] { // b times the one, less a times the other
				rows[i][j] = ((rows[i][j]*b-rows[n][j]*a)%p + p) % p
			}
		}
		n++
	}
	return n
}

// alone looks for a few people of whom figures, added to and taken off each other,
// say something that is about nobody else: then they say less where these are left out.
func alone(all []people, few int64) people {
	whole := rank(all, 0)
	for some := people(1); some < 1<<12; some++ {
		if some.count() <= few && rank(all, some) < whole {
			return some
		}
	}
	return 0
}

// TestNobodyCombines is the promise, against an attacker who tries all that can be
// added to and taken off each other, however often, over some releases in a row.
func TestNobodyCombines(t *testing.T) {
	root, n := t.TempDir(), 0
	told, figures := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s, err := Open(filepath.Join(root, fmt.Sprint(n)), testKey("r"))
		if err != nil {
			t.Fatal(err)
		}
		few := rapid.Int64Range(1, 3).Draw(t, "few")
		var all []people
		for r := range rapid.IntRange(2, 4).Draw(t, "releases") {
			var table []shown
			for i := range rapid.IntRange(1, 3).Draw(t, "figures") {
				p := people(rapid.Uint32Range(0, 1<<12-1).Draw(t, "people"))
				if p.count() > few {
					table = append(table, shown{release: r, set: i, people: p})
				}
			}
			found := release(t, s, fmt.Sprint("r", r), few, "d", table)
			for i, f := range table {
				if figures++; !slices.Contains(found.Hide, i) {
					told++
					all = append(all, f.people)
				}
			}
			if some := alone(all, few); some != 0 {
				t.Fatalf("few is %d: %x tells of %x", few, all, some)
			}
		}
	})
	t.Logf("%d of %d figures told", told, figures)
}

// TestCombinations are ways to work out a few that take more than two figures, or a
// union of some.
func TestCombinations(t *testing.T) {
	a, b := people(0xfff), people(0xffc00) // 10 to 11 are in both
	for name, c := range map[string]struct {
		earlier [][]shown
		table   []shown
		want    []int
	}{
		"those in both of two cohorts":        {[][]shown{{{people: a}}, {{people: b}}}, []shown{{people: a | b}}, []int{0}},
		"by their overlap with a third":       {[][]shown{{{people: 0xfff}}, {{people: 0xfff0 | 1<<20}}}, []shown{{people: 0xf | 0xf000}}, nil},
		"A without B without C":               {[][]shown{{{people: 0xffff}}, {{people: 0xff0f}}, {{people: 0xff0}}}, []shown{{people: 0x0f1}}, []int{0}},
		"cells that overlap, and their total": {nil, []shown{{people: a}, {people: b}, {people: a | b, level: 1}}, []int{1}},
		"a total of a hidden cell":            {nil, []shown{{people: 0xff}, {people: 0xff00}, {people: 0x1ffff, level: 1}}, nil},
		"of cells that share many":            {nil, []shown{{people: 0xfff}, {people: 0xfff0}, {people: 0xffff, level: 1}}, nil},
		"half of each":                        {[][]shown{{{people: 0x0ff}}, {{people: 0xff0}}}, []shown{{people: 0xf0f}}, nil},
	} {
		if got := hides(t, 2, c.earlier, c.table); !slices.Equal(got, c.want) {
			t.Errorf("%s: hides %v, want %v", name, got, c.want)
		}
	}
}

// TestTimes holds arithmetic modulo prime to that of the schoolbook.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64Range(0, prime-1).Draw(t, "a"), rapid.Uint64Range(0, prime-1).Draw(t, "b")
		var want uint64
		for x, y := a, b; y > 0; y >>= 1 {
			if y&1 == 1 {
				want = (want + x) % prime
			}
			x = 2 * x % prime
		}
		if got := reduced(times(a, b)); got != want {
			t.Fatalf("%d times %d is %d, not %d", a, b, got, want)
		}
		if a != 0 && reduced(times(a, inverse(a))) != 1 {
			t.Fatalf("the inverse of %d is %d", a, inverse(a))
		}
	})
}

package differ

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func person(n int) (p [16]byte) {
	p[0], p[15] = byte(n*37), byte(n) // not in the order of n
	return p
}

// testKey is a register's key.
type testKey string

func (k testKey) Fingerprint() string { return "of " + string(k) }
func (k testKey) MAC(label string, data []byte) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s", k, label, data))
}

// people are a figure's, as bits.
type people uint32

func (p people) count() int64 { return int64(bits.OnesCount32(uint32(p))) }

// shown is a figure that was released.
type shown struct {
	release, set, level int
	people              people
}

// release compares a table and keeps it. Each figure has a mark of its own.
func release(t interface {
	Helper()
	Fatal(...any)
}, s *Store, id string, few int64, domain string, table []shown) Found {
	t.Helper()
	sheet, err := s.Begin(domain)
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	var figures []Figure
	for i, f := range table {
		figures = append(figures, Figure{Set: f.set, Level: f.level, Marks: []uint32{uint32(i)}})
		for n := range 32 {
			if f.people>>n&1 == 1 {
				if err := sheet.Add(person(n), uint32(i)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	found, err := sheet.Compare(few, figures, nil)
	if err != nil {
		t.Fatal(err)
	}
	var left []Figure
	for i, f := range figures {
		if !slices.Contains(found.Hide, i) {
			left = append(left, f)
		}
	}
	if err := sheet.Keep(id, left); err != nil {
		t.Fatal(err)
	}
	return found
}

func store(t testing.TB) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "people"), testKey("r"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hides(t *testing.T, few int64, earlier [][]shown, table []shown) []int {
	t.Helper()
	s := store(t)
	for i, r := range earlier {
		if found := release(t, s, fmt.Sprint("r", i), few, "d", r); len(found.Hide) > 0 {
			t.Fatalf("release %d hides %v", i, found.Hide)
		}
	}
	return release(t, s, "new", few, "d", table).Hide
}

// TestDifferences are the ways in which two releases tell of a few.
func TestDifferences(t *testing.T) {
	one := func(p people) []shown { return []shown{{people: p}} }
	const all = 0xfffff // 20 people
	for name, c := range map[string]struct {
		earlier [][]shown
		table   []shown
		want    []int
	}{
		"nothing before":                     {nil, one(all), nil},
		"the same people":                    {[][]shown{one(all)}, one(all), nil},
		"one more":                           {[][]shown{one(all)}, one(all | 1<<20), []int{0}},
		"one fewer":                          {[][]shown{one(all)}, one(all &^ 1), []int{0}},
		"one for another":                    {[][]shown{one(all)}, one(all&^1 | 1<<20), []int{0}},
		"many fewer":                         {[][]shown{one(all)}, one(all &^ 0xff), nil},
		"a chain of small steps":             {[][]shown{one(0xff)}, []shown{{people: 0x1ff, level: 1}, {people: 0xfff, set: 1}}, []int{0}},
		"a step back to an older one":        {[][]shown{one(0xff), one(0xffff)}, one(0x1ff), []int{0}},
		"a network after its practices":      {[][]shown{{{people: 0xff}, {people: 0xff00}}}, one(0x1ffff), []int{0}},
		"exactly the practices":              {[][]shown{{{people: 0xff}, {people: 0xff00}}}, one(0xffff), nil},
		"practices after their network":      {[][]shown{one(0x1ffff)}, []shown{{people: 0xff}, {people: 0xff00}}, []int{1}},
		"practices in two releases":          {[][]shown{one(0x1ffff), one(0xff)}, one(0xff00), []int{0}},
		"some of a cell, all but one of it":  {nil, []shown{{people: 0xff}, {people: 0x7f, set: 1}}, []int{1}},
		"a total and its part are not ours":  {nil, []shown{{people: 0xff}, {people: 0x1ff, level: 1}}, nil},
		"a month and the next, in one table": {nil, []shown{{people: 0xff}, {people: 0x1ff}}, []int{0}},
	} {
		if got := hides(t, 2, c.earlier, c.table); !slices.Equal(got, c.want) {
			t.Errorf("%s: hides %v, want %v", name, got, c.want)
		}
	}
}

// TestDomains shows that releases of another domain are not compared: their
// digests are others.
func TestDomains(t *testing.T) {
	s := store(t)
	release(t, s, "a", 2, "d1", []shown{{people: 0xff}})
	if found := release(t, s, "b", 2, "d2", []shown{{people: 0x1ff}}); found.Hide != nil || found.Figures != 0 || found.Releases != 0 || found.Foreign != 1 {
		t.Errorf("%+v", found)
	}
}

// draw draws a table: some people, put into cells that share nobody, with their
// total, each of more than few people; and sometimes some of each cell.
func draw(t *rapid.T, n int, release int, few int64) (out []shown) {
	size := rapid.IntRange(4, 12).Draw(t, "people")
	cells := make([]people, rapid.IntRange(1, 4).Draw(t, "cells"))
	var all people
	for i := range size {
		if c := rapid.IntRange(0, len(cells)).Draw(t, "cell"); c > 0 {
			cells[c-1] |= 1 << i
			all |= 1 << i
		}
	}
	for i, p := range append(cells, all) {
		f := shown{release: release, people: p}
		if i == len(cells) {
			f.level = 1
		}
		if p.count() > few {
			out = append(out, f)
		}
		f.set = 1
		f.people &= people(rapid.Uint32Range(0, 1<<size-1).Draw(t, "some"))
		if f.people.count() > few && f.level == 0 {
			out = append(out, f)
		}
	}
	return out
}

// leak looks for what must not be there, among all that was released: two
// figures that are nearly the same, and a figure that is nearly a choice of
// figures of one level. Everything is tried; of one table, a set's totals and
// parts are left to package margin.
func leak(all []shown, few int64) string {
	levels := make(map[[3]int][]people)
	for _, f := range all {
		k := [3]int{f.release, f.set, f.level}
		levels[k] = append(levels[k], f.people)
	}
	bad := func(d int64) bool { return d >= 1 && d <= few }
	for i, q := range all {
		for _, o := range all[:i] {
			own := q.release == o.release && q.set == o.set && q.level != o.level
			if q.people&o.people != 0 && !own && bad((q.people ^ o.people).count()) {
				return fmt.Sprintf("%+v and %+v", q, o)
			}
		}
		for k, level := range levels {
			if k[0] == q.release && k[1] == q.set {
				continue
			}
			for choice := 1; choice < 1<<len(level); choice++ {
				var union people
				for n, p := range level {
					if choice>>n&1 == 1 {
						union |= p
					}
				}
				if union&q.people != 0 && bad((q.people ^ union).count()) {
					return fmt.Sprintf("%+v and %b of %v of %v", q, choice, k, level)
				}
			}
		}
	}
	return ""
}

// TestNobodyDiffers is the promise, against an attacker who tries all that is
// covered, over some releases in a row.
func TestNobodyDiffers(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s, err := Open(filepath.Join(root, fmt.Sprint(n)), testKey("r"))
		if err != nil {
			t.Fatal(err)
		}
		few := rapid.Int64Range(1, 2).Draw(t, "few")
		var all []shown
		for r := range rapid.IntRange(2, 4).Draw(t, "releases") {
			table := draw(t, 12, r, few)
			found := release(t, s, fmt.Sprint("r", r), few, "d", table)
			for i, f := range table {
				seen := slices.ContainsFunc(all, func(o shown) bool { return o.people == f.people && o.release < r })
				if !slices.Contains(found.Hide, i) && !seen { // who was told once is told nothing by it again
					all = append(all, f)
				}
			}
			if why := leak(all, few); why != "" {
				t.Fatalf("few is %d: %s", few, why)
			}
		}
	})
}

// TestManyRuns sorts in memory that holds few entries.
func TestManyRuns(t *testing.T) {
	defer func(n int) { held = n }(held)
	held = 3
	earlier, table := [][]shown{{{people: 0xff}, {people: 0xff00}}}, []shown{{people: 0x1ffff}}
	if got := hides(t, 2, earlier, table); !slices.Equal(got, []int{0}) {
		t.Errorf("hides %v", got)
	}
}

// reason says that a figure, if it were shown with the others, would be nearly
// another or a union of some that share nobody; or, with some, nearly another; or that
// added to and taken off the others it would leave a few.
func reason(all []shown, f shown, few int64) bool {
	with := []people{f.people}
	for _, o := range all {
		with = append(with, o.people)
	}
	if alone(with, few) != 0 {
		return true
	}
	all = append(slices.Clone(all), f)
	bad := func(p people, with people) bool { d := (p ^ with).count(); return d >= 1 && d <= few }
	for i, q := range all {
		for choice := range 1 << len(all) {
			var union people
			apart := choice>>i&1 == 0 && (i == len(all)-1 || choice>>(len(all)-1) == 1)
			for n, o := range all {
				if choice>>n&1 == 1 {
					apart = apart && union&o.people == 0
					union |= o.people
				}
			}
			if apart && bad(q.people, union) {
				return true
			}
		}
	}
	return false
}

// TestHowMuchItHides says how many figures it hides of random tables that have
// nothing to do with each other, over ten people: most differ by few. Hardly any
// is hidden without a reason: for a figure that was hidden itself later on.
func TestHowMuchItHides(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	figures, hidden, nothing := 0, 0, 0
	for range 40 {
		s := store(t)
		var all []shown
		for r := range 4 {
			var table []shown
			for range 3 {
				p := people(random.Uint32() & 0x3ff)
				if p.count() > 2 {
					table = append(table, shown{release: r, set: len(table), people: p})
				}
			}
			found := release(t, s, fmt.Sprint("r", r), 2, "d", table)
			for i, f := range table {
				if figures++; !slices.Contains(found.Hide, i) {
					all = append(all, f)
				}
			}
			for _, i := range found.Hide {
				if hidden++; !reason(all, table[i], 2) {
					nothing++
				}
			}
		}
	}
	t.Logf("hides %d of %d, for nothing %d", hidden, figures, nothing)
	if hidden == 0 || nothing*20 > hidden {
		t.Errorf("hides %d of %d, for nothing %d", hidden, figures, nothing)
	}
}

package area

import (
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/figure"
)

func TestCodesHaveTheirShape(t *testing.T) {
	m := Of(1)
	seen := make(map[string]bool)
	once := func(s string) {
		if seen[s] {
			t.Fatalf("%s comes twice", s)
		}
		seen[s] = true
	}
	for i, a := range m.Areas {
		once(a.LSOA)
		if _, ok := term.LSOAOf([]byte(a.LSOA)); !ok || a.Decile < 1 || a.Decile > 10 {
			t.Errorf("area %s, decile %d", a.LSOA, a.Decile)
		}
		for k := range Postcodes {
			p := m.AppendPostcode(nil, i, k)
			once(string(p))
			if _, ok := identity.ParsePostcode(p); !ok {
				t.Errorf("postcode %s has not the shape of one", p)
			}
		}
	}
	for _, p := range m.Practices {
		once(p.Code)
		if _, ok := term.ODSOf([]byte(p.Code)); !ok {
			t.Errorf("practice %s", p.Code)
		}
	}
	if len(m.Areas) != 2000 || len(m.Practices) != 403 {
		t.Errorf("%d areas and %d practices", len(m.Areas), len(m.Practices))
	}
}

func TestDecilesOfPeople(t *testing.T) {
	m := Of(3)
	r := chance.Of(3, 0, 0)
	var count [3][11]float64
	const n = 200_000
	var boards [3]float64
	for range n {
		board, practice, area, _ := m.Home(&r)
		if m.Practices[practice].Board != board || m.Areas[area].Board != board {
			t.Fatal("a home lies in two boards")
		}
		boards[board]++
		count[board][m.Areas[area].Decile]++
	}
	for b, icb := range figure.ICBs {
		for d, want := range icb.Deciles {
			if got := count[b][d+1] / boards[b]; got < want-0.05 || got > want+0.05 {
				t.Errorf("%s: %.3f of persons live in decile %d, want %.3f", icb.Code, got, d+1, want)
			}
		}
	}
}

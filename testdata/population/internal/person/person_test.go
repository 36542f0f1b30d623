package person

import (
	"testing"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
)

func source(n int) *Source {
	asOf := clock.Date(2026, 11, 22)
	return Of(1, n, Usual(), area.Of(1), asOf, asOf.Months(-24))
}

func TestSharesMeetTheFigures(t *testing.T) {
	const n = 200_000
	s := source(n)
	var p Person
	var bands [figure.Bands]float64
	var conditions [32]float64
	count := make(map[string]float64)
	add := func(name string, ok bool) {
		if ok {
			count[name]++
		}
	}
	frailty := 0.0
	for i := range n {
		s.Draw(&p, i)
		bands[figure.Band(p.Age)]++
		frailty += p.Frailty
		for c := range figure.Conditions {
			if p.Has(c) {
				conditions[c]++
			}
		}
		add("opted out", p.OptedOut)
		add("objected", p.Local != Nothing)
		add("flagged", p.Flagged)
		add("sensitive", p.SensitiveEpisode)
		add("phr of 13+", p.PHR)
		add("wearable", p.Provider != None)
		add("female", p.Female)
		add("gp connect", p.GPConnect)
		add("died", p.Died != 0)
	}
	check := func(name string, got, want, tolerance float64) {
		if got = got / n; got < want*(1-tolerance) || got > want*(1+tolerance) {
			t.Errorf("%s: %.4f, want %.4f", name, got, want)
		}
	}
	for b, got := range bands {
		check("age band", got, figure.AgeShare[b], 0.03)
	}
	for c, got := range conditions[:len(figure.Conditions)] {
		check(figure.Conditions[c].Register, got, figure.Conditions[c].Target, 0.12)
	}
	check("frailty", frailty, 1, 0.02)
	check("opted out", count["opted out"], 0.03889, 0.04)
	check("objected", count["objected"], 0.010, 0.08)
	check("flagged", count["flagged"], 0.001, 0.25)
	check("sensitive", count["sensitive"], figure.Share.SensitiveEver, 0.05)
	check("phr", count["phr of 13+"], figure.Share.WithPHR*0.84, 0.06)
	check("wearable", count["wearable"], figure.Share.WithPHR*0.84*figure.Share.WithWearable, 0.12)
	check("female", count["female"], 0.508, 0.01)
	check("died", count["died"], figure.Use.Deaths.Mean*2, 0.1)
	if count["gp connect"] > 200 || count["gp connect"] < 150 {
		t.Errorf("%v GP Connect records", count["gp connect"])
	}
}

// TestEveryFaultHappens draws persons until there is one with each fault.
func TestEveryFaultHappens(t *testing.T) {
	const n = 40_000
	s := source(n)
	var p Person
	var faults [Merged + 1]int
	var said [Retracted + 1]int
	sure := make(map[bool]int)
	for i := range n {
		s.Draw(&p, i)
		faults[p.Fault]++
		said[p.LocalCoded]++
		said[p.Type1Coded]++
		if p.Old != 0 {
			sure[p.OldSure]++
		}
		if p.GPConnect && p.Fault >= Mended {
			t.Errorf("person %d: a GP Connect record in versions", i)
		}
	}
	for f, n := range faults {
		if n == 0 {
			t.Errorf("nobody has fault %d", f)
		}
	}
	for what, n := range said {
		if n == 0 {
			t.Errorf("nobody has said %d", what)
		}
	}
	if len(sure) != 2 {
		t.Errorf("former numbers: %v", sure)
	}
}

func TestDrawIsPure(t *testing.T) {
	s := source(1000)
	var a, b Person
	for _, i := range []int{0, 999, 17} {
		s.Draw(&a, i)
		s.Draw(&b, (i+1)%1000)
		s.Draw(&b, i)
		if a != b {
			t.Errorf("person %d differs when drawn again", i)
		}
	}
}

func TestSharedReferencesComeInPairs(t *testing.T) {
	s := source(50_000)
	var a, b Person
	pairs := 0
	for i := 0; i < 50_000; i += 2 {
		s.Draw(&a, i)
		s.Draw(&b, i+1)
		if (a.Fault == SharedID) != (b.Fault == SharedID) || a.SharesReferenceOf != b.SharesReferenceOf {
			t.Fatalf("persons %d and %d disagree", i, i+1)
		}
		if a.Fault == SharedID {
			pairs++
		}
		if a.Died != 0 && (a.Died < a.Birth || a.Died > s.AsOf || a.Died < s.From) {
			t.Fatalf("person %d died outside the window", i)
		}
	}
	if pairs == 0 {
		t.Error("no pair shares a reference")
	}
}

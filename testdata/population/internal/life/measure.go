package life

import (
	"secondaryuse/testdata/population/internal/figure"
)

// measure adds what is measured in passing.
func (l *Life) measure(enc int32) {
	if l.Person.Age < 16 {
		return
	}
	if l.rand.Hit(0.25) {
		l.pressure(enc)
	}
	if l.rand.Hit(0.12) {
		l.weigh(enc)
	}
	if l.rand.Hit(0.12) {
		l.smoke(enc)
	}
	if l.Person.Age >= 40 && l.rand.Hit(0.06) {
		l.cholesterol(enc)
	}
}

// review adds what a yearly review of long-term conditions measures.
func (l *Life) review(enc int32) {
	if l.Person.Age < 16 {
		return
	}
	l.pressure(enc)
	l.weigh(enc)
	l.smoke(enc)
	if l.rand.Hit(0.7) {
		l.cholesterol(enc)
	}
	if l.Person.Has(diabetes) || l.rand.Hit(0.2) {
		l.sugar(enc)
	}
	if l.Person.Has(kidney) || l.Person.Has(diabetes) || l.rand.Hit(0.4) {
		mean, spread := 76.0, 14.0
		if l.Person.Has(kidney) {
			mean, spread = 128, 30
		}
		l.observe(enc, figure.Codes.Creatinine, l.near(mean, spread, 35, 480), "umol/L")
	}
}

// near draws a whole value about a mean, in hundredths.
func (l *Life) near(mean, spread, low, high float64) int32 {
	return int32(min(max(mean+spread*l.rand.Normal(), low), high)) * 100
}

// observe adds an observation.
func (l *Life) observe(enc int32, what *figure.Concept, value int32, unit string) int32 {
	return l.add(Event{
		Kind: Observation, At: l.Events[enc].At + 120, Org: l.Events[enc].Org, Encounter: enc, Links: none,
		What: what, Value: value, Unit: unit, Status: "final",
	})
}

func (l *Life) pressure(enc int32) int32 {
	mean := 110 + 0.32*float64(l.Person.Age)
	if l.Person.Has(hypertension) {
		mean += 7
	}
	i := l.observe(enc, figure.Codes.BloodPressure, l.near(mean, 13, 85, 215), "mm[Hg]")
	e := &l.Events[i]
	e.Second = int32(min(max(0.45*float64(e.Value/100)+20+7*l.rand.Normal(), 45), 125)) * 100
	return i
}

// weigh adds weight and body mass index of one occasion.
func (l *Life) weigh(enc int32) {
	tall := 1.62
	if !l.Person.Female {
		tall = 1.75
	}
	bmi := min(max(l.bmi+0.7*l.rand.Normal(), 15), 52)
	l.observe(enc, figure.Codes.Weight, int32(bmi*tall*tall*10)*10, "kg")
	l.observe(enc, figure.Codes.BMI, int32(bmi*10)*10, "kg/m2")
}

func (l *Life) smoke(enc int32) {
	what := l.smoking
	if what == figure.Codes.Smoker && l.rand.Hit(0.1) {
		what, l.smoking = figure.Codes.ExSmoker, figure.Codes.ExSmoker
	}
	l.observe(enc, what, 0, "")
}

func (l *Life) cholesterol(enc int32) {
	l.observe(enc, figure.Codes.Cholesterol, int32(min(max(4.9+1.0*l.rand.Normal(), 2.1), 9.8)*10)*10, "mmol/L")
}

func (l *Life) sugar(enc int32) {
	mean, spread := 37.0, 3.5
	if l.Person.Has(diabetes) {
		mean, spread = 56, 13
	}
	l.observe(enc, figure.Codes.HbA1c, l.near(mean, spread, 22, 150), "mmol/mol")
}

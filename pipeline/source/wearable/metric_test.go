package wearable

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/term"
)

// TestTable: every metric has a name and a unit of the shapes that rows take,
// each name once, and limits.
func TestTable(t *testing.T) {
	seen := map[term.Word]bool{}
	for m := range metrics {
		about := metrics[m]
		if _, ok := term.WordOf([]byte(about.word)); !ok || seen[about.word] {
			t.Errorf("name %q", about.word)
		}
		seen[about.word] = true
		if _, ok := term.UnitOf([]byte(about.code)); !ok {
			t.Errorf("%s: unit %q", about.word, about.code)
		}
		if about.stored == Canonical || about.most <= about.least {
			t.Errorf("%s: stored %d, from %v to %v", about.word, about.stored, about.least, about.most)
		}
	}
	if len(metrics) != int(Glucose)+1 || len(units) != int(uptakeUnit)+1 {
		t.Errorf("%d metrics, %d units", len(metrics), len(units))
	}
}

// TestIn: values come to the one unit of their metric, from every unit that a
// vendor writes.
func TestIn(t *testing.T) {
	for _, c := range []struct {
		metric Metric
		unit   string
		v      float64
		want   float64
	}{
		{Weight, "kg", 75.45, 75.45}, {Weight, "lb", 165, 74.8427411}, {Weight, "st", 11, 69.853225}, {Weight, "g", 75450, 75.45}, {Weight, "oz", 160, 4.53592370},
		{Distance, "mi", 1, 1609.344}, {Distance, "km", 5.0005, 5000.5}, {Distance, "ft", 100, 30.48}, {Distance, "yd", 100, 91.44}, {Distance, "m", 3, 3}, {Distance, "cm", 250, 2.5}, {Distance, "in", 100, 2.54},
		{Glucose, "mg/dL", 99, 5.49523746}, {Glucose, "mmol<180.1558800000541>/L", 5.5, 5.5}, {Glucose, "mmol/L", 5.5, 5.5},
		{Temperature, "degF", 98.6, 37}, {Temperature, "degC", 36.6, 36.6}, {Temperature, "K", 310.15, 37},
		{SpO2, "%", 0.97, 97}, {SpO2, "%", 97, 97}, {BodyFat, "%", 0.223, 22.3}, {SpO2, "%", 1, 100},
		{EnergyActive, "kJ", 418.4, 100}, {EnergyActive, "Cal", 100, 100}, {EnergyActive, "kcal", 100, 100}, {EnergyActive, "cal", 100000, 100},
		{HeartRate, "count/min", 71, 71}, {HeartRate, "count/s", 1.2, 72}, {Steps, "count", 0, 0},
		{HeartRateVariability, "ms", 43.5, 43.5}, {HeartRateVariability, "s", 0.0435, 43.5},
		{Sleep, "hr", 7.5, 450}, {Sleep, "s", 90, 1.5}, {Sleep, "min", 8, 8}, {ActiveMinutes, "ms", 90000, 1.5},
		{Systolic, "mmHg", 120, 120}, {Systolic, "kPa", 16, 120.009869}, {VO2Max, "mL/min·kg", 35.2, 35.2},
	} {
		u, ok := UnitOf([]byte(c.unit))
		got, verdict := c.metric.In(u, c.v)
		if !ok || verdict != Fine || got != c.want {
			t.Errorf("%s: %v %s is %v (%d), want %v", c.metric.Word(), c.v, c.unit, got, verdict, c.want)
		}
	}
}

// TestVerdicts: what has no number, what cannot be and what is of another
// quantity are told apart.
func TestVerdicts(t *testing.T) {
	kg, _ := UnitOf([]byte("kg"))
	for _, c := range []struct {
		metric Metric
		unit   Unit
		v      float64
		want   Verdict
	}{
		{HeartRate, Canonical, 0, Absent}, {HeartRate, Canonical, -1, Absent}, {Steps, Canonical, math.NaN(), Absent}, {Respiration, Canonical, -1, Absent},
		{Steps, Canonical, 0, Fine}, {Steps, Canonical, -1, Impossible}, {Stress, Canonical, -2, Impossible}, {HeartRate, Canonical, 7500, Impossible},
		{Steps, Canonical, math.Inf(1), Impossible}, {Weight, Gram, math.Inf(1), Impossible}, {Steps, Canonical, math.Inf(-1), Impossible},
		{Weight, Canonical, 75450, Impossible}, {HeartRate, kg, 70, Misfit}, {Weight, Second, 70, Misfit},
	} {
		if _, got := c.metric.In(c.unit, c.v); got != c.want {
			t.Errorf("%s %v in %d: %d, want %d", c.metric.Word(), c.v, c.unit, got, c.want)
		}
	}
	for _, unknown := range []string{"", "furlong", "KG", "kg ", "count/hr"} {
		if _, ok := UnitOf([]byte(unknown)); ok {
			t.Errorf("unit %q passes", unknown)
		}
	}
}

// TestInKeepsOrder: of two values in one unit the greater one stays the
// greater, whatever the unit.
func TestInKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Metric(rapid.IntRange(0, len(metrics)-1).Draw(t, "metric"))
		u := Unit(rapid.IntRange(0, len(units)-1).Draw(t, "unit"))
		a, b := rapid.Float64Range(1.5, 500).Draw(t, "a"), rapid.Float64Range(1.5, 500).Draw(t, "b")
		x, fineX := m.In(u, min(a, b))
		y, fineY := m.In(u, max(a, b))
		if fineX == Fine && fineY == Fine && x > y {
			t.Fatalf("%v is %v, %v is %v", min(a, b), x, max(a, b), y)
		}
	})
}

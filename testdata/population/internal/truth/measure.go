package truth

import (
	"math"

	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/r4"
	"secondaryuse/testdata/population/internal/text"
)

// measure is the latest value of a measure, or the latest status.
type measure struct {
	name, status string
	at, version  clock.Wall
	tenths       int // the value with one decimal
}

// measures writes the latest measurements that professionals took.
func (b *Book) measures(p *person.Person, events []life.Event, ends []fate.End) {
	s := &b.scratch
	s.latest = s.latest[:0]
	for i := range events {
		if e := &events[i]; e.Kind == life.Observation && ends[i].Outcome == fate.Kept {
			b.measured(e)
		}
	}
	b.WriteMeasures(p, "professional")
}

// measured notes what one observation says.
func (b *Book) measured(e *life.Event) {
	value, unit := r4.Value(e, false)
	switch e.What {
	case figure.Codes.BloodPressure:
		b.Later("systolic", "", e.At, e.Entered, int(value/10))
		b.Later("diastolic", "", e.At, e.Entered, int(e.Second/10))
	case figure.Codes.BMI:
		b.Later("bmi", "", e.At, e.Entered, int(value/10))
	case figure.Codes.Cholesterol:
		b.Later("cholesterol", "", e.At, e.Entered, int(value/10))
	case figure.Codes.HbA1c:
		tenths := int(value / 10)
		if unit == "%" {
			tenths = int(math.Round(10 * (float64(value)/100*10.929 - 23.519)))
		}
		b.Later("hba1c", "", e.At, e.Entered, tenths)
	case figure.Codes.Smoker:
		b.Later("smoking", "current", e.At, e.Entered, 0)
	case figure.Codes.ExSmoker:
		b.Later("smoking", "ex", e.At, e.Entered, 0)
	case figure.Codes.NeverSmoked:
		b.Later("smoking", "never", e.At, e.Entered, 0)
	}
}

// Later keeps a measurement if it is later than what is known of its measure.
func (b *Book) Later(name, status string, at, version clock.Wall, tenths int) {
	s := &b.scratch
	for i := range s.latest {
		m := &s.latest[i]
		if m.name != name {
			continue
		}
		newer := at > m.at || at == m.at && (version > m.version || version == m.version && (tenths < m.tenths || tenths == m.tenths && status < m.status))
		if newer {
			*m = measure{name, status, at, version, tenths}
		}
		return
	}
	s.latest = append(s.latest, measure{name, status, at, version, tenths})
}

// WriteMeasures writes what Later has kept, as recorded by somebody, and
// forgets it.
func (b *Book) WriteMeasures(p *person.Person, recorder string) {
	for _, m := range b.scratch.latest {
		r := text.Int(append(b.Measures, `{"person":`...), p.Ordinal)
		r = field(field(r, "measure", m.name), "recorder", recorder)
		r = append(m.at.AppendDate(append(r, `,"measured_on":"`...)), '"')
		if m.status == "" {
			r = text.Hundredths(append(r, `,"value":`...), int32(m.tenths*10))
		}
		b.Measures = append(field(r, "status", m.status), '}', '\n')
		b.Sums.People["measurement"]++
	}
	b.scratch.latest = b.scratch.latest[:0]
}

// Day takes down a day that the mart wearable_daily must hold; -1 is nothing.
func (b *Book) Day(who int, on clock.Day, steps, resting, sleep, active, hours int) {
	r := text.Int(append(b.Days, `{"person":`...), who)
	r = append(on.AppendDate(append(r, `,"day":"`...)), '"')
	for _, v := range []struct {
		name string
		n    int
	}{{"steps", steps}, {"resting_heart_rate", resting}, {"sleep_minutes", sleep}, {"active_minutes", active}, {"covered_hours", hours}} {
		if v.n >= 0 {
			r = text.Int(append(append(append(r, ',', '"'), v.name...), '"', ':'), v.n)
		}
	}
	b.Days = append(r, '}', '\n')
	b.Sums.People["wearable day"]++
}

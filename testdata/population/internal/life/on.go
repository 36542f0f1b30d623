package life

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/person"
)

// Blank makes l the life of a person to whom nothing has happened yet.
func (s *Source) Blank(l *Life, p *person.Person) {
	*l = Life{Source: s, Person: p, Events: l.Events[:0], rand: chance.Of(s.Seed, uint64(p.Ordinal), 10)}
	l.band = figure.Band(p.Age)
	l.habits()
}

// Resume makes whatever is added from now on happen on a day, drawn from r.
func (l *Life) Resume(r chance.Rand, on clock.Day) { l.rand, l.start, l.end = r, on, on+1 }

// Consult adds a consultation and what comes of it.
func (l *Life) Consult() {
	enc := l.consult(l.hours(l.start, 8, 17))
	l.measure(enc)
	l.complain(enc, 0.7)
}

// Measure adds a measurement that belongs to no encounter, and returns it.
func (l *Life) Measure() int32 {
	e := Event{Kind: Observation, At: l.hours(l.start, 8, 17), Org: l.practice(), Encounter: None, Links: none, Status: "final"}
	switch l.rand.Below(3) {
	case 0:
		e.What, e.Unit, e.Value = figure.Codes.BloodPressure, "mm[Hg]", l.near(132, 14, 90, 210)
		e.Second = e.Value * 6 / 1000 * 100
	case 1:
		e.What, e.Unit, e.Value = figure.Codes.BMI, "kg/m2", int32(10*l.rand.Between(180, 410))
	default:
		e.What, e.Unit, e.Value = figure.Codes.Cholesterol, "mmol/L", int32(10*l.rand.Between(25, 85))
	}
	return l.add(e)
}

// Book adds an appointment of a later day, and returns it.
func (l *Life) Book(on clock.Day) int32 {
	return l.book(l.hours(on, 8, 17), "booked", l.practice(), nil)
}

// Keep makes an appointment come true: the visit is added, or it was missed.
func (l *Life) Keep(i int32, kept bool) {
	if !kept {
		l.Events[i].Status = "noshow"
		return
	}
	l.Events[i].Status = "fulfilled"
	at := l.Events[i].At
	enc := l.add(Event{
		Kind: Encounter, Service: GP, At: at, End: at + 600, Org: l.practice(), Encounter: None, Links: [2]int32{i, None},
		What: figure.Codes.Surgery, Status: "finished",
	})
	l.measure(enc)
}

// Dissent adds a Type 1 opt-out to the GP record, or its withdrawal.
func (l *Life) Dissent(withdrawn bool) {
	what := figure.Codes.Type1
	if withdrawn {
		what = figure.Codes.Type1Withdrawn
	}
	l.state(l.start, what)
}

// Infect adds a consultation that the sensitive policy takes out, and returns
// the problem whose code says so.
func (l *Life) Infect() int32 {
	enc := l.visit(l.start)
	problem := l.problem(enc, chance.One(&l.rand, figure.Sensitive.Infections), ByCode)
	l.prescribe(l.Events[enc].At, enc, problem, figure.Medicines["324059006"], "completed")
	l.pressure(enc)
	return problem
}

// Mistake makes a problem that was sensitive another one.
func (l *Life) Mistake(i int32) {
	e := &l.Events[i]
	e.What, e.Sensitive = chance.One(&l.rand, figure.Codes.Complaints), Open
}

// Hospital adds a line to a hospital table. It reports false where no hospital
// near the person sends tables.
func (l *Life) Hospital() bool {
	trust := l.Map.Acute(&l.rand, l.Person.Practice)
	for n := 0; !l.Map.Trusts[trust].Tables; n++ {
		if n == 8 {
			return false
		}
		trust = l.Map.Acute(&l.rand, l.Person.Practice)
	}
	at := l.hours(l.start, 8, 15)
	switch l.rand.Below(3) {
	case 0:
		l.attend(trust, at, at+clock.Wall(60*l.rand.Between(45, 300)))
	case 1:
		l.admit(trust, at, "21", false)
	default:
		l.seen(trust, at, chance.One(&l.rand, figure.Codes.Clinics), "5", None)
	}
	return true
}

// Amend makes the line of an event in a hospital table say something else.
func (l *Life) Amend(i int32) {
	switch e := &l.Events[i]; e.Kind {
	case Attendance:
		e.End += 1800
	case Clinic:
		e.Attended = map[string]string{"5": "3", "3": "5", "2": "4", "4": "2"}[e.Attended]
	default:
		was := e.Diagnoses[0]
		for e.Diagnoses[0] == was {
			e.Diagnoses[0] = chance.One(&l.rand, figure.Codes.AcuteDiagnoses)
		}
	}
}

package life

import (
	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/person"
)

// Rates are how common the faults of records are: shares of the records that
// can have the fault.
type Rates struct {
	Duplicate, Corrected, Deleted, Late         float64
	Broken, WrongType, BadDate, Orphan, Drifted float64
	TwoNamed                                    float64
	Unnumbered, Misnumbered                     float64 // of lines of hospital tables
}

// Usual returns the rates used when none are given.
func Usual() Rates {
	return Rates{
		Duplicate: .003, Corrected: .004, Deleted: .003, Late: .01,
		Broken: .0002, WrongType: .0002, BadDate: .0002, Orphan: .0005, TwoNamed: .0005, Drifted: .02,
		Unnumbered: .002, Misnumbered: .002,
	}
}

// Source draws lives.
type Source struct {
	Seed       uint64
	Map        *area.Map
	From, AsOf clock.Day
	Rates      Rates
}

// Life is a person and what happened to them. Its memory is used again by the
// next Draw.
type Life struct {
	*Source
	Person *person.Person
	Events []Event

	rand       chance.Rand
	start, end clock.Day // the part of the window that the person lives in
	years      float64
	band       int
	bmi        float64
	smoking    *figure.Concept
	problems   [32]int32 // event of each condition
}

// Draw fills in the life of a person.
func (s *Source) Draw(l *Life, p *person.Person) {
	*l = Life{Source: s, Person: p, Events: l.Events[:0], rand: chance.Of(s.Seed, uint64(p.Ordinal), 10)}
	l.start, l.end = max(s.From, p.Birth), s.AsOf
	if p.Died != 0 {
		l.end = p.Died
	}
	l.years = float64(l.end-l.start) / 365.25
	l.band = figure.Band(p.Age)
	l.habits()
	l.conditions()
	if l.end > l.start {
		l.consultations()
		l.repeats()
		l.prevention()
		l.emergencies()
		l.admissions()
		l.clinics()
		l.visits()
	}
	l.background()
	l.sensitive()
	l.faults()
}

// add appends an event with its id and returns its index.
func (l *Life) add(e Event) int32 {
	i := len(l.Events)
	id := chance.Of(l.Seed, uint64(l.Person.Ordinal), uint64(1<<32+i))
	e.ID = ID{id.Next(), id.Next()}
	if e.Entered == 0 {
		e.Entered = l.entered(e.At, l.rand.Between(60, 6*3600))
	}
	l.Events = append(l.Events, e)
	return int32(i)
}

// entered returns when something of the given time was entered: so many
// seconds later, never after the day the population is for has begun.
func (l *Life) entered(at clock.Wall, after int) clock.Wall {
	return min(clock.Wall(at.UTC())+clock.Wall(after), l.AsOf.At(0, 0, 0)-1)
}

// none is the links of an event that has none.
var none = [2]int32{None, None}

// day returns a day of the window.
func (l *Life) day() clock.Day { return l.start + clock.Day(l.rand.Below(int(l.end-l.start))) }

// workday returns a day of the window that is no Saturday or Sunday, if there
// is one.
func (l *Life) workday() clock.Day {
	d := l.day()
	for w := d.Weekday(); (w == 0 || w == 6) && d+1 < l.end; w = d.Weekday() {
		d++
	}
	return d
}

// hours returns a time of a day between two hours.
func (l *Life) hours(d clock.Day, from, to int) clock.Wall {
	return d.At(from, 5*l.rand.Below(12*(to-from)), 0)
}

// often returns how many events of a rate happen to this person in the window.
func (l *Life) often(r figure.Rate, frailty float64) int {
	return l.rand.Count(r.At(l.band) * l.years * (1 + frailty*(l.Person.Frailty-1)))
}

// practice returns the person's practice.
func (l *Life) practice() Org { return Practice(l.Person.Practice) }

// habits draws what a person keeps.
func (l *Life) habits() {
	l.bmi = min(max(27.2+4.6*l.rand.Normal(), 16.5), 48)
	if l.Person.Has(obesity) {
		l.bmi = max(l.bmi, 30+3*l.rand.Float())
	}
	l.smoking = [3]*figure.Concept{figure.Codes.NeverSmoked, figure.Codes.ExSmoker, figure.Codes.Smoker}[l.rand.Pick([]float64{.56, .28, .16})]
	for i := range l.problems {
		l.problems[i] = None
	}
}

// The places of some conditions in figure.Conditions.
var (
	obesity, diabetes, hypertension = at("obesity"), at("diabetes"), at("hypertension")
	kidney                          = at("chronic_kidney_disease")
)

func at(register string) int {
	for i := range figure.Conditions {
		if figure.Conditions[i].Register == register {
			return i
		}
	}
	panic("life: no condition " + register)
}

// conditions enters every long-term condition, mostly long ago.
func (l *Life) conditions() {
	for i := range figure.Conditions {
		if !l.Person.Has(i) {
			continue
		}
		c := &figure.Conditions[i]
		which := 0
		if len(c.Codes) > 1 && l.rand.Hit(0.4) {
			which = 1 + l.rand.Below(len(c.Codes)-1)
		}
		from := max(l.Person.Birth+1, earliest)
		onset := from + clock.Day(l.rand.Below(int(max(l.end, from+1)-from)))
		l.problems[i] = l.add(Event{
			Kind: Condition, At: onset.At(0, 0, 0), Org: l.practice(), Encounter: None, Links: none,
			What: c.Codes[which], Status: "active",
		})
	}
}

// earliest is the first day of any history: since then the clocks change by
// the rule that package clock knows, and no agreement is younger.
var earliest = clock.Date(1996, 1, 1)

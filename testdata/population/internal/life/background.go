package life

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/person"
)

// prevention is vaccinations in the window.
func (l *Life) prevention() {
	for year, _, _ := l.start.Civil(); ; year++ {
		autumn := clock.Date(year, 9, 15) + clock.Day(l.rand.Below(75))
		if clock.Date(year, 9, 15) >= l.end {
			break
		}
		age := clock.Age(l.Person.Birth, autumn)
		wanted := 0.04
		if age >= 65 {
			wanted = 0.76
		} else if l.Person.Conditions != 0 || age == 2 || age == 3 {
			wanted = 0.38
		}
		l.vaccinate(autumn, figure.Codes.Influenza, 0, wanted)
		if age >= 75 {
			l.vaccinate(autumn+7, figure.Codes.Covid, 0, 0.6)
		}
	}
	for _, v := range []struct {
		months int
		what   *figure.Concept
		dose   int32
	}{{2, figure.Codes.SixInOne, 1}, {12, figure.Codes.MMR, 1}, {40, figure.Codes.MMRSecond, 2}, {65 * 12, figure.Codes.Pneumococcal, 1}} {
		l.vaccinate(l.Person.Birth.Months(v.months)+clock.Day(l.rand.Below(30)), v.what, v.dose, 0.9)
	}
}

// vaccinate adds a vaccination with a probability, where the day lies in the
// window.
func (l *Life) vaccinate(d clock.Day, what *figure.Concept, dose int32, wanted float64) {
	if !l.rand.Hit(wanted) || d < l.start || d >= l.end {
		return
	}
	l.add(Event{
		Kind: Immunization, At: l.hours(d, 9, 17), Org: l.practice(), Encounter: None, Links: none,
		What: what, Status: "completed", Value: dose * 100,
	})
}

// background is what stands in a record for life: allergies, plans, and what
// the person has said about the use of their data.
func (l *Life) background() {
	since := max(l.Person.Birth+1, earliest)
	ever := func() clock.Wall {
		return l.hours(since+clock.Day(l.rand.Below(int(max(l.end, since+1)-since))), 9, 17)
	}
	if l.rand.Hit(figure.Share.WithAllergy) {
		for range 1 + l.rand.Below(2) {
			l.add(Event{Kind: Allergy, At: ever(), Org: l.practice(), Encounter: None, Links: none, What: chance.One(&l.rand, figure.Codes.Allergies), Status: "active"})
		}
	}
	if l.Person.Conditions != 0 && l.rand.Hit(figure.Share.FollowedByCare) && l.end > l.start {
		at := l.hours(l.workday(), 9, 17)
		l.add(Event{
			Kind: CarePlan, At: at, End: at + 365*86_400, Org: l.practice(), Encounter: None, Links: none,
			What: chance.One(&l.rand, figure.Codes.CarePlans), Status: "active",
		})
	}
	l.said(l.Person.Type1Coded, [3]*figure.Concept{figure.Codes.Type1, figure.Codes.Type1CTV3, figure.Codes.Type1Read2}[l.rand.Pick([]float64{.7, .2, .1})], figure.Codes.Type1Withdrawn)
	l.said(l.Person.LocalCoded, figure.Codes.LocalRefused, figure.Codes.LocalGiven)
}

// said enters an objection, and its withdrawal.
func (l *Life) said(what person.Said, objection, withdrawal *figure.Concept) {
	if what == person.Nothing {
		return
	}
	from, to := max(l.Person.Birth+30, clock.Date(2014, 1, 6)), l.end
	if to-from < 60 {
		from = to - 60
	}
	first := from + clock.Day(l.rand.Below(int(to-from-30)))
	said := l.state(first, objection)
	if what == person.Withdrawn || what == person.Retracted {
		back := l.state(first+clock.Day(1+l.rand.Below(int(to-first-1))), withdrawal)
		if what == person.Retracted {
			l.amend(back)
		}
	} else if l.Person.Ordinal%8 == 0 && !l.Person.GPConnect { // what has been said stays said
		l.amend(said)
	}
}

// amend makes the newest version of what was said say something else.
func (l *Life) amend(i int32) {
	e := &l.Events[i]
	e.What, e.Was = figure.Codes.Surgery, e.What
}

func (l *Life) state(d clock.Day, what *figure.Concept) int32 {
	return l.add(Event{Kind: Observation, At: l.hours(d, 9, 17), Org: l.practice(), Encounter: None, Links: none, What: what, Status: "final", Wish: true})
}

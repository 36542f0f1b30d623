package life

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
)

// consultations are contacts with the practice and what comes of them.
func (l *Life) consultations() {
	n := l.often(figure.Use.GPContacts, 0.8)
	review := l.start
	acute := figure.Use.Items.At(l.band) * figure.Share.AcuteItems / figure.Use.GPContacts.At(l.band)
	for range n {
		enc := l.consult(l.hours(l.workday(), 8, 18))
		at := l.Events[enc].At
		if at.Day() >= review && l.Person.Conditions != 0 {
			review = at.Day() + 365
			l.review(enc)
		} else {
			l.measure(enc)
		}
		l.complain(enc, acute)
		if l.rand.Hit(0.06) {
			l.refer(enc, chance.One(&l.rand, figure.Codes.Clinics), nil)
		}
	}
	l.booked()
}

// consult adds a consultation; three in ten were booked.
func (l *Life) consult(at clock.Wall) int32 {
	how := figure.Codes.Surgery
	switch x := l.rand.Float(); {
	case x < 0.33:
		how = figure.Codes.Telephone
	case x < 0.36:
		how = figure.Codes.HomeVisit // a practice's: still general practice
	}
	e := Event{
		Kind: Encounter, Service: GP, At: at, End: at + clock.Wall(60*l.rand.Between(5, 20)), Org: l.practice(),
		Encounter: None, Links: none, What: how, Status: "finished",
	}
	if l.rand.Hit(0.3) {
		e.Links[0] = l.book(at, "fulfilled", l.practice(), nil)
	}
	return l.add(e)
}

// book adds an appointment.
func (l *Life) book(at clock.Wall, status string, org Org, clinic *figure.Concept) int32 {
	return l.add(Event{
		Kind: Appointment, At: at, End: at + 900, Org: org, Encounter: None, Links: none, Clinic: clinic, Status: status,
		Entered: min(clock.Wall(at.UTC()), l.AsOf.At(0, 0, 0)-1) - clock.Wall(86_400*l.rand.Between(1, 14)),
	})
}

// booked adds appointments that did not come to a consultation: missed,
// cancelled, or still to come.
func (l *Life) booked() {
	for range l.rand.Count(0.35 * l.years) {
		l.book(l.hours(l.workday(), 8, 18), [2]string{"noshow", "cancelled"}[l.rand.Below(2)], l.practice(), nil)
	}
	if l.Person.Died == 0 && l.rand.Hit(0.05) {
		l.book(l.hours(l.AsOf+clock.Day(l.rand.Between(1, 40)), 8, 18), "booked", l.practice(), nil)
	}
}

// complain adds what a consultation was about, and what was prescribed for it.
func (l *Life) complain(enc int32, acute float64) {
	at, reason := l.Events[enc].At, None
	if l.rand.Hit(0.3) {
		e := Event{
			Kind: Condition, At: at, Org: l.practice(), Encounter: enc, Links: none,
			What: chance.One(&l.rand, figure.Codes.Complaints), Status: "active",
		}
		if l.rand.Hit(0.5) && at+20*86_400 < l.end.At(0, 0, 0) {
			e.Status, e.End = "resolved", (at.Day()+clock.Day(l.rand.Between(3, 18))).At(0, 0, 0)
		}
		reason = l.add(e)
	}
	for range l.rand.Count(acute) {
		l.prescribe(at, enc, reason, chance.One(&l.rand, figure.Codes.AcuteDrugs), "completed")
	}
}

// prescribe adds one prescription item.
func (l *Life) prescribe(at clock.Wall, enc, reason int32, what *figure.Concept, status string) int32 {
	return l.add(Event{
		Kind: Medication, At: at, Org: l.practice(), Encounter: enc, Links: [2]int32{reason, None},
		What: what, Status: status, Value: 2800 * int32(1+l.rand.Below(2)),
	})
}

// refer adds a referral out of a consultation.
func (l *Life) refer(enc int32, clinic, reason *figure.Concept) int32 {
	return l.add(Event{
		Kind: Referral, At: l.Events[enc].At, Org: l.practice(), Encounter: enc, Links: none,
		What: figure.Codes.Referral, Clinic: clinic, Reason: reason, Status: "active",
	})
}

// repeats are items issued every four weeks for a condition, or for none.
func (l *Life) repeats() {
	issues := figure.Use.Items.At(l.band) * (1 - figure.Share.AcuteItems) * (1 + 0.9*(l.Person.Frailty-1)) / 13.04
	drugs := l.rand.Count(issues)
	for i := range figure.Conditions {
		for _, d := range figure.Conditions[i].Drugs {
			if drugs > 0 && l.Person.Has(i) && l.rand.Hit(0.8) {
				l.repeat(d, l.problems[i])
				drugs--
			}
		}
	}
	for ; drugs > 0; drugs-- {
		l.repeat(chance.One(&l.rand, figure.Codes.RepeatDrugs), None)
	}
}

func (l *Life) repeat(what *figure.Concept, reason int32) {
	for d := l.start + clock.Day(l.rand.Below(28)); d < l.end; d += 28 {
		l.prescribe(l.hours(d, 8, 18), None, reason, what, "completed")
	}
}

// visits are contacts with community, mental health and social care, and with
// nothing else to them.
func (l *Life) visits() {
	for _, v := range []struct {
		rate    figure.Rate
		service Service
		what    *figure.Concept
		clinic  *figure.Concept
		council bool
	}{
		{figure.Use.Community, CommunityCare, figure.Codes.HomeVisit, nil, false},
		{figure.Use.MindCare, MentalHealth, figure.Codes.Surgery, figure.Codes.MentalIllness, false},
		{figure.Use.SocialCare, SocialCare, figure.Codes.Surgery, nil, true},
	} {
		for range l.often(v.rate, 1) {
			at := l.hours(l.workday(), 8, 18)
			l.add(Event{
				Kind: Encounter, Service: v.service, At: at, End: at + 2700, Org: Trust(l.Map.Local(l.Person.Board, v.council)),
				Encounter: None, Links: none, What: v.what, Clinic: v.clinic, Status: "finished",
			})
		}
	}
}

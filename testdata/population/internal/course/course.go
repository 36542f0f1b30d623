// Package course lets a synthetic person live on, day by day, from the day the
// population is for: what is newly recorded, corrected, deleted or sent late,
// who comes and goes, and what people say about the use of their data. A
// person's whole course follows from the seed and the person's ordinal: it is
// the same however many days are asked for and whoever else is looked at.
//
// Days are counted from the day the population is for, which is day 0. What
// happens on day d is entered on the date d-1 days later, and is what a server
// holds from the midnight after.
package course

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
)

// The streams of chance. Those of days and follow-ups have the day added.
const (
	ofDays    = 1 << 40
	ofFollows = 2 << 40
	ofMoves   = 3 << 40
	ofShares  = 4 << 40
	ofArrival = 21
	ofOwn     = 8
)

// Source gives the courses of one population.
type Source struct {
	People *person.Source
	Lives  *life.Source
	Touch  float64          // share of persons with a change a day
	Not    [Kinds]bool      // what never happens
	Unread func(o int) bool // whose GP record cannot be read: nothing changes in it
}

// Course is a person on some day. Its memory is used again by the next Begin.
type Course struct {
	*Source
	Person   person.Person
	Life     life.Life
	Base     person.Person // as on day 0
	Patient  Registration
	Second   Registration // the second Patient of a person who is entered twice
	Own      Own
	Worn     Worn
	Said     []Said // rows that the days have added to the list of objections
	Happened []Kind // on the day of the last Step

	Arrives int // the day a newcomer comes; 0 of everybody else
	Day     int
	drawn   bool
	birth   bool
	rand    chance.Rand
	due     []due
	stamps  int
	about   int32 // event that a follow-up is about
}

// Registration is what the days have made of a Patient.
type Registration struct {
	Changed  int32
	At       clock.Wall // when the newest version was entered; 0: as on day 0
	Versions int        // that were added
	Stands   bool       // only of a second Patient
}

// Said is a row of the list of objections.
type Said struct {
	Objected bool
	On       clock.Day
}

// due is something that follows on a day.
type due struct {
	day   int
	kind  Kind
	about int32
}

// Begin makes c the course of the person of an ordinal, on day 0.
func (s *Source) Begin(c *Course, ordinal int) {
	*c = Course{
		Source: s, Life: life.Life{Events: c.Life.Events[:0]}, Own: Own{Entries: c.Own.Entries[:0]},
		Worn: Worn{Days: c.Worn.Days[:0]}, Said: c.Said[:0], Happened: c.Happened[:0], due: c.due[:0],
	}
	s.People.Draw(&c.Person, ordinal)
	p := &c.Person
	if p.GPConnect && s.Unread(ordinal) {
		p.Type1Coded, p.LocalCoded, p.Flagged = person.Nothing, person.Nothing, false
	}
	if ordinal >= s.People.Persons {
		c.newcomer()
	}
	c.Base = *p
	if p.PHR {
		c.Own.draw(c)
	}
}

// Live draws the life of the person, once. A server that has only the newest
// version of everything knows less of it than the feeds of day 0 tell.
func (c *Course) Live() {
	if c.drawn {
		return
	}
	c.drawn = true
	p := &c.Person
	if c.birth {
		c.Lives.Blank(&c.Life, p)
		return
	}
	was := c.Person
	c.Person = c.Base
	c.Lives.Draw(&c.Life, p)
	c.Person = was
	c.forget()
}

// forget leaves of day 0 what is the newest version and not deleted.
func (c *Course) forget() {
	p := &c.Person
	for i := range c.Life.Events {
		e := &c.Life.Events[i]
		e.Gone = e.Fault == life.Deleted
		if e.Wish && e.Was != nil && (p.Type1Coded == person.Objected || p.LocalCoded == person.Objected) {
			p.Type1Coded, p.LocalCoded = person.Nothing, person.Nothing
		}
		if c.Arrives > 0 && !e.Gone {
			e.Changed = int32(c.Arrives)
			e.Entered = c.moment(c.Arrives, i)
		}
	}
	if p.Fault == person.Erased {
		p.Absent = true
	}
	if p.Fault == person.Erased || p.Astray() {
		p.Type1Coded, p.LocalCoded = person.Nothing, person.Nothing
	}
}

// Here reports whether the feeds know the person on the day.
func (c *Course) Here() bool { return c.Day >= c.Arrives }

// Step goes on to the next day and reports whether anything happened on it.
func (c *Course) Step() bool {
	c.Day++
	c.Happened, c.stamps = c.Happened[:0], 0
	if c.Day < c.Arrives || c.Person.GPConnect && c.Unread(c.Person.Ordinal) {
		return false
	}
	if c.Day == c.Arrives {
		c.arrive()
	}
	ordinal := uint64(c.Person.Ordinal)
	for i := 0; i < len(c.due); i++ {
		if d := c.due[i]; d.day == c.Day {
			c.rand = chance.Of(c.People.Seed, ordinal, uint64(ofFollows+c.Day<<8+i))
			c.about = d.about
			c.do(d.kind)
		}
	}
	c.rand = chance.Of(c.People.Seed, ordinal, uint64(ofDays+c.Day))
	if c.Day != c.Arrives && c.rand.Hit(hits*c.Touch) {
		c.about = life.None
		for range 6 {
			if c.do(c.pick()) {
				break
			}
		}
	}
	c.decide()
	return len(c.Happened) > 0
}

// hits is how many of the touched persons are so by a happening of its own;
// the others are by what follows on one.
const hits = 0.72

// do makes something happen, if it can.
func (c *Course) do(k Kind) bool {
	if c.Not[k] {
		return false
	}
	c.Live()
	c.Life.Person = &c.Person
	c.Life.Resume(chance.Of(c.rand.Next(), uint64(k), 1), c.date())
	if !happenings[k].do(c) {
		return false
	}
	c.Happened = append(c.Happened, k)
	return true
}

// then makes something follow on a later day, with a probability.
func (c *Course) then(k Kind, chance float64, from, to int, about int32) {
	if c.rand.Hit(chance) {
		c.due = append(c.due, due{c.Day + c.rand.Between(from, to), k, about})
	}
}

// date is the date on which the day's changes are entered.
func (c *Course) date() clock.Day { return c.People.AsOf + clock.Day(c.Day-1) }

// stamp is when the next change of the day is entered, in UTC: in the evening,
// each later than the one before.
func (c *Course) stamp() clock.Wall {
	c.stamps++
	return c.moment(c.Day, c.stamps)
}

func (c *Course) moment(day, n int) clock.Wall {
	return (c.People.AsOf+clock.Day(day-1)).At(19, 0, 0) + clock.Wall(min(n*3, 4*3600))
}

// added stamps the events that were added since there were n.
func (c *Course) added(n int) {
	at := c.stamp()
	for i := n; i < len(c.Life.Events); i++ {
		c.Life.Events[i].Changed, c.Life.Events[i].Entered = int32(c.Day), at
	}
}

// changed stamps a new version of an event.
func (c *Course) changed(e *life.Event) {
	e.Changed, e.Entered, e.Prior = int32(c.Day), c.stamp(), false
	e.Version++
}

// registered stamps a new version of a Patient.
func (c *Course) registered(r *Registration) {
	r.Changed, r.At = int32(c.Day), c.stamp()
	r.Versions++
}

// in reports whether the person's records are in the shared record and stand,
// so that a Patient of theirs can change.
func (c *Course) in() bool {
	p := &c.Person
	return !p.GPConnect && !p.Absent && p.Fault != person.SharedID && p.Died == 0
}

// alive reports whether something new can be recorded of the person.
func (c *Course) alive() bool { return c.Person.Died == 0 }

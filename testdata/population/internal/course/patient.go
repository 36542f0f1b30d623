package course

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
)

func (c *Course) die() bool {
	if !c.in() && !(c.Person.GPConnect && c.alive()) {
		return false
	}
	c.Person.Died = c.date()
	c.registered(&c.Patient)
	if c.Second.Stands {
		c.registered(&c.Second)
	}
	return true
}

// plain reports whether the person's Patient is sound and the only one.
func (c *Course) plain() bool { return c.in() && c.Person.Fault == person.Sound && !c.Second.Stands }

// renumber gives the person a new number. Whoever knows them by the old one
// learns of it the same day, but what was written before stays as it is.
func (c *Course) renumber() bool {
	p := &c.Person
	if !c.plain() || p.Old != 0 || c.pairWorn() {
		return false
	}
	p.Old, p.Number, p.OldSure = p.Number, c.People.Next(p.Ordinal), true
	for i := range c.Life.Events {
		c.Life.Events[i].Prior = true
	}
	c.registered(&c.Patient)
	if p.PHR {
		c.Own.Changed, c.Own.At = int32(c.Day), c.stamp()
	}
	return true
}

// pairWorn reports whether an account may have passed from one of the pair to
// the other: the list names the other by number then.
func (c *Course) pairWorn() bool {
	mate := c.Person.Ordinal ^ 1
	if mate >= c.People.Persons {
		return false
	}
	var p person.Person
	c.People.Draw(&p, mate)
	return p.Provider != person.None
}

// double enters the person a second time, with what happens that day.
func (c *Course) double() bool {
	if !c.plain() {
		return false
	}
	c.Second.Stands = true
	c.registered(&c.Second)
	n := len(c.Life.Events)
	c.Life.Consult()
	for i := n; i < len(c.Life.Events); i++ {
		c.Life.Events[i].Twin = true
	}
	c.added(n)
	c.then(Merged, 0.9, 2, 9, life.None)
	return true
}

// merge deletes the second Patient: its records are the first one's.
func (c *Course) merge() bool {
	if !c.Second.Stands {
		return false
	}
	c.Second.Stands = false
	c.registered(&c.Second)
	for i := range c.Life.Events {
		if e := &c.Life.Events[i]; e.Twin && !e.Gone {
			e.Twin = false
			c.changed(e)
		}
	}
	return true
}

// remove deletes the Patient and leaves its records.
func (c *Course) remove() bool {
	if !c.plain() || c.Person.Old != 0 || !c.quiet() {
		return false
	}
	c.Person.Absent = true
	c.registered(&c.Patient)
	c.then(Resent, 0.5, 2, 9, life.None)
	return true
}

func (c *Course) resend() bool {
	if !c.Person.Absent {
		return false
	}
	c.Person.Absent = false
	c.registered(&c.Patient)
	return true
}

// move gives the person another home nearby. Who has been in hospital stays:
// those lines say where they lived.
func (c *Course) move() bool {
	if !c.plain() {
		return false
	}
	if tabled, _ := c.one(func(e *life.Event) bool { return e.Tabled() }); tabled != nil {
		return false
	}
	p := &c.Person
	for next := p.Area + 1; ; next++ {
		if next == len(c.Lives.Map.Areas) {
			next = 0
		}
		if c.Lives.Map.Areas[next].Board == p.Board {
			p.Area = next
			break
		}
	}
	c.registered(&c.Patient)
	return true
}

// The shares of persons that come: of those that are touched, and how.
const (
	coming   = 0.05
	newborn  = 0.35
	preceded = 0.35
)

// Newcomers returns how many persons have come by the end of a day. Their
// ordinals follow on those of day 0.
func (s *Source) Newcomers(day int) int {
	if s.Not[Arrived] {
		return 0
	}
	rate := float64(s.People.Persons) * s.Touch * coming
	until := rate * float64(day)
	n := int(until)
	if float64(n)+s.lateness(n) < until {
		n++
	}
	return n
}

// lateness is how far into its share of a day the n-th newcomer comes.
func (s *Source) lateness(n int) float64 {
	r := chance.Of(s.People.Seed, uint64(s.People.Persons+n), ofArrival)
	return r.Float()
}

// newcomer makes the drawn person one who comes on a day: a child that is born,
// or somebody with a history.
func (c *Course) newcomer() {
	p := &c.Person
	n := p.Ordinal - c.People.Persons
	for c.Arrives = 1; c.Newcomers(c.Arrives) <= n; c.Arrives++ {
	}
	if p.Fault >= person.SharedID {
		p.Fault = person.Sound
	}
	p.GPConnect, p.PHR, p.Provider, p.Died, p.SharesReferenceOf = false, false, person.None, 0, -1
	p.Flagged = false
	r := chance.Of(c.People.Seed, uint64(p.Ordinal), ofArrival+1)
	if c.birth = r.Hit(newborn) && !c.Not[Born]; c.birth {
		p.Birth = c.People.AsOf + clock.Day(c.Arrives-2)
		p.Age, p.Conditions, p.Old = 0, 0, 0
		p.Type1Coded, p.LocalCoded, p.Local, p.Type1 = person.Nothing, person.Nothing, person.Nothing, person.Nothing
		p.SensitiveEpisode, p.RestrictedEpisode = false, false
		return
	}
	if r.Hit(preceded) && !c.Not[Preceded] {
		p.Type1Coded, p.LocalCoded = person.Nothing, person.Nothing
		p.Absent = true
	}
}

// arrive is the day on which a newcomer comes.
func (c *Course) arrive() {
	kind := Arrived
	switch {
	case c.birth:
		kind = Born
	case c.Person.Absent:
		kind = Preceded
	}
	c.rand = chance.Of(c.People.Seed, uint64(c.Person.Ordinal), ofArrival+2)
	c.Live()
	c.Life.Person = &c.Person
	if kind == Preceded {
		c.then(Followed, 1, 1, 3, life.None)
	} else {
		c.come()
	}
	c.Happened = append(c.Happened, kind)
}

// come enters the Patient, unless the records come first.
func (c *Course) come() bool {
	c.registered(&c.Patient)
	c.Patient.Versions = 0
	return true
}

// follow enters the Patient of records that came first.
func (c *Course) follow() bool {
	c.Person.Absent = false
	return c.come()
}

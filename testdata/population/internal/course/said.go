package course

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/person"
)

// yesterday is the day before the day's changes are entered. What people say to
// an office or agree to on it is on the lists that are issued the day after.
func (c *Course) yesterday() clock.Day { return c.date() - 1 }

// silent reports whether the person has never objected to anything, so that
// what they say now is said in one place only.
func (c *Course) silent() bool {
	p := &c.Person
	return p.Local == person.Nothing && p.Type1 == person.Nothing && p.Type1Coded == person.Nothing && p.LocalCoded == person.Nothing &&
		c.Base.Type1Coded == person.Nothing && c.Base.LocalCoded == person.Nothing
}

// dissent has a Type 1 opt-out coded in the GP record.
func (c *Course) dissent() bool {
	if !c.alive() || !c.silent() || c.Person.Absent || c.Second.Stands || c.Person.Fault == person.Merged {
		return false
	}
	n := len(c.Life.Events)
	c.Life.Dissent(false)
	c.added(n)
	c.Person.Type1Coded = person.Objected
	c.then(Assented, 0.6, 2, 10, 0)
	return true
}

// assent has the withdrawal coded, on a later day.
func (c *Course) assent() bool {
	if !c.alive() || c.Person.Absent {
		return false
	}
	n := len(c.Life.Events)
	c.Life.Dissent(true)
	c.added(n)
	c.Person.Type1Coded = person.Withdrawn
	return true
}

func (c *Course) optOut() bool {
	if c.Person.OptedOut {
		return false
	}
	c.Person.OptedOut = true
	c.then(Returned, 0.6, 2, 12, 0)
	return true
}

func (c *Course) optIn() bool {
	if !c.Person.OptedOut {
		return false
	}
	c.Person.OptedOut = false
	return true
}

// object enters an objection to the shared record in the list.
func (c *Course) object() bool {
	if !c.silent() || c.Second.Stands {
		return false
	}
	c.Person.Local = person.Objected
	c.Said = append(c.Said, Said{true, c.yesterday()})
	c.then(Relented, 0.6, 2, 10, 0)
	return true
}

func (c *Course) relent() bool {
	if c.Person.Local != person.Objected {
		return false
	}
	c.Person.Local = person.Withdrawn
	c.Said = append(c.Said, Said{false, c.yesterday()})
	return true
}

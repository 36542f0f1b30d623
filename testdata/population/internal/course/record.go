package course

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
)

func (c *Course) consult() bool {
	if !c.alive() {
		return false
	}
	n := len(c.Life.Events)
	c.Life.Consult()
	c.added(n)
	return true
}

// one draws an event that suits, or nil.
func (c *Course) one(suits func(*life.Event) bool) (*life.Event, int32) {
	n := len(c.Life.Events)
	if n == 0 {
		return nil, life.None
	}
	from := c.rand.Below(n)
	for k := range n {
		i := (from + k) % n
		if e := &c.Life.Events[i]; !e.Gone && suits(e) {
			return e, int32(i)
		}
	}
	return nil, life.None
}

// sound reports whether a record can be read and is the person's.
func sound(e *life.Event) bool {
	switch e.Fault {
	case life.Sound, life.Duplicate, life.Late, life.Drifted:
		return true
	case life.Corrected:
		return e.Was == nil
	}
	return false
}

// leaf reports whether a record is one that nothing hangs on and nothing is
// said with.
func leaf(e *life.Event) bool {
	return (e.Kind == life.Observation || e.Kind == life.Medication) && !e.Wish && sound(e)
}

// correct gives a record another value, and in one of four cases another date.
func (c *Course) correct() bool {
	e, _ := c.one(func(e *life.Event) bool { return leaf(e) && (e.Unit != "" || e.Kind == life.Medication) })
	if e == nil {
		return false
	}
	step := int32(100 * c.rand.Between(1, 9))
	switch {
	case e.Kind == life.Medication:
		step = 2800
	case e.What == figure.Codes.Cholesterol || e.What == figure.Codes.BMI:
		step /= 10
	}
	if e.Version%2 == 1 && e.Value > 2*step { // there and back, so that it stays what can be
		step = -step
	}
	e.Value += step
	if c.rand.Hit(0.25) {
		e.At = c.past(e.At.Day()-clock.Day(c.rand.Between(28, 70))).At(e.At.Second()/3600, e.At.Second()/60%60, 0)
	}
	c.changed(e)
	return true
}

// past returns a day, or the first on which something can have happened to the
// person.
func (c *Course) past(d clock.Day) clock.Day {
	return max(d, c.Person.Birth+1, clock.Date(1996, 1, 1))
}

// erase deletes a record of the shared record.
func (c *Course) erase() bool {
	if c.Person.GPConnect {
		return false
	}
	e, _ := c.one(leaf)
	if e == nil {
		return false
	}
	c.changed(e)
	e.Gone = true
	return true
}

// late enters a measurement of months ago.
func (c *Course) late() bool {
	day := c.past(c.date() - clock.Day(c.rand.Between(40, 260)))
	if c.Person.Died != 0 {
		day = min(day, c.Person.Died)
	}
	if day >= c.date() {
		return false
	}
	c.Life.Resume(chance.Of(c.rand.Next(), 0, 1), day)
	n := len(c.Life.Events)
	c.Life.Measure()
	c.added(n)
	return true
}

// book makes an appointment of a later day, which comes true then.
func (c *Course) book() bool {
	if c.Person.GPConnect || !c.alive() {
		return false
	}
	ahead := c.rand.Between(2, 14)
	n := len(c.Life.Events)
	i := c.Life.Book(c.date() + clock.Day(ahead))
	c.added(n)
	c.due = append(c.due, due{c.Day + ahead, Kept, i})
	return true
}

func (c *Course) keep() bool {
	n := len(c.Life.Events)
	c.Life.Keep(c.about, c.alive() && c.rand.Hit(0.85))
	c.added(n)
	c.changed(&c.Life.Events[c.about])
	return true
}

// spoil sends a record that cannot be read; half of them are sent again.
func (c *Course) spoil() bool {
	if c.Person.GPConnect || !c.alive() {
		return false
	}
	n := len(c.Life.Events)
	i := c.Life.Measure()
	c.Life.Events[i].Fault = life.Broken
	c.added(n)
	c.then(Mended, 0.5, 1, 6, i)
	return true
}

func (c *Course) mend() bool {
	e := &c.Life.Events[c.about]
	e.Fault = life.Sound
	c.changed(e)
	return true
}

func (c *Course) infect() bool {
	if !c.alive() || clock.Age(c.Person.Birth, c.date()) < 16 {
		return false
	}
	n := len(c.Life.Events)
	i := c.Life.Infect()
	c.added(n)
	c.then(Mistaken, 0.6, 1, 9, i)
	return true
}

func (c *Course) mistake() bool {
	c.Life.Mistake(c.about)
	c.changed(&c.Life.Events[c.about])
	return true
}

// treat adds a line to a hospital table.
func (c *Course) treat() bool { return c.alive() && c.hospital(c.date()) }

// treatLate adds a line of months ago.
func (c *Course) treatLate() bool {
	day := c.past(c.date() - clock.Day(c.rand.Between(35, 200)))
	if c.Person.Died != 0 {
		day = min(day, c.Person.Died-1)
	}
	return day > c.Person.Birth && day < c.date() && c.hospital(day)
}

func (c *Course) hospital(on clock.Day) bool {
	c.Life.Resume(chance.Of(c.rand.Next(), 0, 1), on)
	n := len(c.Life.Events)
	if !c.Life.Hospital() {
		return false
	}
	c.added(n)
	return true
}

// recode sends a line of a hospital table again with another content, which is
// never again what it was: a file with nothing else in it would be known.
func (c *Course) recode() bool {
	e, i := c.one(func(e *life.Event) bool {
		return e.Tabled() && (e.Version == 0 || e.Kind == life.Attendance) && (e.Fault == life.Sound || e.Fault == life.Duplicate) && e.Sensitive == life.Open
	})
	if e == nil {
		return false
	}
	c.Life.Amend(i)
	c.changed(e)
	return true
}

// quiet reports whether nothing in the GP record says how it may be used.
func (c *Course) quiet() bool {
	p := &c.Person
	return p.Type1Coded == person.Nothing && p.LocalCoded == person.Nothing && !p.Flagged
}

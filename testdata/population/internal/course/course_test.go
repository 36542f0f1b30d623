package course

import (
	"fmt"
	"testing"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
)

const persons = 800

func source(seed uint64) *Source {
	asOf := clock.Date(2026, 11, 1)
	m := area.Of(seed)
	from := asOf.Months(-3)
	return &Source{
		People: person.Of(seed, persons, person.Usual(), m, asOf, from),
		Lives:  &life.Source{Seed: seed, Map: m, From: from, AsOf: asOf, Rates: life.Usual()},
		Touch:  0.08, Unread: func(o int) bool { return o%17 == 5 },
	}
}

// told writes down all that a course comes to.
func told(c *Course) string {
	c.Live()
	p := c.Person
	return fmt.Sprint(p, c.Life.Events, c.Patient, c.Second, c.Own, c.Worn, c.Said)
}

// TestACourseIsThePersonsOwn steps through courses with memory that others have
// used, and with memory of their own.
func TestACourseIsThePersonsOwn(t *testing.T) {
	s := source(5)
	const days = 15
	all := persons + s.Newcomers(days)
	if all == persons {
		t.Fatal("nobody has come")
	}
	var used Course
	moved := 0
	for o := range all {
		var own Course
		s.Begin(&used, o)
		s.Begin(&own, o)
		for range days {
			if used.Step() {
				moved++
			}
			own.Step()
		}
		if told(&used) != told(&own) {
			t.Fatalf("person %d: another course with memory that was used", o)
		}
		if s.Unread(o) && own.Person.GPConnect && len(own.Life.Events) > 0 {
			for _, e := range own.Life.Events {
				if e.Changed > 0 {
					t.Fatalf("person %d: a record that cannot be read has changed", o)
				}
			}
		}
	}
	if moved < persons*days/20 {
		t.Errorf("on %d days of a person something happened", moved)
	}
}

// TestWhatHappensHoldsTogether looks at the events of many courses: what is new
// refers to what is there, has happened before it was entered and after birth,
// and was entered on its day.
func TestWhatHappensHoldsTogether(t *testing.T) {
	s := source(6)
	const days = 25
	var c Course
	fresh := 0
	for o := range persons + s.Newcomers(days) {
		s.Begin(&c, o)
		for range days {
			c.Step()
		}
		c.Live()
		for i := range c.Life.Events {
			e := &c.Life.Events[i]
			if e.Changed == 0 {
				continue
			}
			fresh++
			day := s.People.AsOf + clock.Day(e.Changed-1)
			switch {
			case e.Entered.Day() != day:
				t.Fatalf("person %d: entered on another day than the one it changed on", o)
			case e.At.Day() > day && !(e.Kind == life.Appointment && e.Status == "booked"):
				t.Fatalf("person %d: an event of kind %d happens after it was entered", o, e.Kind)
			case e.At.Day() < c.Person.Birth:
				t.Fatalf("person %d: an event of kind %d before birth", o, e.Kind)
			case e.Encounter != life.None && c.Life.Events[e.Encounter].Kind != life.Encounter:
				t.Fatalf("person %d: an event in no encounter", o)
			case e.Twin && !c.Second.Stands:
				t.Fatalf("person %d: an event names a Patient that is no more", o)
			}
		}
	}
	if fresh < 1000 {
		t.Errorf("only %d events were looked at", fresh)
	}
}

// TestNewcomersComeInTheirOrder holds the day of every newcomer against how many
// have come by then.
func TestNewcomersComeInTheirOrder(t *testing.T) {
	s := source(7)
	var c Course
	for day := 1; day <= 60; day++ {
		for n := s.Newcomers(day - 1); n < s.Newcomers(day); n++ {
			if s.Begin(&c, persons+n); c.Arrives != day {
				t.Errorf("newcomer %d comes on day %d, not %d", n, c.Arrives, day)
			}
		}
	}
	if s.Newcomers(60) < 60 {
		t.Errorf("%d have come", s.Newcomers(60))
	}
}

// TestAgreements wants every change of an agreement to be one: what ends was
// there, what begins was not.
func TestAgreements(t *testing.T) {
	s := source(8)
	list := s.Agreements(200)
	if len(list) < 50 {
		t.Fatalf("%d changes", len(list))
	}
	for i, a := range list {
		now, changed := Agreed(list[:i])[a.Org]
		if k, practice := a.Org.Index(); !changed && practice {
			now = s.Lives.Map.Practices[k].Agreement
		}
		if (now == area.Signed) == a.Begins {
			t.Errorf("day %d: an agreement begins: %v, and stood: %v", a.Day, a.Begins, now == area.Signed)
		}
		if fewer := s.Agreements(a.Day); fewer[len(fewer)-1] != a && i+1 < len(list) && list[i+1].Day > a.Day {
			t.Errorf("day %d: another change when fewer days are asked for", a.Day)
		}
	}
}

// TestWhatIsShared is that people share less, and more again, and ask for what they
// shared to be erased, on day 0 and later; and that the lines of each follow one
// another.
func TestWhatIsShared(t *testing.T) {
	s := source(7)
	var parts, erased [2]int
	var did [Kinds]int
	for o := range 4 * persons {
		var c Course
		s.Begin(&c, o)
		for at, days := range [...]int{0, 60} {
			for range days {
				if c.Step(); c.Person.PHR {
					for _, k := range c.Happened {
						did[k]++
					}
				}
			}
			for i, l := range c.Own.Connections {
				if !c.Person.PHR {
					break
				}
				if l.Shares != Everything {
					parts[at]++
				}
				if l.Erased != 0 {
					erased[at]++
				}
				if last := i == len(c.Own.Connections)-1; l.To != 0 && l.To < l.From || !last && (l.To == 0 || c.Own.Connections[i+1].From < l.To) {
					t.Fatalf("person %d: %+v", o, c.Own.Connections)
				}
			}
		}
	}
	if parts[0] == 0 || erased[0] == 0 || parts[1] <= parts[0] || erased[1] <= erased[0] || did[Chosen] == 0 || did[Asked] == 0 {
		t.Errorf("parts shared %v, erased %v, %d have chosen and %d asked", parts, erased, did[Chosen], did[Asked])
	}
}

package truth

import (
	"cmp"
	"slices"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// Known is by which records of theirs a person is known to the marts.
type Known struct {
	Patient  bool // the registration of the shared record, or of GP Connect
	Hospital bool // a line of a hospital table
	Born     bool // ... one that has the month of birth
	PHR      bool // the Patient of the PHR

	Elsewhere bool // ... or by none, but by an account that somebody has passed on
}

// Any reports whether the person is known at all.
func (k Known) Any() bool { return k.Patient || k.Hospital || k.PHR }

// scratch is memory that is used again for every person.
type scratch struct {
	days      []told
	nights    []clock.Day
	kinds     []Activity
	items     []Item
	latest    []measure
	registers []register
}

// register is a register a person is on.
type register struct {
	name          string
	first, latest clock.Day
	codes         int
}

// Person takes down what the marts must hold of a person: events with their
// ends say what is left of them.
func (b *Book) Person(p *person.Person, feed string, events []life.Event, ends []fate.End, known Known) {
	s := &b.scratch
	s.registers = s.registers[:0]
	practice := "V81999"
	if known.Patient || known.Hospital {
		practice = b.Map.Practices[p.Practice].Code
	}
	b.activity(p.Ordinal, events, ends, practice)
	b.items(events, ends, practice, feed)
	b.measures(p, events, ends)
	b.registers(events, ends)
	b.person(p, known, left(ends))
}

// left reports whether a record is left, which may know its person by number
// alone.
func left(ends []fate.End) bool {
	return slices.ContainsFunc(ends, func(e fate.End) bool { return e.Outcome == fate.Kept })
}

// registers gathers the registers a person is on: a code that is kept puts them
// there. A problem counts on the day it began, a diagnosis of a stay on the day
// the stay was over.
func (b *Book) registers(events []life.Event, ends []fate.End) {
	s := &b.scratch
	for i := range events {
		e := &events[i]
		if ends[i].Outcome != fate.Kept {
			continue
		}
		switch e.Kind {
		case life.Condition:
			b.register(e.What, e.At.Day())
		case life.Episode:
			for _, c := range e.Diagnoses {
				b.register(c, e.End.Day())
			}
		}
	}
	slices.SortFunc(s.registers, func(a, b register) int { return cmp.Compare(a.name, b.name) })
	for _, r := range s.registers {
		b.Sums.Registers[r.name]++
	}
}

// register notes that a code was entered on a day.
func (b *Book) register(c *figure.Concept, on clock.Day) {
	if c == nil || figure.Register(c) == "" {
		return
	}
	s, name := &b.scratch, figure.Register(c)
	for i := range s.registers {
		if r := &s.registers[i]; r.name == name {
			r.first, r.latest, r.codes = min(r.first, on), max(r.latest, on), r.codes+1
			return
		}
	}
	s.registers = append(s.registers, register{name, on, on, 1})
}

// person writes the line of a person.
func (b *Book) person(p *person.Person, known Known, left bool) {
	why := fate.Person(p)
	if why == fate.None {
		why = fate.Late(p)
	}
	if why == fate.None && !known.Any() && !p.PHR && !left && !known.Elsewhere { // who has a PHR is somebody even where its Patient is out
		why = fate.Reference(p)
	}
	end := fate.End{}
	if why != fate.None {
		end = fate.Out(why)
	}
	r := text.Int(append(b.Persons, `{"person":`...), p.Ordinal)
	r = ended(r, end)
	if known.Any() {
		b.Sums.People["population"]++
		r = b.population(r, p, known)
	}
	r = append(r, `,"registers":[`...)
	for i, on := range b.scratch.registers {
		if i > 0 {
			r = append(r, ',')
		}
		r = append(append(append(r, `{"register":"`...), on.name...), `","first_on":"`...)
		r = on.latest.AppendDate(append(on.first.AppendDate(r), `","latest_on":"`...))
		r = append(text.Int(append(r, `","codes":`...), on.codes), '}')
	}
	b.Persons = append(r, "]}\n"...)
}

// population appends what the mart population must say.
func (b *Book) population(r []byte, p *person.Person, known Known) []byte {
	r = append(r, `,"population":true,"age":`...)
	r = text.Int(r, b.age(p, known))
	sex := "male"
	if p.Female {
		sex = "female"
	}
	r = field(r, "sex", sex)
	if known.Patient || known.Hospital {
		r = field(r, "ethnic_category", string(figure.Ethnics[p.Ethnic].Code))
	}
	if known.Patient && !p.Unlisted || known.Hospital {
		a := &b.Map.Areas[p.Area]
		r = text.Int(append(field(r, "lsoa", a.LSOA), `,"imd_decile":`...), a.Decile)
	}
	dead := p.Died != 0 && known.Patient
	if known.Patient || known.Hospital {
		practice := &b.Map.Practices[p.Practice]
		r = field(r, "practice", practice.Code)
		pcn, _ := area.PCN(practice.PCN)
		r = field(r, "pcn", pcn)
		if !dead {
			r = append(r, `,"registered":true`...)
			b.Sums.People["registered"]++
		}
	}
	if dead {
		r = append(r, `,"deceased":true`...)
	}
	return r
}

// age returns the age the marts compute of the month of birth: on the day of
// the run or at death; -1 where it is not known, 90 for everybody who is over 89
// by then, or comes to be in the month of the run, dead or alive.
func (b *Book) age(p *person.Person, known Known) int {
	if !known.Patient && !known.PHR && !known.Born {
		return -1
	}
	y, m, _ := p.Birth.Civil()
	on := b.AsOf
	if p.Died != 0 && known.Patient {
		on = p.Died
	}
	oy, om, _ := on.Civil()
	if clock.Age(clock.Date(y, m, 1), b.AsOf) >= 90 {
		ay, _, _ := b.AsOf.Civil()
		return oy - (ay - 90)
	}
	if om < m {
		oy--
	}
	return oy - y
}

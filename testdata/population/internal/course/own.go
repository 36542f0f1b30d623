package course

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/self"
	"secondaryuse/testdata/population/internal/wrist"
)

// Own is the Personal Health Record of a person.
type Own struct {
	Subject     [2]uint64    // id of its Patient
	Named       bool         // the list of connections names that Patient
	Connections []Connection // none of a person whom nobody connected
	Entries     []self.Entry
	Changed     int32      // the day of the Patient's newest version
	At          clock.Wall // when that was written; 0: before day 0

	smoking *figure.Concept
}

// Noon is when connections are made and cut: no reading of less than a day
// lies near.
func Noon(d clock.Day) clock.Wall { return d.At(12, 30, 0) }

// Draw fills in what a person has recorded until a day.
func (o *Own) Draw(seed uint64, p *person.Person, asOf clock.Day) {
	r := chance.Of(seed, uint64(p.Ordinal), ofOwn)
	*o = Own{Subject: [2]uint64{r.Next(), r.Next()}, Named: true, Entries: o.Entries[:0], Connections: o.Connections[:0]}
	c := Connection{From: Noon(asOf - clock.Day(r.Between(60, 700))), Shares: Everything}
	if r.Hit(0.08) {
		c.To = Noon(asOf - clock.Day(r.Between(10, 50)))
	}
	if r.Hit(0.2) { // some lists do not name the PHR's Patient
		o.Named = false
	}
	if r.Hit(0.02) {
		c = Connection{} // nobody connected
	} else {
		o.Connections = append(o.Connections, c)
	}
	o.smoking = [3]*figure.Concept{figure.Codes.Smoker, figure.Codes.ExSmoker, figure.Codes.NeverSmoked}[r.Below(3)]
	o.Entries = self.Draw(o.Entries[:0], &r, c.From.Day()-15, asOf, o.smoking)
	if c.From == 0 {
		o.Entries = self.Draw(o.Entries[:0], &r, asOf-100, asOf, o.smoking)
	}
	o.share(chance.Of(seed, uint64(p.Ordinal), ofShares), asOf)
}

// draw fills in the newest version of everything.
func (o *Own) draw(c *Course) {
	o.Draw(c.People.Seed, &c.Person, c.People.AsOf)
	for i := range o.Entries {
		e := &o.Entries[i]
		e.Gone, e.Withdrawn = e.Fault == self.Deleted, e.Fault == self.Retracted
	}
}

// open returns the connection that has not ended, or nil.
func (o *Own) open() *Connection {
	if n := len(o.Connections); n > 0 && o.Connections[n-1].To == 0 {
		return &o.Connections[n-1]
	}
	return nil
}

// Worn is what the days have made of a wearable.
type Worn struct {
	New  bool       // it was linked after day 0
	From clock.Wall // then: since when
	To   clock.Wall // since when it is disconnected; 0: as on day 0
	Days []wrist.Day
}

// link connects a person to the PHR for the first time, half of them with a
// wearable, or once more.
func (c *Course) link() bool {
	p, at := &c.Person, Noon(c.yesterday())
	if p.PHR {
		n := len(c.Own.Connections)
		if c.Own.open() != nil || n == 0 || n > 3 || c.Own.Connections[n-1].To >= at {
			return false
		}
		c.Own.Connections = append(c.Own.Connections, Connection{From: at, Shares: Everything})
		return true
	}
	if !c.alive() || !p.Named() || clock.Age(p.Birth, c.date()) < 13 || p.GPConnect {
		return false
	}
	p.PHR = true
	c.Own.Draw(c.People.Seed, p, c.People.AsOf)
	c.Own.Named, c.Own.Entries = true, c.Own.Entries[:0]
	c.Own.Connections = append(c.Own.Connections[:0], Connection{From: at, Shares: Everything})
	c.Own.Changed, c.Own.At = int32(c.Day), c.stamp()
	c.note()
	if c.rand.Hit(0.5) && !c.pairWorn() { // who has been passed an account has no other
		p.Provider = person.Provider(1 + c.rand.Below(3))
		c.Worn.New, c.Worn.From = true, at
	}
	c.then(Unlinked, 0.3, 3, 12, 0)
	return true
}

// unlink disconnects a person, half of them with their wearable.
func (c *Course) unlink() bool {
	at := Noon(c.yesterday())
	open := c.Own.open()
	if !c.Person.PHR || open == nil || open.From >= at {
		return false
	}
	open.To = at
	if c.Person.Provider != person.None && c.Worn.To == 0 && c.Worn.From < at && c.rand.Hit(0.5) {
		c.Worn.To = at
	}
	c.then(Linked, 0.4, 2, 10, 0)
	return true
}

// note writes an entry, of the day or, one in five, of weeks ago.
func (c *Course) note() bool {
	if !c.Person.PHR || !c.alive() {
		return false
	}
	on := c.date()
	if c.rand.Hit(0.2) {
		on -= clock.Day(c.rand.Between(10, 60))
	}
	e := self.One(&c.rand, on, int32(52_00+100*c.rand.Below(50)), c.Own.smoking)
	e.Fault, e.Changed, e.Stamp = self.Sound, int32(c.Day), c.stamp()
	c.Own.Entries = append(c.Own.Entries, e)
	return true
}

// entry draws an entry that stands, or nil.
func (c *Course) entry(measured bool) *self.Entry {
	n := len(c.Own.Entries)
	if !c.Person.PHR || n == 0 {
		return nil
	}
	from := c.rand.Below(n)
	for k := range n {
		e := &c.Own.Entries[(from+k)%n]
		sound := e.Fault == self.Sound || e.Fault == self.Corrected
		if sound && !e.Gone && !e.Withdrawn && (!measured || e.Unit != "") {
			return e
		}
	}
	return nil
}

func (c *Course) rewrite() bool {
	e := c.entry(true)
	if e == nil {
		return false
	}
	e.Value += 100
	e.Changed, e.Stamp = int32(c.Day), c.stamp()
	return true
}

// unwrite takes an entry back: deletes it, or says that it was an error.
func (c *Course) unwrite() bool {
	e := c.entry(false)
	if e == nil {
		return false
	}
	e.Changed, e.Stamp = int32(c.Day), c.stamp()
	e.Gone = c.rand.Hit(0.5)
	e.Withdrawn = !e.Gone
	return true
}

// wear tells the day before, or, one in four, one that was told already once
// more.
func (c *Course) wear() bool {
	w := &c.Worn
	if !c.Person.PHR || c.Person.Provider == person.None || w.To != 0 {
		return false
	}
	last := len(w.Days) - 1
	if last >= 0 && (c.rand.Hit(0.25) || w.Days[last].On == c.yesterday()) {
		w.Days[last].Steps += 100 * c.rand.Between(1, 9)
		w.Days[last].Changed = int32(c.Day)
		return true
	}
	d := wrist.One(&c.rand, c.yesterday())
	d.Changed = int32(c.Day)
	w.Days = append(w.Days, d)
	return true
}

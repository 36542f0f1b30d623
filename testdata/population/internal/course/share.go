package course

import (
	"strings"

	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
)

// Everything is what the list says of somebody who shares all there is.
const Everything = "*"

// some are what people share of their PHR who do not share everything.
var some = []string{"measurement;medicine", "profile;mood;sleep;symptom", "diet;alcohol;tobacco;answer", "profile;measurement;mood", ""}

// Connection is a line of the list of connections: from when until when a person
// is connected (To is 0 while they are), what they share by it, and when they
// asked for what they had shared to be erased (0: never).
type Connection struct {
	From, To clock.Wall
	Shares   string // sections with a semicolon between them, or Everything
	Erased   clock.Wall
}

// Covers reports whether a time lies in the connection.
func (c *Connection) Covers(at clock.Wall) bool { return at >= c.From && (c.To == 0 || at < c.To) }

// Has reports whether a section is shared by it.
func (c *Connection) Has(section string) bool {
	return c.Shares == Everything || strings.Contains(";"+c.Shares+";", ";"+section+";")
}

// Erases reports whether it takes out what was told of a section at a time: of
// everything where nothing is shared.
func (c *Connection) Erases(section string, at clock.Wall) bool {
	return at < c.Erased && (c.Shares == "" || c.Has(section))
}

// share draws what a person shares on day 0, and since when.
func (o *Own) share(r chance.Rand, asOf clock.Day) {
	if len(o.Connections) == 0 {
		return
	}
	c := &o.Connections[0]
	asked := Noon(asOf - clock.Day(r.Between(5, 55)))
	switch x := r.Float(); {
	case x < 0.10:
		c.Shares = chance.One(&r, some)
	case x < 0.18:
		if at := Noon(asOf - clock.Day(r.Between(20, 50))); at > c.From && (c.To == 0 || at < c.To) {
			o.narrow(at, chance.One(&r, some))
		}
	case x < 0.24:
		c.Erased = asked
	case x < 0.28:
		c.Shares, c.Erased = chance.One(&r, some), asked
	}
}

// narrow has the last connection go on from a time on, sharing something else.
func (o *Own) narrow(at clock.Wall, shares string) {
	last := &o.Connections[len(o.Connections)-1]
	next := Connection{From: at, To: last.To, Shares: shares}
	last.To = at
	o.Connections = append(o.Connections, next)
}

// choose has a person share something else from now on.
func (c *Course) choose() bool {
	at, open := Noon(c.yesterday()), c.Own.open()
	if !c.Person.PHR || open == nil || open.From >= at || len(c.Own.Connections) > 5 {
		return false
	}
	c.Own.narrow(at, chance.One(&c.rand, append(some, Everything)))
	return true
}

// ask has a person ask for what they have shared to be erased.
func (c *Course) ask() bool {
	n := len(c.Own.Connections)
	if !c.Person.PHR || n == 0 || c.Own.Connections[n-1].Erased != 0 {
		return false
	}
	c.Own.Connections[n-1].Erased = Noon(c.yesterday())
	return true
}

// decide has what is shared change on some days, beside whatever else happens, by
// a stream of chance of its own.
func (c *Course) decide() {
	r := chance.Of(c.People.Seed, uint64(c.Person.Ordinal), uint64(ofShares+c.Day))
	if !c.Person.PHR || c.Day == c.Arrives || !r.Hit(c.Touch/8) {
		return
	}
	c.rand = r
	c.do([]Kind{Chosen, Asked}[r.Below(2)])
}

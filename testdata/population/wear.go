package population

import (
	"bytes"
	"math/bits"

	"github.com/klauspost/compress/zip"

	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/course"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/truth"
	"secondaryuse/testdata/population/internal/wrist"
)

// account is a wearable's account and whose it is when. To is 0 while it is
// connected; then nobody follows.
type account struct {
	provider string
	id       string
	owners   [2]owner
	n        int // how many owners there are; none of an account nobody connected
}

// owner is one connection. person says why the person may not be used, late
// what comes out only when the GP record has been read.
type owner struct {
	who          int
	number       uint64
	person, late fate.Reason
	from, to     clock.Wall
	shares       string     // of a PHR; of a wearable everything is shared
	erased       clock.Wall // what was measured before was asked to be erased; 0: nothing
}

// covers reports whether a time lies in the connection: the moment of
// connecting does, that of disconnecting does not.
func (o *owner) covers(at clock.Wall) bool { return at >= o.from && (o.to == 0 || at < o.to) }

// end returns what becomes of a record that lasts from a time to another, and
// whose it is. It is its owner's who was connected when it began; all of it
// must lie within that connection and none of it within somebody else's.
func (c *account) end(from, until clock.Wall) (fate.End, int) {
	reason := fate.NotConnected
	for i := range c.owners[:c.n] {
		o := &c.owners[i]
		switch {
		case o.covers(from):
			return o.end(from, until, c.others(o, from, until)), o.who
		case from >= o.from:
			reason = fate.AfterConnect
		case reason == fate.NotConnected:
			reason = fate.BeforeConnect
		}
	}
	return fate.Out(reason), -1
}

// end returns what becomes of a record that began in the connection; shared
// says that part of it lies in somebody else's.
func (o *owner) end(from, until clock.Wall, shared bool) fate.End {
	switch {
	case o.person != fate.None:
		return fate.Out(o.person)
	case shared:
		return fate.Out(fate.Ambiguous)
	case o.to != 0 && until > o.to:
		return fate.Out(fate.AfterConnect)
	case from < o.erased:
		return fate.Out(fate.Wiped)
	case o.late != fate.None:
		return fate.Out(o.late)
	}
	return fate.End{}
}

// others reports whether somebody else was connected for a part of the time.
func (c *account) others(but *owner, from, until clock.Wall) bool {
	for i := range c.owners[:c.n] {
		if o := &c.owners[i]; o != but && o.from < until && (o.to == 0 || from < o.to) {
			return true
		}
	}
	return false
}

// providers names the providers as lists do.
var providers = [...]string{person.Garmin: "garmin", person.Fitbit: "fitbit", person.Apple: "apple"}

// connects draws the account of a person's wearable and its connections. now,
// which may be nil, is what the days have made of them.
func (a *author) connects(p *person.Person, now *course.Worn, r *chance.Rand) account {
	c := account{provider: providers[p.Provider], id: string(text.UUID(nil, r.Next(), r.Next())), n: 1}
	if now != nil && now.New {
		c.owners[0] = owner{who: p.Ordinal, number: p.Number, person: fate.Person(p), late: fate.Late(p), from: now.From, to: now.To, shares: course.Everything}
		return c
	}
	if p.Provider == person.Fitbit && p.Ordinal%2 == 0 { // a participant of the export
		n := (p.Ordinal*7919 + 13) % 100_000_000
		c.id = "MDH-" + string(text.Pad(nil, n/10_000, 4)) + "-" + string(text.Pad(nil, n%10_000, 4))
	}
	change := wrist.Change(a.asOf)
	c.owners[0] = owner{who: p.Ordinal, number: p.Number, person: fate.Person(p), late: fate.Late(p),
		from: course.Noon(change - clock.Day(r.Between(12, 18))), shares: course.Everything}
	switch x := r.Float(); {
	case x < 0.03:
		c.n = 0
	case x < 0.13:
		c.owners[0].to = course.Noon(change + clock.Day(r.Between(8, 15)))
	case x < 0.19:
		a.passOn(&c, p.Ordinal^1, change, change+9)
	case x < 0.25:
		a.passOn(&c, p.Ordinal^1, change, change+2)
	}
	if now != nil && now.To != 0 && c.n == 1 && c.owners[0].to == 0 {
		c.owners[0].to = now.To
	}
	if late := chance.Of(a.plan.Seed, uint64(p.Ordinal), 14); c.n == 1 && late.Hit(0.08) {
		c.owners[0].erased = course.Noon(a.asOf - 2) // when all of the days drawn were over
	}
	return c
}

// passOn gives the account to the other person of the pair: after a week in
// which it is nobody's, or at the very moment at which the first is cut off, so
// that the totals of that day are of both.
func (a *author) passOn(c *account, other int, change, next clock.Day) {
	if other >= a.plan.Persons {
		return
	}
	p := &a.other
	a.persons.Draw(p, other)
	if !p.Named() || p.PHR || p.GPConnect {
		return
	}
	if a.living {
		p = a.mate(other)
	}
	c.owners[0].to = course.Noon(change + 2)
	c.owners[1] = owner{who: other, number: p.Number, person: fate.Person(p), late: fate.Late(p), from: course.Noon(next), shares: course.Everything}
	c.n = 2
}

// mate returns the other person of a pair, as they are by now.
func (a *author) mate(ordinal int) *person.Person {
	a.courses.Begin(&a.mated, ordinal)
	for a.mated.Day < a.day {
		a.mated.Step()
	}
	a.mated.Live()
	return &a.mated.Person
}

// connections writes the rows of the person's connections.
func (a *author) connections() {
	p := &a.person
	if !p.PHR {
		return
	}
	named := ""
	if a.mine.Named {
		named = string(text.UUID(nil, a.mine.Subject[0], a.mine.Subject[1]))
	}
	var own []owner
	for _, c := range a.mine.Connections {
		own = append(own, owner{number: p.Number, from: c.From, to: c.To, shares: c.Shares, erased: c.Erased})
	}
	a.connection("phr", named, own)
	if p.Provider != person.None {
		r := chance.Of(a.plan.Seed, uint64(p.Ordinal), 7)
		c := a.connects(p, a.linked(), &r)
		a.connection(c.provider, c.id, c.owners[:c.n])
	}
}

// linked is what the days have made of the person's wearable, if there are days.
func (a *author) linked() *course.Worn {
	if !a.living {
		return nil
	}
	return &a.course.Worn
}

// heir reports whether an account was passed on to the person, who is known by
// that alone.
func (a *author) heir() bool {
	mate := a.person.Ordinal ^ 1
	if mate >= a.plan.Persons {
		return false
	}
	var c course.Course
	for a.courses.Begin(&c, mate); c.Day < a.day; {
		c.Step()
	}
	if !c.Person.PHR || c.Person.Provider == person.None {
		return false
	}
	r := chance.Of(a.plan.Seed, uint64(mate), 7)
	return a.connects(&c.Person, &c.Worn, &r).n == 2
}

// connection writes the rows of the list of connections.
func (a *author) connection(provider, id string, owners []owner) {
	for _, o := range owners {
		a.line(connectionRows, func(b []byte) []byte {
			b = append(append(append(number.Append(b, o.number), ','), provider...), ',')
			b = append(o.from.AppendUTC(append(append(b, id...), ',')), ',')
			if o.to != 0 {
				b = o.to.AppendUTC(b)
			}
			b = append(append(append(b, ','), o.shares...), ',')
			if o.erased != 0 {
				b = o.erased.AppendUTC(b)
			}
			return append(b, '\n')
		})
	}
}

// wear writes what a person's wearable measured. It returns the account.
func (a *author) wear() string {
	p := &a.person
	if p.Provider == person.None {
		return ""
	}
	r := chance.Of(a.plan.Seed, uint64(p.Ordinal), 7)
	c := a.connects(p, a.linked(), &r)
	all, told := wrist.Days(&r, a.asOf, p.Age), a.told()
	if a.living && a.course.Worn.New {
		all = nil
	}
	days := all
	if a.since != never {
		if days = nil; len(told) == 0 {
			return c.id
		}
	}
	a.worn = a.worn[:0]
	switch p.Provider {
	case person.Garmin:
		a.garmin(&c, days, told, &r)
	case person.Fitbit:
		if p.Ordinal%2 == 0 {
			a.fitbitExport(&c, days, told)
		} else {
			a.fitbitAnswers(&c, days, told)
		}
	case person.Apple:
		a.apple(&c, all, &r)
	}
	a.daysWorn()
	return c.id
}

// told returns the days that the wearable has told since day 0 and that are to
// be written.
func (a *author) told() (days []wrist.Day) {
	if !a.living {
		return nil
	}
	for _, d := range a.course.Worn.Days {
		if a.sends(d.Changed) {
			days = append(days, d)
		}
	}
	return days
}

// span is when a record of a wearable begins and ends.
type span struct{ from, until clock.Wall }

// allDay is the span of a record of a day, whatever hours the day has.
func allDay(d clock.Day) span { return span{d.At(0, 0, 0), (d + 1).At(0, 0, 0)} }

// utc is a span that is told in UTC.
func utc(from, until int64) span { return span{wrist.Wall(from), wrist.Wall(until)} }

// reading takes down what becomes of one record of a wearable, and returns it
// and whose it is. metric is what its first reading is stored as.
func (a *author) reading(c *account, name []byte, s span, metric string, again bool) (fate.End, int) {
	end, who := c.end(s.from, s.until)
	if again {
		end = end.Again()
	}
	mine := who
	if who < 0 {
		mine = a.person.Ordinal
	}
	a.book.Record(c.provider, "reading", name, 0, mine, end, truth.Fact{At: s.from, Kind: metric})
	return end, who
}

// unusedReading counts a record that no reading is taken from.
func (a *author) unusedReading(feed, kind string) {
	a.book.Count(feed, "", kind, fate.End{Outcome: fate.Unused}, 1)
}

// badReading counts a record that cannot be read.
func (a *author) badReading(feed, file string, line int) {
	a.book.Count(feed, "reading", "", fate.End{Outcome: fate.Rejected}, 1)
	a.reject(file, feed, "reading", "a text where a number belongs", line)
}

// wornDay is what is left of a day once the gates have judged; -1 is nothing.
type wornDay struct {
	who                          int
	on                           clock.Day
	steps, phone, resting, sleep int
	active                       int
	hours                        uint32 // bits: something that is no total of the day began in them
}

// dayOf returns the day of a person that readings are added to.
func (a *author) dayOf(who int, on clock.Day) *wornDay {
	for i := range a.worn {
		if d := &a.worn[i]; d.who == who && d.on == on {
			return d
		}
	}
	a.worn = append(a.worn, wornDay{who, on, -1, -1, -1, -1, -1, 0})
	return &a.worn[len(a.worn)-1]
}

// began notes that something that is no total of the day began at a time and
// counts towards a day.
func (a *author) began(end fate.End, who int, on clock.Day, at clock.Wall) {
	if end.Outcome == fate.Kept {
		a.dayOf(who, on).hours |= 1 << (at.Second() / 3600)
	}
}

// plus adds to a total that may not have begun.
func plus(total *int, n int) { *total = max(*total, 0) + n }

// daysWorn writes the days that the mart wearable_daily must hold.
func (a *author) daysWorn() {
	book := a.book
	for i := range a.worn {
		d := &a.worn[i]
		if d.steps < 0 { // the phone counts where nothing was worn
			d.steps = d.phone
		}
		if max(d.steps, d.resting, d.sleep, d.active) >= 0 {
			book.Day(d.who, d.on, d.steps, d.resting, d.sleep, d.active, bits.OnesCount32(d.hours))
		}
	}
}

// zipped returns an archive as a phone makes it.
func zipped(export []byte) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range []struct {
		name string
		text []byte
	}{
		{"apple_health_export/export.xml", export},
		{"apple_health_export/export_cda.xml", []byte("<?xml version=\"1.0\"?>\n<ClinicalDocument/>\n")},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
		if err != nil {
			panic("population: zip: " + err.Error()) // unreachable: a Buffer takes everything
		}
		w.Write(f.text) // as above
	}
	z.Close() // as above
	return out.Bytes()
}

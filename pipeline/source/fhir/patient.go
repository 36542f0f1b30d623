package fhir

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// numbers is what the identifiers of a patient come to.
type numbers struct {
	number   identity.Number // the one current number
	several  bool            // there are more
	accepted bool            // its status is one that persons are told apart by
	status   term.Code
	fault    record.Fault // of the first unusable number
	from     int          // where the former numbers begin
}

func (d *Decoder) patient(b *record.Block) {
	b.Persons = append(b.Persons, record.Person{})
	p := &b.Persons[len(b.Persons)-1]
	d.begin(&p.Head, 0, record.Patient)
	n := numbers{from: len(d.former)}
	var homes home
	var own, managing surgery
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "identifier":
			for e := each(0); d.next(&e, "identifier"); {
				d.personIdentifier(&n)
			}
		case "address":
			d.addresses(&homes)
		case "generalPractitioner":
			d.surgeries(&own)
		case "managingOrganization":
			d.surgeries(&managing)
		default:
			d.personMember(key, p)
		}
	}
	if own.code == "" {
		own = managing
	}
	p.Postcode = homes.postcode
	if !d.end(term.Unknown, managing.code) && !d.flagged() {
		b.Persons = b.Persons[:len(b.Persons)-1]
		return
	}
	d.settlePerson(p, &n, &own)
}

// flagged reports whether a Patient that is rejected for one of its fields is
// flagged confidential, which leaves the person out all the same.
func (d *Decoder) flagged() bool {
	return d.pass == people && d.head.Restricted && !d.deleted && d.head.ID.ID != "" && d.c.Err() == nil
}

func (d *Decoder) personMember(key []byte, p *record.Person) {
	switch string(key) {
	case "gender":
		p.Row.Sex = d.word("gender", gender)
	case "birthDate":
		if s, ok := d.c.Text(); !ok {
			d.is('"', "birthDate", "not a string")
		} else if p.Birth, ok = identity.ParseBirth(s); !ok {
			d.wrong("birthDate", "not a date")
		}
	case "deceasedBoolean":
		p.Row.Deceased = d.boolean("deceasedBoolean") || p.Row.Deceased
	case "deceasedDateTime":
		if t := d.time("deceasedDateTime"); t != term.Unknown {
			p.Row.DeathMonth, p.Row.Deceased = t.Month(), true
		}
	default:
		d.common(key)
	}
}

// settlePerson fills in what follows from several members.
func (d *Decoder) settlePerson(p *record.Person, n *numbers, s *surgery) {
	p.Subject, p.Number = record.Ref{}, identity.Number{}
	p.Former = tail(d.former, n.from)
	p.Verification = n.status
	switch {
	case n.several:
		p.Fault = record.Several
	case n.number.Zero() && n.fault == record.NoFault:
		p.Fault = record.Missing
	case n.number.Zero():
		p.Fault = n.fault
	case !n.accepted:
		p.Fault = record.Unverified
	default:
		p.Number = n.number
	}
	p.Confidential, p.Restricted = p.Restricted, false
	r, x := &p.Row, &d.extra
	r.Deceased = r.Deceased || x.death == "1" || x.death == "2"
	r.Ethnicity = x.ethnicity
	r.Practice = s.code
	r.RegisteredFrom, r.RegisteredTo = first(x.from, s.from), first(x.to, s.to)
}

// personIdentifier reads one identifier of a patient. One that is an old one,
// or whose period is over, says nothing of who the person is now: it is a
// former number.
func (d *Decoder) personIdentifier(n *numbers) {
	if !d.object("identifier") {
		return
	}
	var system, value, use []byte
	var end term.Time
	d.extra.verification = ""
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "system":
			system = d.text("identifier.system")
		case "value":
			value = d.text("identifier.value")
		case "use":
			use = d.text("identifier.use")
		case "period":
			_, end = d.period("identifier.period")
		case "extension":
			d.extensions()
		default:
			d.swept(key)
		}
	}
	d.placed(system, value)
	switch {
	case string(system) != d.options.Person.System || len(value) == 0:
	case string(use) == "old" || d.over(end):
		if number, fault := d.person(system, value); fault == record.NoFault {
			d.former = append(d.former, record.Former{Number: number, Sure: d.accepted(d.extra.verification)})
		}
	default:
		n.add(d, system, value)
	}
}

func (n *numbers) add(d *Decoder, system, value []byte) {
	number, fault := d.person(system, value)
	if fault != record.NoFault {
		if n.fault == record.NoFault {
			n.fault = fault
		}
		return
	}
	status := d.extra.verification
	n.several = n.several || (!n.number.Zero() && n.number != number)
	n.number = number
	if ok := d.accepted(status); ok || !n.accepted {
		n.status, n.accepted = status, ok
	}
}

// over reports whether a period that ends at t is over. One that is not makes
// the record another one then.
func (d *Decoder) over(t term.Time) bool {
	if t == term.Unknown || t <= d.options.Person.Now {
		return t != term.Unknown
	}
	if d.expires == term.Unknown || t < d.expires {
		d.expires = t
	}
	return false
}

// home is the best address so far.
type home struct {
	postcode identity.Postcode
	rank     int // 2: it says that it is the home; 1: it says nothing
}

func (d *Decoder) addresses(h *home) {
	for e := each(0); d.next(&e, "address"); {
		if !d.object("address") {
			continue
		}
		var code, use []byte
		var end term.Time
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			switch string(key) {
			case "postalCode":
				code = d.text("address.postalCode")
			case "use":
				use = d.text("address.use")
			case "period":
				_, end = d.period("address.period")
			default:
				d.swept(key)
			}
		}
		rank := 0
		switch string(use) {
		case "home":
			rank = 2
		case "":
			rank = 1
		}
		if rank <= h.rank || d.over(end) {
			continue
		}
		if p, ok := identity.ParsePostcode(code); ok {
			h.postcode, h.rank = p, rank
		}
	}
}

// surgery is the practice a person is registered with.
type surgery struct {
	code     term.ODS
	from, to term.Time
	ended    bool
}

// surgeries reads references to practices and keeps the first that is current,
// or else the first.
func (d *Decoder) surgeries(s *surgery) {
	for e := each(0); d.next(&e, "generalPractitioner"); {
		t := d.reference("generalPractitioner")
		one := surgery{d.ods(t), t.from, t.to, d.over(t.to)}
		if one.code != "" && (s.code == "" || s.ended && !one.ended) {
			*s = one
		}
	}
}

package fhir

import (
	"time"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

func (o *oracle) patient(n node, b *record.Block) {
	s := o.common(n, "Patient", record.Patient)
	p := record.Person{}
	p.Row.Sex = gender([]byte(o.text(n, "gender")))
	for _, v := range n.all("birthDate") {
		if o.check(v, '"') {
			var ok bool
			if p.Birth, ok = identity.ParseBirth([]byte(v.text)); !ok {
				o.bad = true
			}
		}
	}
	p.Row.Deceased = o.flag(n, "deceasedBoolean")
	for _, v := range n.all("deceasedDateTime") {
		if t := o.when(node{members: []member{{"x", v}}}, "x"); t != 0 {
			p.Row.DeathMonth, p.Row.Deceased = t.Month(), true
		}
	}
	o.identifiers(n, &p)
	p.Postcode = o.postcode(n)
	gp, from, to := o.practice(n, "generalPractitioner")
	holder, mFrom, mTo := o.practice(n, "managingOrganization")
	if gp == "" {
		gp, from, to = holder, mFrom, mTo
	}
	p.Row.Practice = gp
	for _, e := range s.ext["registrationPeriod"] {
		start, end := o.span(e, "valuePeriod")
		if p.Row.RegisteredFrom = start; start == 0 {
			p.Row.RegisteredFrom = from
		}
		if p.Row.RegisteredTo = end; end == 0 {
			p.Row.RegisteredTo = to
		}
	}
	if len(s.ext["registrationPeriod"]) == 0 {
		p.Row.RegisteredFrom, p.Row.RegisteredTo = from, to
	}
	p.Row.Ethnicity = ethnicity(term.Code(o.said(s, "EthnicCategory").code))
	o.death(s, &p.Row)
	p.Confidential = s.head.Restricted
	s.head.Restricted = false
	number := p.Number
	s.head.Subject, s.head.Number = record.Ref{}, identity.Number{}
	var list []record.Of[row.Person]
	if finish(o, s, &list, b, p.Row, 0, holder) {
		p.Of = list[0]
		p.Number = number
		b.Persons = append(b.Persons, p)
	}
}

// death: the last notification that has a code counts, in the order in which
// the decoder meets them.
func (o *oracle) death(s *shared, r *row.Person) {
	for _, e := range s.deaths {
		if c := string(only(term.Item, o.concept(e, "valueCodeableConcept").raw)); c != "" {
			s.dead = c
		}
	}
	r.Deceased = r.Deceased || s.dead == "1" || s.dead == "2"
}

func (o *oracle) identifiers(n node, p *record.Person) {
	var numbers []identity.Number
	var statuses []string
	for _, id := range n.each("identifier") {
		if !o.check(id, '{') {
			continue
		}
		use, system, value := o.text(id, "use"), o.text(id, "system"), o.text(id, "value")
		_, end := o.span(id, "period")
		s := &shared{ext: map[string][]node{}}
		keep := o.links
		for _, e := range id.all("extension") {
			o.extensions(e, s)
		}
		o.links = keep
		if system != NHSNumber || value == "" {
			continue
		}
		number, err := identity.Parse([]byte(value))
		if use == "old" || past(end) {
			status := o.said(s, "NHSNumberVerificationStatus").code
			if err == nil {
				p.Former = append(p.Former, record.Former{Number: number, Sure: status == "" || status == "01"})
			}
			continue
		}
		if err != nil {
			if p.Fault == record.NoFault {
				p.Fault = map[error]record.Fault{identity.ErrForm: record.BadForm,
					identity.ErrCheckDigit: record.BadCheckDigit, identity.ErrDisallowed: record.Disallowed}[err]
			}
			continue
		}
		numbers = append(numbers, number)
		statuses = append(statuses, o.said(s, "NHSNumberVerificationStatus").raw)
	}
	if len(numbers) == 0 {
		if p.Fault == record.NoFault {
			p.Fault = record.Missing
		}
		return
	}
	p.Fault = record.Unverified
	for i, number := range numbers {
		if p.Fault == record.Unverified || statuses[i] == "" || statuses[i] == "01" {
			p.Verification = term.Code(statuses[i])
		}
		if statuses[i] == "" || statuses[i] == "01" {
			p.Fault = record.NoFault
		}
		if number != numbers[0] {
			defer func() { p.Fault, p.Number = record.Several, identity.Number{} }()
		}
	}
	if p.Fault == record.NoFault {
		p.Number = numbers[0]
	}
}

var testNow = term.At(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), time.UTC)

func past(t term.Time) bool { return t != 0 && t <= testNow }

func (o *oracle) postcode(n node) (found identity.Postcode) {
	best := 0
	for _, a := range n.each("address") {
		if !o.check(a, '{') {
			continue
		}
		_, end := o.span(a, "period")
		code, ok := identity.ParsePostcode([]byte(o.text(a, "postalCode")))
		rank := map[string]int{"home": 2, "": 1}[o.text(a, "use")]
		if ok && rank > best && !past(end) {
			found, best = code, rank
		}
	}
	return found
}

func (o *oracle) practice(n node, names string) (code term.ODS, from, to term.Time) {
	for _, v := range n.each(names) {
		p := o.ref(v)
		if c := o.ods(p); c != "" && (code == "" || past(to) && !past(p.to)) {
			code, from, to = c, p.from, p.to
		}
	}
	return code, from, to
}

package fhir

import (
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

func (o *oracle) encounter(n node, b *record.Block) {
	s := o.common(n, "Encounter", record.Encounter)
	c := o.concept(n, "type")
	o.concept(n, "serviceType")
	r := row.Encounter{System: c.system, Code: term.Code(c.code), Specialty: o.special, Status: o.status(n, s, encounterStatus)}
	for _, v := range n.all("class") {
		if v.kind != '[' {
			r.Class = only(term.Listed, o.one(v).raw)
		}
	}
	for _, m := range n.members {
		if m.key == "type" || m.key == "serviceType" {
			one := oracle{root: n}
			one.collect(node{members: []member{m}}, false)
			for _, c := range one.codings {
				if r.Kind == "" {
					r.Kind = kindOfType(c)
				}
			}
		}
		if m.key == "hospitalization" && o.check(m.value, '{') {
			r.Destination = only(term.Item, o.concept(m.value, "dischargeDisposition").raw)
		}
	}
	r.Start, r.End = o.span(n, "period")
	r.AdmissionMethod = only(term.Item, o.said(s, "AdmissionMethod").raw)
	r.DischargeMethod = only(term.Item, o.said(s, "DischargeMethod").raw)
	r.Outcome = only(term.Item, o.said(s, "OutcomeOfAttendance").raw)
	if len(r.Outcome) == 1 && strings.Contains("123", string(r.Outcome)) {
		r.Outcome = "attended"
	}
	var by term.ODS
	for _, v := range n.all("serviceProvider") {
		by = o.provider(node{members: []member{{"x", v}}}, "x")
	}
	r.Provider = or(by, o.holder)
	r.Kind = kindOfEncounter(&r, "gp")
	finish(o, s, &b.Encounters, b, r, r.Start, by)
}

func (o *oracle) referral(n node, typ string, b *record.Block) {
	s := o.common(n, typ, recordKinds[typ])
	c := o.concept(n, "code")
	service, reason := o.concept(n, "serviceRequested type"), o.concept(n, "reasonCode")
	if typ == "ReferralRequest" && c.code == "" {
		if c = service; c.code == "" {
			c = reason
		}
	}
	r := row.Referral{System: c.system, Code: term.Code(c.code), Specialty: o.special}
	r.Status = o.sticky(n, s, requestStatus, "revoked", o.flag(n, "doNotPerform"))
	r.Priority = priority([]byte(o.text(n, "priority")))
	s.head.Recorded = o.when(n, "authoredOn")
	occurs, _ := o.eventOf(n, "occurrenceDateTime occurrencePeriod")
	if r.At = s.head.Recorded; r.At == 0 {
		r.At = occurs
	}
	r.Requester, r.Performer = o.actor(n, "requester"), o.provider(n, "performer recipient")
	finish(o, s, &b.Referrals, b, r, r.At, or(r.Requester, r.Performer))
}

// only returns a code if it has the form of a system's.
func only(system term.System, code string) term.Code {
	if !term.Code(code).In(system) {
		return ""
	}
	return term.Code(code)
}

package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// referral reads a ServiceRequest, or what STU3 has in its place: a
// ProcedureRequest or a ReferralRequest, which may have its code as the
// service that is asked for, its type or its reason.
func (d *Decoder) referral(b *record.Block, kind record.Kind) {
	o := add(d, &b.Referrals, kind)
	r := &o.Row
	var code, service, reason coded
	var occurs term.Time
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "code":
			d.concept("code", &code)
		case "serviceRequested", "type":
			d.concept("serviceRequested", &service)
		case "reasonCode":
			d.concept("reasonCode", &reason)
		case "status":
			if w := d.status(requestStatus); r.Status != "revoked" {
				r.Status = w
			}
		case "doNotPerform":
			if d.boolean("doNotPerform") {
				r.Status = "revoked"
			}
		case "authoredOn":
			o.Recorded = d.time("authoredOn")
		case "occurrenceDateTime":
			occurs = d.time("occurrenceDateTime")
		case "occurrencePeriod":
			occurs, _ = d.period("occurrencePeriod")
		default:
			d.referralMember(key, &o.Row)
		}
	}
	if kind == record.ReferralRequest {
		code = firstCode(code, service, reason)
	}
	r.System, r.Code, r.Specialty = code.system, code.code, d.specialty
	r.At = first(o.Recorded, occurs)
	done(d, &b.Referrals, r.At, firstODS(r.Requester, r.Performer))
}

func (d *Decoder) referralMember(key []byte, r *row.Referral) {
	switch string(key) {
	case "priority":
		r.Priority = d.word("priority", priority)
	case "requester":
		r.Requester = firstODS(r.Requester, d.actors("requester"))
	case "performer", "recipient":
		r.Performer = firstODS(r.Performer, d.providers("performer"))
	default:
		d.common(key)
	}
}

func firstCode(codes ...coded) (c coded) {
	for _, c = range codes {
		if c.code != "" {
			break
		}
	}
	return c
}

func (d *Decoder) appointment(b *record.Block) {
	o := add(d, &b.Appointments, record.Appointment)
	r := &o.Row
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "status":
			r.Status = d.status(appointmentStatus)
		case "start":
			r.Start = d.time("start")
		case "end":
			r.End = d.time("end")
		case "created":
			o.Recorded = d.time("created")
		case "participant":
			d.participants(&r.Provider)
		default:
			d.common(key)
		}
	}
	r.Specialty = d.specialty
	done(d, &b.Appointments, r.Start, d.by(&r.Provider))
}

// participants reads whom an appointment is for and who keeps it.
func (d *Decoder) participants(provider *term.ODS) {
	for e := each(0); d.next(&e, "participant"); {
		if !d.object("participant") {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			if string(key) != "actor" {
				d.swept(key)
				continue
			}
			t := d.reference("participant.actor")
			d.about(&t, record.None)
			*provider = firstODS(*provider, d.ods(t))
		}
	}
}

package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

func (d *Decoder) encounter(b *record.Block) {
	o := add(d, &b.Encounters, record.Encounter)
	r := &o.Row
	var best, service coded
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "status":
			r.Status = d.status(encounterStatus)
		case "class":
			if d.c.Kind() == '[' { // R5
				d.sweep()
			} else {
				r.Class = classOf(d.coding("class").raw)
			}
		case "type":
			r.Kind = d.kinds("type", &best, r.Kind)
		case "serviceType":
			r.Kind = d.kinds("serviceType", &service, r.Kind)
		case "period":
			r.Start, r.End = d.period("period")
		case "hospitalization":
			d.hospitalization(r)
		case "serviceProvider":
			r.Provider = d.providers("serviceProvider")
		default:
			d.common(key)
		}
	}
	x := &d.extra
	r.AdmissionMethod, r.DischargeMethod, r.Outcome = x.admissionMethod, x.dischargeMethod, attended(x.outcome)
	r.System, r.Code, r.Specialty = best.system, best.code, d.specialty
	by := d.by(&r.Provider)
	r.Kind = kindOfEncounter(r, d.options.Default)
	done(d, &b.Encounters, r.Start, by)
}

// kinds reads a type of the encounter and returns the kind that one of its
// codes tells, unless one is known already.
func (d *Decoder) kinds(field string, best *coded, known term.Word) term.Word {
	n := len(d.codings)
	d.concept(field, best)
	for _, c := range d.codings[n:] {
		if known == "" {
			known = kindOfType(c)
		}
	}
	return known
}

// attended turns an OUTCOME OF ATTENDANCE CODE (1 discharged, 2 another
// appointment given, 3 to be made later) into the word for what all three say.
// As they stand they would be taken for ATTENDED OR DID NOT ATTEND CODES, in
// which 2 is cancelled and 3 did not attend.
func attended(outcome term.Code) term.Code {
	switch outcome {
	case "1", "2", "3":
		return "attended"
	}
	return outcome
}

func (d *Decoder) hospitalization(r *row.Encounter) {
	if !d.object("hospitalization") {
		return
	}
	var to coded
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "dischargeDisposition":
			d.concept("hospitalization.dischargeDisposition", &to)
		case "extension":
			d.extensions()
		default:
			d.swept(key)
		}
	}
	r.Destination = itemOf(to.raw)
}

// kindOfEncounter says what kind of contact an encounter is. It is the one
// place where that is decided; the first rule that fits holds:
//
//	class EMER                               ae
//	class IMP, ACUTE, NONAC, SS              admission
//	a home visit by a practice               gp
//	a home visit                             community
//	a code of its type or service type       see kindOfType (r.Kind on entry)
//	treatment function 656, 700 to 730       mental-health
//	treatment function 290, 291, 318, 319    community
//	treatment function 600, 620              gp
//	any other treatment function             outpatient
//	provider is a local authority (999)      social-care
//	class HH, FLD                            community
//	provider is a practice (A99999)          gp
//	provider is a hospital (R.., T.., N..),  outpatient
//	  class AMB, VR or none
//	else                                     what the feed says, or other
func kindOfEncounter(r *row.Encounter, otherwise term.Word) term.Word {
	switch r.Class {
	case "EMER":
		return "ae"
	case "IMP", "ACUTE", "NONAC", "SS":
		return "admission"
	}
	holder := holderOf(r.Provider)
	switch {
	case r.Kind == homeVisit && (holder == practice || holder == unknown && otherwise == "gp"):
		return "gp"
	case r.Kind == homeVisit:
		return "community"
	case r.Kind != "":
		return r.Kind
	case r.Specialty != "":
		return kindOfFunction(r.Specialty)
	}
	switch {
	case holder == authority:
		return "social-care"
	case r.Class == "HH", r.Class == "FLD":
		return "community"
	case holder == practice:
		return "gp"
	case holder == hospital && (r.Class == "AMB" || r.Class == "VR" || r.Class == ""):
		return "outpatient"
	}
	return otherwise
}

// homeVisit is what the code for a visit at home tells before it is known who
// came. It is never stored.
const homeVisit term.Word = "home-visit"

// kindOfType returns the kind that a code tells by itself: one of our own
// words in whatever system, or one of a few SNOMED CT concepts.
func kindOfType(c record.Coding) term.Word {
	if c.System == term.SNOMED {
		switch c.Code {
		case "50849002", "4525004": // emergency room admission, emergency department visit
			return "ae"
		case "32485007", "183452005", "8715000": // hospital admission, emergency, elective
			return "admission"
		case "439708006":
			return homeVisit
		}
		return ""
	}
	switch c.Code {
	case "gp":
		return "gp"
	case "ae":
		return "ae"
	case "admission":
		return "admission"
	case "outpatient":
		return "outpatient"
	case "community":
		return "community"
	case "mental-health":
		return "mental-health"
	case "social-care":
		return "social-care"
	}
	return ""
}

func kindOfFunction(f term.Code) term.Word {
	switch {
	case f == "290", f == "291", f == "318", f == "319":
		return "community"
	case f == "600", f == "620":
		return "gp"
	case f == "656", len(f) == 3 && f >= "700" && f <= "730":
		return "mental-health"
	}
	return "outpatient"
}

type holder uint8

const (
	unknown holder = iota
	practice
	hospital
	authority
)

// holderOf tells what sort of organisation a code belongs to by its shape.
func holderOf(o term.ODS) holder {
	digits := 0
	for i := 1; i < len(o); i++ {
		if o[i] >= '0' && o[i] <= '9' {
			digits++
		}
	}
	switch {
	case len(o) == 6 && o[0] >= 'A' && o[0] <= 'Y' && digits == 5:
		return practice
	case len(o) == 3 && digits == 2 && o[0] >= '0' && o[0] <= '9':
		return authority
	case (len(o) == 3 || len(o) == 5) && (o[0] == 'R' || o[0] == 'T' || o[0] == 'N'):
		return hospital
	}
	return unknown
}

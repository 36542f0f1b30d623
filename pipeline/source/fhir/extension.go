package fhir

import (
	"bytes"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// extra is what extensions say, wherever in the resource they stand.
type extra struct {
	verification    term.Code // NHS NUMBER STATUS INDICATOR CODE
	ethnicity       term.Code
	death           term.Code
	admissionMethod term.Code
	dischargeMethod term.Code
	outcome         term.Code
	vaccination     coded
	recorded        term.Time
	from, to        term.Time // registration with a practice
}

// extension is one extension as it was written.
type extension struct {
	name       []byte
	concept    coded
	first      []byte // the first code of the concept
	ref        target
	time       []byte
	start, end term.Time
}

// extensions reads a list of extensions and those within them.
func (d *Decoder) extensions() {
	if !d.array("extension") {
		return
	}
	for d.c.Elem() {
		if !d.object("extension") {
			continue
		}
		var x extension
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			d.extensionMember(&x, key)
		}
		d.take(&x)
	}
}

func (d *Decoder) extensionMember(x *extension, key []byte) {
	switch string(key) {
	case "url":
		x.name = extensionName(d.text("extension.url"))
	case "extension":
		d.extensions()
	case "valueCodeableConcept":
		d.concept("extension", &x.concept)
	case "valueReference":
		x.ref = d.reference("extension")
	case "valueDateTime":
		x.time = d.text("extension")
	case "valuePeriod":
		x.start, x.end = d.period("extension")
	default:
		d.swept(key)
	}
}

// extensionName returns what UK Core and CareConnect both call an extension.
func extensionName(url []byte) []byte {
	name := url[bytes.LastIndexByte(url, '/')+1:]
	for _, prefix := range [...]string{"Extension-", "UKCore-", "CareConnect-", "GPC-"} {
		if len(name) > len(prefix) && string(name[:len(prefix)]) == prefix {
			name = name[len(prefix):]
		}
	}
	if n := len(name); n > 2 && name[n-2] == '-' && name[n-1] >= '0' && name[n-1] <= '9' {
		name = name[:n-2]
	}
	return name
}

// take keeps what an extension says if it is wanted.
func (d *Decoder) take(x *extension) {
	switch string(x.name) {
	case "NHSNumberVerificationStatus":
		d.extra.verification, _ = term.CodeOf(x.concept.raw) // judged, not stored
	case "EthnicCategory":
		d.extra.ethnicity = ethnicity(x.concept.code)
	case "DeathNotificationStatus", "deathNotificationStatus":
		if code := itemOf(x.concept.raw); code != "" {
			d.extra.death = code
		}
	case "AdmissionMethod":
		d.extra.admissionMethod = itemOf(x.concept.raw)
	case "DischargeMethod":
		d.extra.dischargeMethod = itemOf(x.concept.raw)
	case "OutcomeOfAttendance":
		d.extra.outcome = itemOf(x.concept.raw)
	case "VaccinationProcedure":
		d.extra.vaccination = x.concept
	case "DateRecorded":
		if len(x.time) > 0 {
			t, ok := ParseTime(x.time)
			if !ok {
				d.wrong("extension", "not a date")
			}
			d.extra.recorded = t
		}
	case "registrationPeriod":
		d.extra.from, d.extra.to = x.start, x.end
	case "ActualProblem", "actualProblem": // the condition is only about it
		d.linkTo(d.refOf(&x.ref, record.Observation), record.Part)
		d.linkTo(d.named(&x.ref), record.Part)
	case "RelatedClinicalContent", "relatedClinicalContent": // what was written down of a problem, over years
		d.linkTo(d.refOf(&x.ref, record.None), record.Mention)
		d.linkTo(d.named(&x.ref), record.Mention)
	case "encounter-associatedEncounter":
		d.inEncounter(&x.ref)
	}
}

// ethnicity returns b if it is an ETHNIC CATEGORY of the NHS Data Dictionary.
func ethnicity(c term.Code) term.Code {
	switch c {
	case "A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P", "R", "S", "Z", "99":
		return c
	}
	return ""
}

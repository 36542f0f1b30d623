package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

type medicationRecord = record.Of[row.Medication]

func (d *Decoder) allergy(b *record.Block) {
	o := add(d, &b.Allergies, record.Allergy)
	r := &o.Row
	var best coded
	var verified term.Word
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "code":
			d.concept("code", &best)
		case "category":
			r.Category = d.words("category", allergyCategory)
		case "criticality":
			r.Criticality = d.word("criticality", criticality)
		case "clinicalStatus":
			r.Status = d.words("clinicalStatus", clinicalStatus)
		case "verificationStatus":
			verified = d.words("verificationStatus", verificationStatus)
			d.doubtful = d.doubtful || verified != "confirmed"
			d.deleted = d.deleted || verified == erroneous
		case "onsetDateTime":
			r.Onset = d.time("onsetDateTime")
		case "onsetPeriod":
			r.Onset, _ = d.period("onsetPeriod")
		case "recordedDate", "assertedDate":
			o.Recorded = d.time("recordedDate")
		case "recorder", "asserter":
			r.Provider = firstODS(r.Provider, d.providers("recorder"))
		default:
			d.common(key)
		}
	}
	if verified == "refuted" {
		r.Status = verified
	}
	r.System, r.Code = best.system, best.code
	done(d, &b.Allergies, r.Onset, d.by(&r.Provider))
}

func (d *Decoder) immunization(b *record.Block) {
	o := add(d, &b.Immunisations, record.Immunization)
	r := &o.Row
	var best coded
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "vaccineCode":
			d.concept("vaccineCode", &best)
		case "status":
			if w := d.status(immunizationStatus); r.Status != "not-done" {
				r.Status = w
			}
		case "notGiven": // STU3
			if d.boolean("notGiven") {
				r.Status, d.doubtful = "not-done", true
			}
		case "occurrenceDateTime", "date":
			r.At = d.time("occurrenceDateTime")
		case "recorded":
			o.Recorded = d.time("recorded")
		case "protocolApplied", "vaccinationProtocol":
			d.doses(&r.Dose)
		case "performer", "practitioner":
			r.Provider = firstODS(r.Provider, d.actors("performer"))
		default:
			d.common(key)
		}
	}
	if d.extra.vaccination.code != "" {
		best = d.extra.vaccination
	}
	o.Recorded = first(o.Recorded, d.extra.recorded)
	r.System, r.Code = best.system, best.code
	done(d, &b.Immunisations, r.At, d.by(&r.Provider))
}

// doses reads which dose of a course was given, from the first protocol that
// says it.
func (d *Decoder) doses(dose *int32) {
	for e := each(0); d.next(&e, "protocolApplied"); {
		if !d.object("protocolApplied") {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			switch string(key) {
			case "doseNumberPositiveInt", "doseSequence":
				if n := d.count("protocolApplied.doseNumber"); *dose == 0 {
					*dose = n
				}
			default:
				d.swept(key)
			}
		}
	}
}

func (d *Decoder) procedure(b *record.Block) {
	o := add(d, &b.Procedures, record.Procedure)
	r := &o.Row
	var best coded
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "code":
			d.concept("code", &best)
		case "category":
			r.Category = d.words("category", procedureCategory)
		case "status":
			if w := d.status(procedureStatus); r.Status != "not-done" {
				r.Status = w
			}
		case "notDone": // STU3
			if d.boolean("notDone") {
				r.Status, d.doubtful = "not-done", true
			}
		case "performedDateTime":
			r.At = d.time("performedDateTime")
		case "performedPeriod":
			r.At, _ = d.period("performedPeriod")
		case "performer":
			r.Provider = firstODS(r.Provider, d.actors("performer"))
		default:
			d.common(key)
		}
	}
	r.System, r.Code = best.system, best.code
	done(d, &b.Procedures, r.At, d.by(&r.Provider))
}

func (d *Decoder) carePlan(b *record.Block) {
	o := add(d, &b.CarePlans, record.CarePlan)
	r := &o.Row
	var best coded
	var by term.ODS
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "category":
			d.concept("category", &best)
		case "status":
			r.Status = d.status(requestStatus)
		case "period":
			r.Start, r.End = d.period("period")
		case "created":
			o.Recorded = d.time("created")
		case "author", "custodian":
			by = firstODS(by, d.providers("author"))
		default:
			d.common(key)
		}
	}
	r.System, r.Code = best.system, best.code
	done(d, &b.CarePlans, r.Start, by)
}

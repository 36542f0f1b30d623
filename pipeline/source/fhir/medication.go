package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// medication reads a MedicationRequest, a MedicationStatement or a
// MedicationDispense.
func (d *Decoder) medication(b *record.Block, kind term.Word, ref record.Kind) {
	o := add(d, &b.Medications, ref)
	r := &o.Row
	r.Kind, r.Quantity = kind, none
	var best coded
	var medicine target
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "medicationCodeableConcept":
			d.concept("medicationCodeableConcept", &best)
		case "medicationReference":
			medicine = d.reference("medicationReference")
		default:
			d.medicationMember(key, o)
		}
	}
	if best.code == "" {
		best = d.medicine(medicine)
	}
	r.System, r.Code = best.system, best.code
	done(d, &b.Medications, first(r.At, o.Recorded), d.by(&r.Provider))
}

func (d *Decoder) medicationMember(key []byte, o *medicationRecord) {
	r := &o.Row
	switch string(key) {
	case "status":
		if w := d.status(medicationStatus); r.Status != notGiven {
			r.Status = w
		}
	case "doNotPerform":
		if d.boolean("doNotPerform") {
			r.Status = notGiven
		}
	case "taken": // STU3: y, n, unk, na
		if string(d.text("taken")) == "n" {
			r.Status = notGiven
		}
	case "intent":
		r.Intent = d.word("intent", medicationIntent)
	case "quantity":
		q := d.quantity("quantity")
		r.Quantity, r.Unit = q.value, q.unit
	case "dispenseRequest":
		d.dispenseRequest(o)
	case "requester", "performer", "informationSource":
		r.Provider = firstODS(r.Provider, d.actors("performer"))
	default:
		if !d.medicationTime(key, o) {
			d.common(key)
		}
	}
}

func (d *Decoder) medicationTime(key []byte, o *medicationRecord) bool {
	r := &o.Row
	switch string(key) {
	case "authoredOn":
		r.At = d.time("authoredOn")
		o.Recorded = r.At
	case "effectiveDateTime":
		r.At = d.time("effectiveDateTime")
	case "effectivePeriod":
		r.At, r.Ended = d.period("effectivePeriod")
	case "whenHandedOver":
		r.At = d.time("whenHandedOver")
	case "whenPrepared":
		if t := d.time("whenPrepared"); r.At == term.Unknown {
			r.At = t
		}
	case "dateAsserted":
		o.Recorded = d.time("dateAsserted")
	default:
		return false
	}
	return true
}

// notGiven is the status of a medicine that was not taken or must not be
// given, whatever else its record says.
const notGiven term.Word = "not-taken"

func (d *Decoder) dispenseRequest(o *medicationRecord) {
	r := &o.Row
	if !d.object("dispenseRequest") {
		return
	}
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "validityPeriod":
			_, r.Ended = d.period("dispenseRequest.validityPeriod")
		case "quantity":
			q := d.quantity("dispenseRequest.quantity")
			r.Quantity, r.Unit = q.value, q.unit
		default:
			d.swept(key)
		}
	}
}

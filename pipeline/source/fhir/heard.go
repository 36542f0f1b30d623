package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// heard reads a Flag or a Consent, which no dataset takes and in which a practice
// may say what a person does not want. What it says is heard as that of a rejected
// record is, unless it was entered in error: against the use of data, and never
// for it, for nothing says how what it grants is to be understood. It counts as
// unused like others.
func (d *Decoder) heard(typ []byte) {
	kind := record.Flag
	if string(typ) == "Consent" {
		kind = record.Consent
	}
	d.begin(&d.spare, record.DatasetOf[row.Tombstone](), kind)
	var at term.Time
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "status":
			d.status(requestStatus)
		case "period":
			at, _ = d.period("period")
		case "dateTime":
			at = d.time("dateTime")
		default:
			d.common(key)
		}
	}
	if d.c.End() != nil {
		d.reject("")
		return
	}
	if d.settleSubject(); d.deleted {
		d.drop()
	} else {
		d.overhear(at)
	}
	d.block.Pass(wordOf(typ), 1)
}

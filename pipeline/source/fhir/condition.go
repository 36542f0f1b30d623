package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

func (d *Decoder) condition(b *record.Block) {
	o := add(d, &b.Problems, record.Condition)
	r := &o.Row
	var best coded
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "code":
			d.concept("code", &best)
		case "category":
			r.Category = d.words("category", conditionCategory)
		case "clinicalStatus":
			r.Status = d.words("clinicalStatus", clinicalStatus)
			d.doubtful = d.doubtful || among([]byte(r.Status), "active", "recurrence", "relapse") == ""
		case "verificationStatus":
			r.Verified = d.words("verificationStatus", verificationStatus)
			d.deleted = d.deleted || r.Verified == erroneous
			d.doubtful = d.doubtful || r.Verified != "confirmed"
		case "onsetDateTime":
			r.Onset = d.time("onsetDateTime")
		case "onsetPeriod":
			r.Onset, _ = d.period("onsetPeriod")
		case "abatementDateTime":
			r.Ended = d.time("abatementDateTime")
		case "abatementPeriod":
			r.Ended, _ = d.period("abatementPeriod")
		case "recordedDate", "assertedDate":
			o.Recorded = d.time("recordedDate")
		case "recorder", "asserter":
			r.Provider = firstODS(r.Provider, d.providers("recorder"))
		default:
			d.common(key)
		}
	}
	r.System, r.Code = best.system, best.code
	done(d, &b.Problems, r.Onset, d.by(&r.Provider))
}

// by fills in the provider of a record that does not name one: whose data it
// is.
func (d *Decoder) by(provider *term.ODS) term.ODS {
	found := *provider
	*provider = firstODS(found, d.holder)
	return found
}

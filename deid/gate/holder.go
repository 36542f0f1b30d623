package gate

import (
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Holding is what the gates said of the records of one organisation.
type Holding struct {
	Organisation term.ODS // empty where nobody can say whose they are
	Records      [Reasons]int64
}

// mostHolders is how many organisations a desk tells apart. There are some
// thousands in a region; a feed with more has something else in that field.
const mostHolders = 20_000

// holding is that of the organisation whose data a record is, by the rule of
// package agreement: the record's own, or else the feed's. The next record is
// often of the same one.
func (d *Desk) holding(f record.Feed, h *record.Head) *Holding {
	code := h.Organisation
	if code == "" {
		code = f.Organisation
	}
	if d.holder == nil || d.holder.Organisation != code {
		d.holder = d.holdingOf(code)
	}
	return d.holder
}

// holdingOf finds the holding of an organisation. What has not the form of a code is
// counted with those that are not known, as is what is beyond
// mostHolders.
func (d *Desk) holdingOf(code term.ODS) *Holding {
	if held, ok := d.Organisations[code]; ok {
		return held
	}
	if len(d.Organisations) >= mostHolders || !code.Valid() {
		code = ""
	}
	held, ok := d.Organisations[code]
	if !ok {
		held = &Holding{Organisation: term.ODS(strings.Clone(string(code)))} // it may point into the source's buffer
		d.Organisations[held.Organisation] = held
	}
	return held
}

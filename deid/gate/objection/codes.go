package objection

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// meaning looks a coding up: what it is about, and whether it objects or
// withdraws. It is silent about all other codes. Read v2 and CTV3 codes are
// case sensitive; a Read v2 code may come with its two-digit term code
// (9Nu0.00).
//
// Left out on purpose: the Type 2 objection (881561000000100), which the
// national data opt-out replaced in 2018, and the codes about the national
// record and the Summary Care Record (416308001, 93C3., XaKRy, 9Ndo., XaXj6),
// which say nothing of this record. Sources: uk-rules.md section 3.
func meaning(c record.Coding) (kind, stance) {
	switch c.System {
	case term.SNOMED, term.Other: // an identifier of this length is nothing else
		switch c.Code {
		case "416409005": // refused consent for upload to local shared electronic record
			return local, objected
		case "417528008": // gave it
			return local, withdrew
		case "827241000000103": // dissent from secondary use of GP patient identifiable data
			return type1, objected
		case "827261000000102": // withdrew that dissent
			return type1, withdrew
		}
	case term.CTV3:
		switch c.Code {
		case "XaKRw", "XaKII": // refused upload to the local record; no consent for record sharing
			return local, objected
		case "XaZ89":
			return type1, objected
		case "XaZ8a":
			return type1, withdrew
		}
	case term.Read2:
		switch c.Code {
		case "93C1.", "93C1.00", "9Nd1.", "9Nd1.00":
			return local, objected
		case "9Nd7.", "9Nd7.00":
			return local, withdrew
		case "9Nu0.", "9Nu0.00":
			return type1, objected
		case "9Nu1.", "9Nu1.00":
			return type1, withdrew
		}
	}
	return local, silent
}

package objection

import (
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// says is what a code is about, and whether it objects or withdraws.
type says struct {
	kind   kind
	stance stance
}

// The codes. They are case sensitive. Sources: uk-rules.md section 3; that of the
// withdrawal of Type 1 in SNOMED CT is general knowledge.
//
// Left out on purpose: the Type 2 objection (881561000000100, XaaVL, 9Nu4.), which
// the national data opt-out replaced in 2018, and its withdrawal; the codes about
// the national record and the Summary Care Record (416308001, 93C3., XaKRy, 9Ndo.,
// XaXj6) and about a third party that is named elsewhere (9NdH.), which say nothing
// of this record.
var (
	snomed = map[term.Code]says{
		"416409005":       {local, objected}, // refused consent for upload to local shared electronic record
		"417528008":       {local, withdrew}, // gave it
		"827241000000103": {type1, objected}, // dissent from secondary use of GP patient identifiable data
		"827261000000102": {type1, withdrew}, // withdrew that dissent
	}
	ctv3 = map[term.Code]says{
		"XaKRw": {local, objected}, // refused upload to the local record
		"XaKII": {local, objected}, // no consent for record sharing
		"XaZ89": {type1, objected},
		"XaZ8a": {type1, withdrew},
	}
	read2 = map[term.Code]says{
		"93C1.": {local, objected},
		"9Nd1.": {local, objected},
		"9Nd7.": {local, withdrew}, // consent given for record sharing
		"9Nu0.": {type1, objected},
		"9Nu1.": {type1, withdrew},
	}
)

// meaning looks a coding up. It is silent about all other codes. Where the
// terminology is not known, an identifier of SNOMED CT is nothing else; a code of
// the others counts as far as it objects.
func meaning(c record.Coding) (kind, stance) {
	var s says
	switch c.System {
	case term.SNOMED:
		s = snomed[c.Code]
	case term.CTV3:
		s = ctv3[c.Code]
	case term.Read2:
		s = read2[five(c.Code)]
	case term.Other:
		if s = snomed[c.Code]; s.stance != silent {
			break
		}
		if s = ctv3[c.Code]; s.stance == silent {
			s = read2[five(c.Code)]
		}
		if s.stance == withdrew {
			s.stance = silent
		}
	}
	return s.kind, s.stance
}

// five is the five bytes of a Read v2 code, which may come with the two digits of
// its term behind it (9Nu0.00), or without the dots at its end (9Nu0).
func five(c term.Code) term.Code {
	switch {
	case len(c) == 7:
		return c[:5]
	case len(c) > 0 && len(c) < 5:
		return c + term.Code(strings.Repeat(".", 5-len(c)))
	}
	return c
}

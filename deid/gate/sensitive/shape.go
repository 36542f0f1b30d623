package sensitive

import "secondaryuse/deid/term"

// The terminologies of hospital tables before SNOMED CT came to them.
const (
	aeDiagnosis     term.System = "ae-diagnosis"
	aeTreatment     term.System = "ae-treatment"
	aeInvestigation term.System = "ae-investigation"
)

// systems are the terminologies that are judged, in the order in which they are
// told, and whether a prefix means anything there.
var systems = []struct {
	name   term.System
	prefix bool
}{
	{term.SNOMED, false}, {term.DMD, false}, {term.ICD10, true}, {term.OPCS4, true}, {term.Read2, true}, {term.CTV3, true},
	{term.LOINC, false}, {term.TreatmentFunction, false}, {term.MainSpecialty, false}, {term.ResourceGroup, true},
	{term.Place, true}, {term.Label, false}, {aeDiagnosis, true}, {aeTreatment, true}, {aeInvestigation, true},
}

// judged reports whether the codes of a system are judged, and by prefix.
func judged(s term.System) (known, prefix bool) {
	for _, have := range systems {
		if have.name == s {
			return true, have.prefix
		}
	}
	return false, false
}

// shaped reports whether a code, or the beginning of one, can be of a
// terminology. It finds slips of the pen and identifiers that a spreadsheet has
// rounded, not codes that were never issued.
func shaped(s term.System, code string, prefix bool) bool {
	if _, ok := term.CodeOf([]byte(code)); !ok {
		return false
	}
	switch s {
	case term.SNOMED, term.DMD:
		return sctid(code)
	case term.Read2, term.CTV3:
		return prefix && len(code) <= 5 && len(code) >= 2 || !prefix && term.Code(code).In(s)
	case term.ICD10, term.OPCS4:
		return prefix && len(code) >= 3 && len(code) <= 7 && letter(code[0]) && digit(code[1]) || !prefix && term.Code(code).In(s)
	case term.TreatmentFunction, term.MainSpecialty:
		return term.Code(code).In(s)
	case term.ResourceGroup:
		return len(code) <= 5 && letter(code[0]) && (prefix && len(code) >= 2 || term.Code(code).In(s))
	case term.Place:
		return prefix && len(code) == 3 || term.ODS(code).Valid()
	case aeDiagnosis, aeTreatment, aeInvestigation:
		return len(code) >= 2 && len(code) <= 6
	case term.LOINC:
		return term.Code(code).In(s)
	}
	return true
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// sctid reports whether s is a SNOMED CT identifier: 6 to 18 digits of which the
// last makes Verhoeff's check come out.
func sctid(s string) bool {
	return len(s) >= 6 && len(s) <= 18 && s[0] != '0' && term.Verhoeff([]byte(s))
}

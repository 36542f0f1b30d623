package sensitive

import "secondaryuse/deid/term"

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
		return len(code) <= 5 && len(code) >= 2 && (prefix || len(code) == 5)
	case term.ICD10, term.OPCS4:
		return len(code) >= 3 && len(code) <= 7
	}
	return true
}

// sctid reports whether s is a SNOMED CT identifier: 6 to 18 digits of which the
// last makes Verhoeff's check come out.
func sctid(s string) bool {
	return len(s) >= 6 && len(s) <= 18 && s[0] != '0' && term.Verhoeff([]byte(s))
}

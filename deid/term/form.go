package term

// CodeIn returns b as a code of a system that may be stored. It reports false
// when b has not the form of the system's codes.
func CodeIn(s System, b []byte) (Code, bool) {
	if !formed(s, b) {
		return "", false
	}
	return Code(view(b)), true
}

// formed reports whether b has the form that the codes of a system have.
func formed(s System, b []byte) bool {
	switch s {
	case SNOMED, DMD:
		return sctid(b)
	case ICD10:
		return icd10(b)
	case OPCS4:
		return opcs4(b)
	case Read2:
		return read2(b)
	case CTV3:
		return read5(b)
	case LOINC:
		return loinc(b)
	case rxnorm:
		return digits(b, 1, 8)
	case cvx:
		return digits(b, 1, 3)
	case TreatmentFunction, MainSpecialty:
		return digits(b, 3, 3)
	case ResourceGroup:
		return hrg(b)
	case aeDiagnosis, aeTreatment, aeInvestigation:
		return emergency(b)
	case Item:
		return item(b)
	case Listed:
		return listed[string(b)]
	}
	return other(b)
}

// icd10 reports whether b is a code of ICD-10 as it is used in the United
// Kingdom, with or without its dot: a letter and two digits, a fourth
// character that may be X, a fifth, and behind it a mark for dagger or
// asterisk.
func icd10(b []byte) bool {
	if len(b) < 3 || !letter(b[0]) || !digits(b[1:3], 2, 2) {
		return false
	}
	rest := b[3:]
	if n := len(rest); n > 0 && (rest[n-1] == 'A' || rest[n-1] == 'D' || rest[n-1] == '+') {
		rest = rest[:n-1]
	}
	if len(rest) > 0 && rest[0] == '.' {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0]&^0x20 == 'X' {
		rest = rest[1:]
	}
	return digits(rest, 0, 2)
}

// opcs4 reports whether b is a code of OPCS-4, with or without its dot.
func opcs4(b []byte) bool {
	if len(b) < 3 || !letter(b[0]) || !digits(b[1:3], 2, 2) {
		return false
	}
	rest := b[3:]
	if len(rest) == 2 && rest[0] == '.' {
		rest = rest[1:]
	}
	return digits(rest, 0, 1)
}

// read2 reports whether b is a code of Read v2, with or without its term code.
func read2(b []byte) bool {
	if len(b) == 7 && digit(b[5]) && (digit(b[6]) || letter(b[6])) {
		b = b[:5]
	}
	return read5(b)
}

// read5 reports whether b is five characters of a Read code: letters and
// digits, filled up with dots. Five letters are one where Read codes are made
// so: Xa and three letters in CTV3, yu behind the first in both, for what
// ICD-10 has and Read had not.
func read5(b []byte) bool {
	if len(b) != 5 || b[0] == '.' || postcode(b) {
		return false
	}
	letters := 0
	for i, c := range b {
		switch {
		case letter(c):
			letters++
		case c != '.' && !digit(c):
			return false
		}
		if i > 0 && b[i-1] == '.' && c != '.' {
			return false
		}
	}
	return letters < 5 || b[0] == 'X' && b[1] == 'a' || b[1] == 'y' && b[2] == 'u'
}

// loinc reports whether b is a LOINC code with a sound check digit, or the
// code of an answer (LA), whose check digit is made in another way.
func loinc(b []byte) bool {
	n := len(b)
	if n < 3 || b[n-2] != '-' || !digit(b[n-1]) {
		return false
	}
	if b[0] == 'L' && b[1] == 'A' {
		return digits(b[2:n-2], 1, 7)
	}
	return digits(b[:n-2], 1, 7) && luhn(b[:n-2]) == b[n-1]
}

// hrg reports whether b is a healthcare resource group: AA01A, or A01 of
// version 3.5.
func hrg(b []byte) bool {
	if len(b) == 3 {
		return capital(b[0]) && digits(b[1:], 2, 2)
	}
	return len(b) == 5 && capital(b[0]) && capital(b[1]) && digits(b[2:4], 2, 2) && capital(b[4])
}

// emergency reports whether b is a code of the accident and emergency data set
// that came before SNOMED CT: a condition, its part, where and on which side,
// with at most two letters in a row.
func emergency(b []byte) bool {
	if len(b) == 0 || len(b) > 6 || postcode(b) {
		return false
	}
	row := 0
	for _, c := range b {
		if row++; digit(c) {
			row = 0
		} else if !capital(c) || row > 2 {
			return false
		}
	}
	return true
}

// item reports whether b is the value of an item of the NHS Data Dictionary:
// a letter or a digit, or a digit and another character; or what stands in its
// place, a word of the closed list or a SNOMED CT concept.
func item(b []byte) bool {
	switch len(b) {
	case 1:
		return letter(b[0]) || digit(b[0])
	case 2:
		return digit(b[0]) && (digit(b[1]) || capital(b[1]))
	}
	return listed[string(b)] || sctid(b)
}

// other reports whether b may be stored as a code of a system that is not
// known. It has to be told from a word, a name with a number behind it, an
// NHS number, a telephone number, a date and a postcode.
func other(b []byte) bool {
	if len(b) == 1 {
		return letter(b[0]) || digit(b[0])
	}
	if !all(b, 36, inCode) {
		return false
	}
	number, row := 0, 0
	for _, c := range b {
		if row++; !letter(c) {
			row = 0
		}
		if digit(c) {
			number++
		}
		if row > 3 {
			return false
		}
	}
	if number > 9 {
		return sctid(b) && (number > 10 || !numbered(b))
	}
	return number > 0 && !dated(b) && !postcode(b)
}

// listed are the codes of letters that are known one by one.
var listed = set(
	// HL7 v3 ActCode: the class of an encounter.
	"AMB", "EMER", "FLD", "HH", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "VR",
	// HL7 observation interpretation, yes and no, and why there is no value.
	"AA", "LL", "POS", "NEG", "IND", "DET", "ND", "yes", "no",
	"unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable", "unsupported",
	"error", "not-performed", "not-permitted",
	// The category of a care plan.
	"assess-plan",
	// What became of an appointment: the words of this project.
	"attended", "did-not-attend", "dna", "noshow", "cancelled", "cancelled-by-patient", "cancelled-by-provider", "not-yet",
)

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

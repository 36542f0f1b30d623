package tabular

// The one form in which codes are stored: capitals; ICD-10 and OPCS-4 with a
// dot behind the third character (F32.1, X15.1), so that a code begins with
// every category that holds it. The X that stands in for a missing fourth
// character is dropped, and so are the dagger and asterisk marks D and A
// behind it.

// icd10 appends the canonical form of an ICD-10 code to dst. It reports false,
// and appends the text in capitals, when the text has not the shape of one.
func icd10(dst, text []byte) ([]byte, bool) {
	from := len(dst)
	dst = upper(dst, text)
	code := dst[from:]
	if len(code) > 3 && code[3] == '.' {
		code = append(code[:3], code[4:]...)
	}
	if n := len(code); n == 5 && (code[4] == 'A' || code[4] == 'D') {
		code = code[:4]
	}
	if len(code) == 4 && code[3] == 'X' {
		code = code[:3]
	}
	if len(code) < 3 || len(code) > 6 || !isCapital(code[0]) || !isDigit(code[1]) || !isDigit(code[2]) && !isCapital(code[2]) {
		return upper(dst[:from], text), false
	}
	for i, c := range code[3:] {
		if !isDigit(c) && (i == 0 && c != 'X' || !isCapital(c)) {
			return upper(dst[:from], text), false
		}
	}
	return dotted(dst[:from], code), true
}

// opcs4 does for OPCS-4 what icd10 does for ICD-10.
func opcs4(dst, text []byte) ([]byte, bool) {
	from := len(dst)
	dst = upper(dst, text)
	code := dst[from:]
	if len(code) > 3 && code[3] == '.' {
		code = append(code[:3], code[4:]...)
	}
	if len(code) < 3 || len(code) > 4 || !isCapital(code[0]) {
		return upper(dst[:from], text), false
	}
	for _, c := range code[1:] {
		if !isDigit(c) {
			return upper(dst[:from], text), false
		}
	}
	return dotted(dst[:from], code), true
}

// dotted appends code, which may lie just behind dst, with its dot.
func dotted(dst, code []byte) []byte {
	var c [8]byte
	n := copy(c[:], code)
	dst = append(dst, c[:3]...)
	if n > 3 {
		dst = append(append(dst, '.'), c[3:n]...)
	}
	return dst
}

func upper(dst, text []byte) []byte {
	for _, c := range text {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool   { return c >= '0' && c <= '9' }

// empty reports whether a cell says nothing.
func empty(cell []byte) bool {
	return len(cell) == 0 || len(cell) == 1 && (cell[0] == '-' || cell[0] == '&')
}

// trim takes the spaces off both ends of a cell.
func trim(cell []byte) []byte {
	for len(cell) > 0 && (cell[0] == ' ' || cell[0] == '\t') {
		cell = cell[1:]
	}
	for n := len(cell); n > 0 && (cell[n-1] == ' ' || cell[n-1] == '\t'); n-- {
		cell = cell[:n-1]
	}
	return cell
}

// ethnicCategory returns the NHS Data Dictionary's ETHNIC CATEGORY, or nothing
// for a code of another list, such as that of the census of 1991.
func ethnicCategory(code []byte) []byte {
	switch {
	case string(code) == "X":
		return unknownEthnicity // HES: not known
	case string(code) == "99":
		return code
	case len(code) == 1 && (code[0] == 'Z' || code[0] >= 'A' && code[0] <= 'S' && code[0] != 'I' && code[0] != 'O' && code[0] != 'Q'):
		return code
	}
	return nil
}

var unknownEthnicity = []byte("99")

// sexOf returns the sex that a code of the NHS Data Dictionary or a word says.
func sexOf(code []byte) string {
	switch string(code) {
	case "1", "M", "m", "male", "Male", "MALE":
		return "male"
	case "2", "F", "f", "female", "Female", "FEMALE":
		return "female"
	case "9", "I", "other", "Other":
		return "other"
	case "0", "X", "U", "unknown", "Unknown":
		return "unknown"
	}
	return ""
}

// noPractice reports whether a practice code stands for no practice.
func noPractice(code []byte) bool {
	switch string(code) {
	case "V81997", "V81998", "V81999":
		return true
	}
	return false
}

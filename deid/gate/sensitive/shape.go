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
	if len(s) < 6 || len(s) > 18 || s[0] == '0' {
		return false
	}
	check := byte(0)
	for i := range len(s) {
		c := s[len(s)-1-i] - '0'
		if c > 9 {
			return false
		}
		check = times[check][turn[i%8][c]]
	}
	return check == 0
}

// times is the multiplication of the symmetries of a pentagon, which Verhoeff's
// check is made in; turn is the permutation of the digit at each place.
var (
	times = pentagon()
	turn  = turns()
)

func pentagon() (t [10][10]byte) {
	for a := range byte(10) {
		for b := range byte(10) {
			switch {
			case a < 5 && b < 5:
				t[a][b] = (a + b) % 5
			case a < 5:
				t[a][b] = 5 + (a+b)%5
			case b < 5:
				t[a][b] = 5 + (a-b)%5
			default:
				t[a][b] = (a - b + 5) % 5
			}
		}
	}
	return t
}

func turns() (t [8][10]byte) {
	first := [10]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	for d := range byte(10) {
		t[0][d] = d
		for i := 1; i < 8; i++ {
			t[i][d] = first[t[i-1][d]]
		}
	}
	return t
}

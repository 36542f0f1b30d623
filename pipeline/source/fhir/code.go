package fhir

import (
	"math"
	"strconv"

	"secondaryuse/deid/term"
)

// clean returns a code if it has the shape that its system gives codes, and
// else nothing. Digits that would be a valid NHS number are no code unless
// they are a valid SNOMED CT identifier.
func clean(system term.System, raw []byte) term.Code {
	code, ok := term.CodeOf(raw)
	if !ok {
		return ""
	}
	if (system == term.SNOMED || system == term.DMD) && !snomedShape(raw) {
		return ""
	}
	if likeNumber(raw) && !snomedID(raw) {
		return ""
	}
	return code
}

// snomedShape reports whether b has 6 to 18 digits.
func snomedShape(b []byte) bool {
	if len(b) < 6 || len(b) > 18 {
		return false
	}
	for _, x := range b {
		if x < '0' || x > '9' {
			return false
		}
	}
	return true
}

// likeNumber reports whether b is ten digits, or 3-3-4 digits with hyphens,
// with the check digit of an NHS number.
func likeNumber(b []byte) bool {
	hyphens := len(b) == 12 && b[3] == '-' && b[7] == '-'
	if len(b) != 10 && !hyphens {
		return false
	}
	sum, weight := 0, 10
	for i, x := range b {
		if hyphens && (i == 3 || i == 7) {
			continue
		}
		if x < '0' || x > '9' {
			return false
		}
		sum += int(x-'0') * weight
		weight--
	}
	return sum%11 == 0
}

// valueLikeNumber reports whether a value is whole and its digits would be a
// valid NHS number, as where somebody gives it as an answer.
func valueLikeNumber(v float64) bool {
	v = math.Abs(v)
	if !(v >= 1e9 && v < 1e10) || v != math.Trunc(v) {
		return false
	}
	var b [10]byte
	return likeNumber(strconv.AppendUint(b[:0], uint64(v), 10))
}

// snomedID reports whether digits are a SNOMED CT identifier: the two digits
// before the last say which kind of component it is, and the last is a
// Verhoeff check digit.
func snomedID(b []byte) bool {
	if !snomedShape(b) {
		return false
	}
	kind := b[len(b)-3 : len(b)-1]
	if kind[0] > '1' || kind[1] > '2' {
		return false
	}
	c := byte(0)
	for i := range b {
		digit := b[len(b)-1-i] - '0'
		c = turned[c][shuffled[i%8][digit]]
	}
	return c == 0
}

// turned is the multiplication table of the dihedral group of order ten, and
// shuffled the permutation that Verhoeff applies to a digit by its place.
var turned, shuffled = verhoeff()

func verhoeff() (mul [10][10]byte, perm [8][10]byte) {
	for a := range byte(10) {
		for b := range byte(10) {
			switch {
			case a < 5 && b < 5:
				mul[a][b] = (a + b) % 5
			case a < 5:
				mul[a][b] = 5 + (a+b-5)%5
			case b < 5:
				mul[a][b] = 5 + (a-5+5-b)%5
			default:
				mul[a][b] = (a + 5 - b) % 5
			}
		}
	}
	once := [10]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	for i := range perm {
		for digit := range byte(10) {
			if i == 0 {
				perm[i][digit] = digit
			} else {
				perm[i][digit] = once[perm[i-1][digit]]
			}
		}
	}
	return mul, perm
}

// odsOf returns an organisation code, or nothing when b has not the shape of
// one or could be an NHS number.
func odsOf(b []byte) term.ODS {
	if o, ok := term.ODSOf(b); ok && !likeNumber(b) {
		return o
	}
	return ""
}

func unitOf(b []byte) term.Unit {
	if u, ok := term.UnitOf(b); ok && !likeNumber(b) {
		return u
	}
	return ""
}

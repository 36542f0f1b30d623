// Package term holds the words that a stored row may use: codes, identifiers
// of organisations and areas, units and times. Every string that can be stored
// has one of these types, and each can be made only from text that has the
// shape of its kind, so that a sentence, a name or an address does not fit.
//
// A value made by this package may point into the buffer it was made from and
// is valid only as long as that buffer is.
package term

import "unsafe"

// Code is a code of a terminology: SNOMED CT, ICD-10, OPCS-4, dm+d, LOINC,
// Read, an NHS Data Dictionary item. At most 36 bytes of letters, digits and
// ". - _ + / ^ # : | &"; Read codes keep their case.
type Code string

// System names the terminology of a Code by a short name: see Systems.
type System string

// ODS is an organisation or site code of the Organisation Data Service: 3 to
// 12 capital letters, digits and hyphens.
type ODS string

// LSOA is the ONS code of a lower layer super output area: E or W and eight digits.
type LSOA string

// Unit is a UCUM unit of measure: at most 24 bytes, no white space.
type Unit string

// Word is a member of a small closed list that this project or a standard
// fixes: a status, a class, a kind of encounter. At most 32 bytes of lower
// case letters, digits and hyphens.
type Word string

// view returns b as a string without copying it.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// class says in which kinds of term a byte may stand.
type class uint8

const (
	inCode class = 1 << iota
	inODS
	inUnit
	inWord
)

var classes = func() (t [256]class) {
	for b := 0; b < 256; b++ {
		c := byte(b)
		digit, lower, upper := c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z'
		if digit || lower || upper {
			t[b] |= inCode | inUnit
		}
		if digit || upper || c == '-' {
			t[b] |= inODS
		}
		if digit || lower || c == '-' {
			t[b] |= inWord
		}
	}
	for _, c := range ".-_+/^#:|&" {
		t[c] |= inCode
	}
	for _, c := range "%/.*'[](){}^_-+µ°#" {
		if c < 128 {
			t[c] |= inUnit
		}
	}
	return t
}()

func all(b []byte, max int, in class) bool {
	if len(b) == 0 || len(b) > max {
		return false
	}
	for _, c := range b {
		if classes[c]&in == 0 {
			return false
		}
	}
	return true
}

// CodeOf returns b as a Code. It reports false when b has not the shape of a
// code.
func CodeOf(b []byte) (Code, bool) {
	if !all(b, 36, inCode) {
		return "", false
	}
	return Code(view(b)), true
}

// ODSOf returns b as an organisation code. It reports false when b has not the
// shape of one.
func ODSOf(b []byte) (ODS, bool) {
	if len(b) < 3 || !all(b, 12, inODS) {
		return "", false
	}
	return ODS(view(b)), true
}

// LSOAOf returns b as an area code. It reports false when b has not the shape
// of one.
func LSOAOf(b []byte) (LSOA, bool) {
	if len(b) != 9 || (b[0] != 'E' && b[0] != 'W') {
		return "", false
	}
	for _, c := range b[1:] {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	return LSOA(view(b)), true
}

// UnitOf returns b as a unit. It reports false when b has not the shape of one.
func UnitOf(b []byte) (Unit, bool) {
	if !all(b, 24, inUnit) {
		return "", false
	}
	return Unit(view(b)), true
}

// WordOf returns b as a word. It reports false when b has not the shape of one.
func WordOf(b []byte) (Word, bool) {
	if !all(b, 32, inWord) {
		return "", false
	}
	return Word(view(b)), true
}

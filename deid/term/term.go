// Package term holds the words that a stored row may use: codes, identifiers
// of organisations and areas, units and times. Every string that can be stored
// has one of these types.
//
// # What is promised
//
// CodeIn, ODSOf, LSOAOf and UnitOf make terms that may be stored, each only
// from text that is one by its own rules: an identifier of SNOMED CT or dm+d
// by its check digit and the kind it says it is of, a LOINC code by its check
// digit, a code of ICD-10, OPCS-4, Read, RxNorm, CVX or of the NHS Data
// Dictionary by its form, a unit by a closed list of UCUM units and of how they
// are commonly spelt, an organisation and an area by the forms that their
// registers give out. A code of a system that is not known is stored only if it
// is a single letter or digit, or has a digit, no more than three letters in a
// row, no more than nine digits, and is neither a date nor a postcode. So a
// sentence, a name, an address, a telephone number, an NHS number and a
// postcode are no terms; nor is any word of letters that is on no list.
//
// # What is not
//
// Forms are not registers: a code that was never issued is a term if it has
// the form. Hence what cannot be told by its form: an NHS number that is also a
// sound SNOMED CT concept identifier, given under that system, as one number in
// about 500 is; a word of at most three letters with a digit behind it; three
// letters, or five that begin as sites of trusts do, for an organisation; five
// letters that begin with Xa or have yu behind the first, for Read codes.
//
// CodeOf and WordOf promise a shape only, which a name has too. CodeOf is for
// codes that are judged and not stored: a gate must hear of a code whatever its
// form. WordOf is for words of the configuration, and for checking that a
// constant of this project is one; adapters choose words from closed lists.
//
// A value made by this package may point into the buffer it was made from and
// is valid only as long as that buffer is.
package term

import "unsafe"

// Code is a code of a terminology: SNOMED CT, ICD-10, OPCS-4, dm+d, LOINC,
// Read, an NHS Data Dictionary item. At most 36 bytes of letters, digits and
// ". - _ + / ^ # : | &"; Read codes keep their case.
type Code string

// System names the terminology of a Code by a short name.
type System string

// ODS is an organisation or site code of the Organisation Data Service: 3 to 9
// capital letters, digits and hyphens.
type ODS string

// LSOA is the ONS code of a lower layer super output area: E or W and eight digits.
type LSOA string

// Unit is a unit of measure of a closed list, as UCUM writes it.
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
	inWord
)

var classes = func() (t [256]class) {
	for b := 0; b < 256; b++ {
		c := byte(b)
		digit, lower, upper := c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z'
		if digit || lower || upper {
			t[b] |= inCode
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

// CodeOf returns b as a code that may be judged but not stored: see CodeIn. It
// reports false when b has not the shape of a code.
func CodeOf(b []byte) (Code, bool) {
	if !all(b, 36, inCode) {
		return "", false
	}
	return Code(view(b)), true
}

// LSOAOf returns b as an area code. It reports false when b is not one.
func LSOAOf(b []byte) (LSOA, bool) {
	if len(b) != 9 || (b[0] != 'E' && b[0] != 'W') || !digits(b[1:], 8, 8) {
		return "", false
	}
	return LSOA(view(b)), true
}

// WordOf returns b as a word. It reports false when b has not the shape of one.
func WordOf(b []byte) (Word, bool) {
	if !all(b, 32, inWord) {
		return "", false
	}
	return Word(view(b)), true
}

// In reports whether c may be stored under a system.
func (c Code) In(s System) bool { return formed(s, []byte(c)) }

// Valid reports whether c may be stored under some system.
func (c Code) Valid() bool {
	b := []byte(c)
	for _, s := range systems {
		if formed(s, b) {
			return true
		}
	}
	return false
}

// Valid reports whether o may be stored.
func (o ODS) Valid() bool { _, ok := ODSOf([]byte(o)); return ok }

// Valid reports whether l may be stored.
func (l LSOA) Valid() bool { _, ok := LSOAOf([]byte(l)); return ok }

// Valid reports whether w has the shape of a word.
func (w Word) Valid() bool { return all([]byte(w), 32, inWord) }

// Valid reports whether s has the shape of a name of a system, which is a word.
func (s System) Valid() bool { return Word(s).Valid() }

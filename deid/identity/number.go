// Package identity holds what names a person: the NHS number, the postcode,
// the date of birth. Each is kept veiled: it can be compared, hashed and used
// as a map key, and it can be parsed, but no code outside deid can print it or
// turn it back into text.
package identity

import (
	"crypto/sha256"
	"errors"

	"secondaryuse/deid/internal/veil"
)

// Number is a veiled NHS number, or a veiled local identifier of a feed that
// has no NHS numbers. The zero Number is nobody's.
type Number struct{ V veil.Value }

// Why a text is no NHS number.
var (
	ErrForm       = errors.New("not ten digits")
	ErrCheckDigit = errors.New("check digit does not match")
	ErrDisallowed = errors.New("a number that is never issued to a person")
)

// Parse reads an NHS number: ten digits, or 3-3-4 with single spaces or
// hyphens, white space around it allowed. The modulus 11 check digit must
// match, and numbers that pass it but are never issued (repeated digits,
// palindromes n00000000n, 0123456789) are refused (NHS Data Dictionary;
// uk-rules.md section 5).
func Parse(b []byte) (Number, error) {
	var d [10]byte
	if !digits(&d, b) {
		return Number{}, ErrForm
	}
	sum := 0
	for i := 0; i < 9; i++ {
		sum += int(d[i]-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	if check == 10 || byte(check)+'0' != d[9] {
		return Number{}, ErrCheckDigit
	}
	if disallowed(&d) {
		return Number{}, ErrDisallowed
	}
	v, _ := veil.Drop(d[:])
	return Number{v}, nil
}

// digits copies the ten digits of b to d. It reports false when b has any
// other shape.
func digits(d *[10]byte, b []byte) bool {
	for len(b) > 0 && space(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && space(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	if len(b) == 12 {
		if sep := b[3]; (sep != ' ' && sep != '-') || b[7] != sep {
			return false
		}
		copy(d[0:], b[0:3])
		copy(d[3:], b[4:7])
		copy(d[6:], b[8:12])
	} else if len(b) == 10 {
		copy(d[:], b)
	} else {
		return false
	}
	for _, c := range d {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// disallowed reports whether d passes the check digit but is reserved as a
// sentinel.
func disallowed(d *[10]byte) bool {
	if string(d[:]) == "0123456789" {
		return true
	}
	if d[0] != d[9] {
		return false
	}
	for i := 1; i < 9; i++ {
		if d[i] != d[1] {
			return false
		}
	}
	return d[1] == '0' || d[1] == d[0]
}

// Local returns the Number of a local identifier, for feeds that are
// configured to have no NHS number. It never equals that of an NHS number. It
// reports false for an empty identifier.
func Local(b []byte) (Number, bool) {
	if len(b) == 0 {
		return Number{}, false
	}
	sum := sha256.Sum256(b)
	sum[0] = 'L'
	v, ok := veil.Drop(sum[:14])
	return Number{v}, ok
}

// Zero reports whether n is nobody's.
func (n Number) Zero() bool { return n == Number{} }

package fhir

import (
	"math"
	"strconv"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
)

// valueLikeNumber reports whether a value is whole and its digits would be a
// valid NHS number, as where somebody gives it as an answer.
func valueLikeNumber(v float64) bool {
	v = math.Abs(v)
	if !(v >= 1e9 && v < 1e10) || v != math.Trunc(v) {
		return false
	}
	var b [10]byte
	_, err := identity.Parse(strconv.AppendUint(b[:0], uint64(v), 10))
	return err == nil || err == identity.ErrDisallowed
}

// itemOf returns the value of an item of the NHS Data Dictionary, or nothing
// when b is none.
func itemOf(b []byte) term.Code {
	c, _ := term.CodeIn(term.Item, b)
	return c
}

// classOf returns the class of an encounter, or nothing when b is none.
func classOf(b []byte) term.Code {
	c, _ := term.CodeIn(term.Listed, b)
	return c
}

// odsOf returns an organisation code, or nothing when b is none.
func odsOf(b []byte) term.ODS {
	o, _ := term.ODSOf(b)
	return o
}

package fhir

import (
	"math"

	"secondaryuse/deid/term"
)

// wrong notes the first field that is not as it must be. The field is a path
// of names that the standard fixed.
func (d *Decoder) wrong(field, reason string) {
	if d.fault.reason == "" {
		d.fault = fault{field, reason}
	}
}

// is reports whether the next value is of a kind. A null is consumed and is
// no value; anything else is passed over and is wrong.
func (d *Decoder) is(kind byte, field, reason string) bool {
	switch d.c.Kind() {
	case kind:
		return true
	case 'n':
		if d.c.Null() {
			return false
		}
	}
	d.c.Skip()
	d.wrong(field, reason)
	return false
}

func (d *Decoder) object(field string) bool {
	return d.is('{', field, "not an object") && d.c.Object()
}

func (d *Decoder) array(field string) bool {
	return d.is('[', field, "not an array") && d.c.Array()
}

// text returns a string, nil where there is none.
func (d *Decoder) text(field string) []byte {
	if s, ok := d.c.Text(); ok {
		return s
	}
	d.is('"', field, "not a string")
	return nil
}

// number returns a number, NaN where there is none, or one whose digits would
// be a valid NHS number.
func (d *Decoder) number(field string) float64 {
	if !d.is('0', field, "not a number") {
		return math.NaN()
	}
	n := d.c.Float()
	if valueLikeNumber(n) {
		return math.NaN()
	}
	return n
}

// count returns a whole number from 0 to a million, 0 where there is none.
func (d *Decoder) count(field string) int32 {
	if !d.is('0', field, "not a number") {
		return 0
	}
	n := d.c.Float()
	if n != math.Trunc(n) || n < 0 || n > 1e6 {
		d.wrong(field, "not a count")
		return 0
	}
	return int32(n)
}

func (d *Decoder) boolean(field string) bool {
	switch d.c.Kind() {
	case 't', 'f':
		return d.c.Bool()
	}
	d.is('t', field, "not a boolean")
	return false
}

// time returns a date or a time, Unknown where there is none.
func (d *Decoder) time(field string) term.Time {
	return d.instant(field, func(b []byte) (term.Time, bool) {
		switch len(b) {
		case len("2026"):
			d.vague = 366 * aDay
		case len("2026-11"):
			d.vague = max(d.vague, 31*aDay)
		}
		return ParseTime(b)
	})
}

const aDay = 24 * hour

func (d *Decoder) instant(field string, parse func([]byte) (term.Time, bool)) term.Time {
	s, ok := d.c.Text()
	if !ok {
		d.is('"', field, "not a string")
		return term.Unknown
	}
	t, ok := parse(s)
	if !ok {
		d.wrong(field, "not a date")
		return term.Unknown
	}
	return t
}

// period returns the start and the end of a period.
func (d *Decoder) period(field string) (start, end term.Time) {
	if !d.object(field) {
		return
	}
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "start":
			start = d.time(field)
		case "end":
			end = d.time(field)
		default:
			d.swept(key)
		}
	}
	return start, end
}

// each is for a value that is one thing or a list of such things: it reports
// true before each of them. The caller begins with a zero each.
type each uint8

func (d *Decoder) next(e *each, field string) bool {
	switch {
	case *e == 0 && d.c.Kind() == '[':
		*e = 1
		d.c.Array()
		return d.c.Elem()
	case *e == 0:
		*e = 2
		return true
	case *e == 1:
		return d.c.Elem()
	}
	return false
}

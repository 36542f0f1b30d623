package deid

import (
	"time"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
)

// oldest is the age from which only a capped year of birth is stored. One who
// is over 89 is 90 or more.
const oldest = 90

// birth cuts a date of birth to year and month. For a person of 90 or more on
// the day asOf the month is dropped and the year is capped, so that all of
// them look alike. Zeros mean unknown.
func birth(b identity.Birth, asOf time.Time) (year, month int32) {
	var clear [veil.Max]byte
	d := veil.Lift(clear[:0], b.V)
	if len(d) < 4 {
		return 0, 0
	}
	year = number(d[:4])
	day := int32(1)
	if len(d) >= 6 {
		month = number(d[4:6])
	}
	if len(d) == 8 {
		day = number(d[6:8])
	}
	age := int32(asOf.Year()) - year
	if m := int32(asOf.Month()); month > m || (month == m && day > int32(asOf.Day())) {
		age--
	}
	if age >= oldest {
		return int32(asOf.Year()) - oldest, 0
	}
	return year, month
}

func number(d []byte) (n int32) {
	for _, c := range d {
		n = n*10 + int32(c-'0')
	}
	return n
}

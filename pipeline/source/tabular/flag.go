package tabular

import "secondaryuse/deid/term"

// flags are what a cell of the role confidential may say, in the words of PDS
// (S sensitive, Y the older form of it, I invalid), of v3-Confidentiality (R, V,
// U, N) or plainly, and whether that flags the person. A map of codes turns
// others into these, or these into others.
var flags = map[string]bool{
	"S": true, "s": true, "Y": true, "y": true, "I": true, "i": true, "R": true, "V": true, "1": true, "true": true, "TRUE": true,
	"": false, "N": false, "n": false, "U": false, "0": false, "false": false, "FALSE": false,
}

// confidential reads the flag: it holds from one day to before another. What is
// not known is not taken for a no. until is when the line is read in another way
// because such a day has come, if it is.
func (d *decoder) confidential() (yes bool, until term.Time) {
	yes, known := d.flag()
	from, to := d.time(confidentialFrom, confidentialFrom), d.time(confidentialTo, confidentialTo)
	switch {
	case !known:
		d.fail(confidential, "not a flag")
		return true, term.Unknown
	case !yes:
		return false, term.Unknown
	case from != term.Unknown && to != term.Unknown && to < from:
		d.fail(confidentialTo, "before the day from which it holds")
		return true, term.Unknown
	case from != term.Unknown && d.now < from:
		return false, from
	case to == term.Unknown || d.now < to:
		return true, to
	}
	return false, term.Unknown
}

func (d *decoder) flag() (yes, known bool) {
	yes, known = flags[string(d.translated(confidential))]
	return yes, known
}

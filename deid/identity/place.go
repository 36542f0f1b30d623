package identity

import "secondaryuse/deid/internal/veil"

// Postcode is a veiled postcode in its canonical form: capitals, no space.
type Postcode struct{ V veil.Value }

// ParsePostcode reads a postcode in any spacing and case. It reports false
// when the text has not the shape of one (5 to 7 letters and digits, beginning
// with a letter, ending digit letter letter).
func ParsePostcode(b []byte) (Postcode, bool) {
	var c [7]byte
	n := 0
	for _, x := range b {
		switch {
		case x == ' ':
			continue
		case x >= 'a' && x <= 'z':
			x -= 'a' - 'A'
		case x >= 'A' && x <= 'Z', x >= '0' && x <= '9':
		default:
			return Postcode{}, false
		}
		if n == len(c) {
			return Postcode{}, false
		}
		c[n] = x
		n++
	}
	if n < 5 || !letter(c[0]) || !digit(c[n-3]) || !letter(c[n-2]) || !letter(c[n-1]) {
		return Postcode{}, false
	}
	v, ok := veil.Drop(c[:n])
	return Postcode{v}, ok
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// Birth is a veiled date of birth, known to the day, the month or the year.
type Birth struct{ V veil.Value }

// ParseBirth reads YYYY-MM-DD, YYYY-MM or YYYY, with or without hyphens. It
// reports false for any other text and for a date that does not exist.
func ParseBirth(b []byte) (Birth, bool) {
	var c [8]byte
	n := 0
	for i, x := range b {
		if x == '-' && (i == 4 || i == 7) {
			continue
		}
		if !digit(x) || n == len(c) {
			return Birth{}, false
		}
		c[n] = x
		n++
	}
	if !realDate(c[:n]) {
		return Birth{}, false
	}
	v, ok := veil.Drop(c[:n])
	return Birth{v}, ok
}

func realDate(c []byte) bool {
	if len(c) != 4 && len(c) != 6 && len(c) != 8 {
		return false
	}
	y := int(c[0]-'0')*1000 + int(c[1]-'0')*100 + int(c[2]-'0')*10 + int(c[3]-'0')
	if y < 1850 || y > 2150 {
		return false
	}
	if len(c) == 4 {
		return true
	}
	m := int(c[4]-'0')*10 + int(c[5]-'0')
	if m < 1 || m > 12 || len(c) == 6 {
		return m >= 1 && m <= 12
	}
	d := int(c[6]-'0')*10 + int(c[7]-'0')
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return d >= 1 && d <= last
}

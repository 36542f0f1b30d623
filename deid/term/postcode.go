package term

import "strings"

// areas are the letters that postcodes of the United Kingdom and the Crown
// Dependencies begin with, and those that stand for no place.
var areas = func() map[string]bool {
	m := make(map[string]bool)
	for a := range strings.FieldsSeq(`
		AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY
		E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY
		L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM
		S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV
		XX YO ZE ZZ`) {
		m[a] = true
	}
	return m
}()

// postcode reports whether b is a postcode, in any case and spacing: an area,
// a district of a digit and perhaps a digit or letter, a digit, two letters.
// Five characters in capitals and small letters are a Read code (L09yz).
func postcode(b []byte) bool {
	var c [7]byte
	n, small, large := 0, false, false
	for _, x := range b {
		if x == ' ' || x == '-' {
			continue
		}
		if n == len(c) || !letter(x) && !digit(x) {
			return false
		}
		if letter(x) {
			small, large = small || !capital(x), large || capital(x)
			x &^= 'a' - 'A'
		}
		c[n] = x
		n++
	}
	if n < 5 || len(b) == 5 && small && large || !letter(c[n-1]) || !letter(c[n-2]) || !digit(c[n-3]) {
		return false
	}
	out := c[:n-3]
	area := 1
	if letter(out[1]) {
		area = 2
	}
	rest := out[area:]
	return areas[string(out[:area])] && len(rest) >= 1 && len(rest) <= 2 && digit(rest[0])
}

package term

import "strings"

// otherUnit is stored for a unit that is none of the list: the value is kept,
// and whoever needs a unit can see that it was in another.
const otherUnit Unit = "{other}"

// UnitOf returns the unit that b is or spells. Of a text that is on no list it
// returns the unit {other} and false, of an empty one no unit and false.
func UnitOf(b []byte) (Unit, bool) {
	if u, ok := units[string(b)]; ok {
		return u, true
	}
	if len(b) == 0 {
		return "", false
	}
	var folded [longest]byte
	if u, ok := spelt[string(fold(folded[:0], b))]; ok {
		return u, true
	}
	return otherUnit, false
}

// Valid reports whether u is a unit of the list, or the unit {other}.
func (u Unit) Valid() bool { _, ok := units[string(u)]; return ok || u == otherUnit }

// longest is more bytes than any spelling has.
const longest = 40

// fold appends to dst how b is looked up: in small letters, without blanks,
// with u for the sign of micro, * for that of a power, and without the sign of
// multiplication that some write before a power of ten. It fills dst's memory
// and no more, which is longer than any spelling.
func fold(dst, b []byte) []byte {
	for i := 0; i < len(b) && len(dst) < cap(dst); i++ {
		c := b[i]
		switch {
		case c == ' ' || c == '\t' || c == 0xC2 && i+1 < len(b) && b[i+1] == 0xA0:
			if c == 0xC2 {
				i++
			}
			continue
		case capital(c):
			c += 'a' - 'A'
		case c == '^':
			c = '*'
		case c == 0xC2 && i+1 < len(b) && b[i+1] == 0xB5, c == 0xCE && i+1 < len(b) && b[i+1] == 0xBC:
			c, i = 'u', i+1
		}
		dst = append(dst, c)
	}
	if len(dst) > 3 && dst[0] == 'x' && dst[1] == '1' && dst[2] == '0' {
		dst = dst[1:]
	}
	return dst
}

// units holds the units of the list by themselves, and spelt by how they are
// spelt, folded.
var units, spelt = func() (map[string]Unit, map[string]Unit) {
	units, spelt := make(map[string]Unit), make(map[string]Unit)
	for line := range strings.Lines(unitList) {
		unit := Unit("")
		for i, text := range strings.Split(strings.TrimSpace(line), " | ") {
			if text == "" {
				break
			}
			if i == 0 {
				unit = Unit(text)
				units[text] = unit
			}
			spelt[string(fold(make([]byte, 0, longest), []byte(text)))] = unit
		}
	}
	return units, spelt
}()

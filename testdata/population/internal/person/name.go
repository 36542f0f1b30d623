package person

import "secondaryuse/testdata/population/internal/chance"

// The syllables of names. Names are made up so that none is anybody's and a
// search for one finds nothing but itself.
var (
	heads  = []string{"Quax", "Zorv", "Vexil", "Jorq", "Wyxan", "Xandri", "Fjolk", "Kwenz", "Ozwik", "Ulqar", "Ixbel", "Yvorq", "Zephq", "Bjaxt", "Gwyzz", "Hroxa"}
	hearts = []string{"amo", "elwi", "ipto", "ondu", "urska", "yllo", "agvi", "enko", "ovra", "ulbi", "irsu", "askel", "emvo", "othri", "undra", "ysta"}
	tails  = []string{"vex", "quon", "zwick", "lorj", "pfen", "xby", "qvist", "drax", "jump", "wazz", "kynd", "gloq", "szel", "fyrr", "thox", "nyxx"}
	ends   = []string{"a", "en", "ik", "or", "yl", "us", "ett", "iam"}
)

// names draws a given and a family name.
func names(r *chance.Rand) (given, family string) {
	given = chance.One(r, heads) + chance.One(r, hearts) + chance.One(r, ends)
	family = chance.One(r, heads) + chance.One(r, hearts) + chance.One(r, tails) + chance.One(r, ends)
	return given, family
}

// AppendEmail appends an address in a domain that cannot exist.
func (p *Person) AppendEmail(b []byte) []byte {
	b = append(append(append(b, p.Given...), '.'), p.Family...)
	return append(b, "@example.invalid"...)
}

// AppendPhone appends a number of the range kept for drama.
func (p *Person) AppendPhone(b []byte) []byte {
	n := p.Ordinal % 1000
	return append(append(b, "07700 900"...), byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}

// AppendStreet appends the first line of an address.
func (p *Person) AppendStreet(b []byte) []byte {
	b = append(b, byte('1'+p.Ordinal%9), byte('0'+p.Ordinal/9%10), ' ')
	return append(append(b, p.Family[len(p.Family)-7:]...), "mere Drive"...)
}

package term

// digits reports whether b is from least to most digits.
func digits(b []byte, least, most int) bool {
	if len(b) < least || len(b) > most {
		return false
	}
	for _, c := range b {
		if !digit(c) {
			return false
		}
	}
	return true
}

func digit(c byte) bool   { return c >= '0' && c <= '9' }
func capital(c byte) bool { return c >= 'A' && c <= 'Z' }
func letter(c byte) bool  { return capital(c &^ 0x20) }

// sctid reports whether b is the identifier of a SNOMED CT concept: 6 to 18
// digits, of which the two before the last say that it is a concept, of the
// international release or of an extension, and the last is a Verhoeff check
// digit.
func sctid(b []byte) bool {
	n := len(b)
	return digits(b, 6, 18) && b[0] != '0' && b[n-2] == '0' && b[n-3] <= '1' && Verhoeff(b)
}

// Verhoeff reports whether b is digits of which the last is the check digit
// that Verhoeff's scheme gives to the others, as in every SNOMED CT identifier.
func Verhoeff(b []byte) bool {
	check := byte(0)
	for i := range b {
		c := b[len(b)-1-i]
		if !digit(c) {
			return false
		}
		check = turned[check][shuffled[i&7][c-'0']]
	}
	return check == 0
}

// turned is the multiplication table of the dihedral group of order ten, and
// shuffled the permutation that Verhoeff applies to a digit by its place.
var turned, shuffled = verhoeff()

func verhoeff() (mul [10][10]byte, perm [8][10]byte) {
	once := [10]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	for a := range byte(10) {
		perm[0][a] = a
		for b := range byte(10) {
			switch {
			case a < 5 && b < 5:
				mul[a][b] = (a + b) % 5
			case a < 5:
				mul[a][b] = 5 + (a+b-5)%5
			case b < 5:
				mul[a][b] = 5 + (a-5+5-b)%5
			default:
				mul[a][b] = (a + 5 - b) % 5
			}
		}
	}
	for i := 1; i < len(perm); i++ {
		for a := range perm[i] {
			perm[i][a] = once[perm[i-1][a]]
		}
	}
	return mul, perm
}

// luhn returns the check digit that makes the digits of b sound modulo 10, as
// LOINC has it.
func luhn(b []byte) byte {
	sum := byte(0)
	for i := range b {
		d := b[len(b)-1-i] - '0'
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return '0' + (10-sum%10)%10
}

// Personal reports whether a text could name a person, wherever it stands and
// whatever it is meant to be: whether it holds ten digits in a row that have
// the check digit of an NHS number, with whatever separators between them, or
// is a postcode. The identifier of a SNOMED CT concept does not.
func Personal(b []byte) bool {
	return len(b) >= 5 && (postcode(b) || numbered(b) && !sctid(b))
}

// numbered reports whether b holds ten digits in a row whose sum is that of an
// NHS number. What is neither a letter nor a digit does not part digits.
func numbered(b []byte) bool {
	var run [10]byte
	n := 0
	for _, c := range b {
		switch {
		case letter(c):
			n = 0
		case digit(c):
			run[n%10] = c - '0'
			if n++; n >= 10 && eleven(&run, n) {
				return true
			}
		}
	}
	return false
}

// eleven reports whether the digits of a ring, the first of which is at n,
// come to a multiple of eleven with the weights of an NHS number.
func eleven(run *[10]byte, n int) bool {
	sum := 0
	for i := range 10 {
		sum += int(run[(n+i)%10]) * (10 - i)
	}
	return sum%11 == 0
}

// dated reports whether b is a date of somebody's life, as eight digits with
// or without separators: the year first or last.
func dated(b []byte) bool {
	var d [8]byte
	n := 0
	for _, c := range b {
		switch {
		case letter(c):
			return false
		case !digit(c):
		case n == len(d):
			return false
		default:
			d[n] = c - '0'
			n++
		}
	}
	if n != len(d) {
		return false
	}
	two := func(i int) int { return int(d[i])*10 + int(d[i+1]) }
	date := func(year, month, day int) bool {
		return year >= 1850 && year <= 2150 && month >= 1 && month <= 12 && day >= 1 && day <= 31
	}
	first, last := two(0)*100+two(2), two(4)*100+two(6)
	return date(first, two(4), two(6)) || date(last, two(2), two(0)) || date(last, two(0), two(2))
}

package term

// ODSOf returns b as an organisation code. It reports false when b has not the
// form of one, which a name without a digit has only where codes are like it:
// see letters.
func ODSOf(b []byte) (ODS, bool) {
	if len(b) < 3 || !all(b, 9, inODS) {
		return "", false
	}
	number, row, most := 0, 0, 0
	for i, c := range b {
		if c == '-' && i != len(b)-2 { // it comes before the mark of a part
			return "", false
		}
		if row++; !capital(c) {
			row = 0
		}
		if digit(c) {
			number++
		}
		most = max(most, row)
	}
	switch {
	case number == 0 && !letters(b), number > 0 && most > 4, number == len(b) && number > 6, postcode(b):
		return "", false
	}
	return ODS(view(b)), true
}

// letters reports whether a text without digits may be an organisation: three
// letters that begin as trusts, boards and providers do or have no vowel
// behind the first (RJE, QNC, TAD, AXG); such a trust and the mark of a part of
// it (RWP-X); five letters that begin as sites of trusts, of providers and of
// social care do (RXWAS, NVCAA, VLAXL).
func letters(b []byte) bool {
	switch len(b) {
	case 3:
		switch b[0] {
		case 'N', 'Q', 'R', 'T', 'X':
			return capital(b[1]) && capital(b[2])
		}
		return capital(b[0]) && consonant(b[1]) && consonant(b[2])
	case 5:
		if b[3] == '-' {
			return capital(b[4]) && letters(b[:3])
		}
		for _, c := range b {
			if !capital(c) {
				return false
			}
		}
		return (b[0] == 'N' || b[0] == 'R' || b[0] == 'V') && consonant(b[1])
	}
	return false
}

func consonant(c byte) bool {
	switch c {
	case 'A', 'E', 'I', 'O', 'U', 'Y', '-':
		return false
	}
	return true
}

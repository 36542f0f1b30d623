package catalogue

import (
	"regexp"
	"slices"
	"testing"
)

// TestCodes holds the code lists to the shape of their terminologies: SNOMED
// CT by its check digit, so that a slip of one digit is found.
func TestCodes(t *testing.T) {
	marts, err := All()
	if err != nil {
		t.Fatal(err)
	}
	loinc, icd := regexp.MustCompile(`^(\d{1,5}-\d|LA\d{4,5}-\d)$`), regexp.MustCompile(`^[A-Z]\d\d\d?$`)
	n := 0
	for _, m := range marts {
		for _, l := range m.Codelists {
			system, code := slices.Index(l.Columns, "system"), slices.Index(l.Columns, "code")
			if system < 0 || code < 0 {
				continue
			}
			seen := make(map[string]bool)
			for _, r := range l.Rows {
				n++
				ok := false
				switch r[system] {
				case "snomed":
					ok = verhoeff(r[code])
				case "loinc":
					ok = loinc.MatchString(r[code])
				case "icd10":
					ok = icd.MatchString(r[code])
				}
				if !ok {
					t.Errorf("%s/%s: %s is no code of %s", m.Name, l.Name, r[code], r[system])
				}
				if id := r[0] + r[system] + r[code]; seen[id] {
					t.Errorf("%s/%s: %s stands twice", m.Name, l.Name, r[code])
				} else {
					seen[id] = true
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d codes were looked at", n)
	}
	if verhoeff("195967002") || verhoeff("19596700x") || verhoeff("") {
		t.Error("the check digit does not check")
	}
}

// verhoeff checks the last digit of a SNOMED CT identifier: the digits, each
// turned by its place, must multiply to nothing in the dihedral group of ten.
func verhoeff(id string) bool {
	turn := []int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	c := 0
	for i := range len(id) {
		d := int(id[len(id)-1-i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		for range i {
			d = turn[d]
		}
		c = multiply(c, d)
	}
	return c == 0 && len(id) >= 6
}

// multiply is the group of the five turns (0 to 4) and the five flips (5 to 9)
// of a pentagon.
func multiply(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b)%5
	}
	return (a - b + 5) % 5
}

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

// TestRegistersKnowTheirDisease looks for the commonest code of each register:
// one that lacks it would count next to nobody, and no check would say so.
func TestRegistersKnowTheirDisease(t *testing.T) {
	marts, err := All()
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]string{
		"195967001": "asthma", "49436004": "atrial_fibrillation", "363346000": "cancer", "433144002": "chronic_kidney_disease",
		"13645005": "copd", "53741008": "coronary_heart_disease", "52448006": "dementia", "35489007": "depression",
		"73211009": "diabetes", "44054006": "diabetes", "46635009": "diabetes", "84757009": "epilepsy", "84114007": "heart_failure",
		"38341003": "hypertension", "110359009": "learning_disability", "714628002": "non_diabetic_hyperglycaemia",
		"414916001": "obesity", "64859006": "osteoporosis", "103735009": "palliative_care", "399957001": "peripheral_arterial_disease",
		"69896004": "rheumatoid_arthritis", "58214004": "serious_mental_illness", "13746004": "serious_mental_illness",
		"230690007": "stroke_tia",
	}
	found, registers := make(map[string]bool), make(map[string]bool)
	for _, m := range marts {
		for _, l := range m.Codelists {
			if l.Name != "register_code" {
				continue
			}
			for _, r := range l.Rows {
				registers[r[0]] = true
				if wanted[r[2]] == r[0] && r[1] == "snomed" && r[3] == "diagnosis" {
					found[r[2]] = true
				}
			}
		}
	}
	for code, register := range wanted {
		if delete(registers, register); !found[code] {
			t.Errorf("%s does not know %s", register, code)
		}
	}
	for register := range registers {
		t.Errorf("of %s the commonest code is not in this test", register)
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

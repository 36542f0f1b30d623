package figure

import (
	"encoding/json"
	"math"
	"testing"
)

// verhoeff reports whether a SNOMED CT identifier has a valid check digit.
func verhoeff(code string) bool {
	d := [10][10]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
		{4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1}, {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}
	p := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	check := 0
	for i := range len(code) {
		x := int(code[len(code)-1-i] - '0')
		for range i % 8 {
			x = p[x]
		}
		check = d[check][x]
	}
	return check == 0
}

func all() []*Concept {
	out := []*Concept{Codes.BloodPressure, Codes.Systolic, Codes.Diastolic, Codes.BMI, Codes.Weight, Codes.HbA1c, Codes.Cholesterol, Codes.Creatinine, Codes.Smoker, Codes.ExSmoker, Codes.NeverSmoked, Codes.Pulse,
		Codes.Type1, Codes.Type1Withdrawn, Codes.Influenza, Codes.Covid, Codes.Pneumococcal, Codes.MMR, Codes.MMRSecond, Codes.SixInOne, Codes.Surgery, Codes.Telephone, Codes.HomeVisit, Codes.Referral,
		Sensitive.HIV, Sensitive.Gender, Sensitive.Infertile, Sensitive.Fertility}
	for _, list := range [][]*Concept{Codes.Complaints, Codes.AcuteDrugs, Codes.RepeatDrugs, Codes.Allergies, Codes.EmergencySNOMED, Codes.CarePlans, Sensitive.Infections} {
		out = append(out, list...)
	}
	for _, c := range Conditions {
		out = append(append(append(out, c.Codes...), c.Drugs...), c.ICD10...)
	}
	return out
}

func TestCodesAreWellFormed(t *testing.T) {
	if verhoeff("38341004") {
		t.Fatal("the check accepts a wrong digit")
	}
	for _, c := range all() {
		if c == nil {
			t.Fatal("a list names a code that does not exist")
		}
		if (c.System == SNOMED || c.System == DMD) && !verhoeff(c.Code) {
			t.Errorf("%s (%s) fails its check digit", c.Code, c.Term)
		}
		if !json.Valid([]byte(c.JSON)) {
			t.Errorf("%s is not valid JSON", c.Code)
		}
	}
}

func TestSharesSumToOne(t *testing.T) {
	sum := 0.0
	for _, s := range AgeShare {
		sum += s
	}
	if math.Abs(sum-1) > 0.001 {
		t.Errorf("shares of ages sum to %v", sum)
	}
	for i, icb := range ICBs {
		sum := 0.0
		for _, s := range icb.Deciles {
			sum += s
		}
		if math.Abs(sum-1) > 0.005 {
			t.Errorf("%s: deciles sum to %v", icb.Code, sum)
		}
		sum = 0
		for _, e := range Ethnics {
			sum += e.Share[i]
		}
		if math.Abs(sum-1) > 0.005 {
			t.Errorf("%s: ethnic categories sum to %v", icb.Code, sum)
		}
	}
}

func TestRatesKeepTheirMean(t *testing.T) {
	for _, r := range []Rate{Use.GPContacts, Use.Emergency, Use.Elective, Use.Unplanned, Use.Outpatients, Use.Items, Use.Deaths} {
		sum := 0.0
		for b, share := range AgeShare {
			sum += share * r.At(b)
		}
		if math.Abs(sum-r.Mean) > 1e-9 {
			t.Errorf("mean is %v, want %v", sum, r.Mean)
		}
	}
	for _, c := range Conditions {
		for b := range Bands {
			if s := c.Share(b); s < 0 || s > 0.95 {
				t.Errorf("%s: share of band %d is %v", c.Register, b, s)
			}
		}
	}
}

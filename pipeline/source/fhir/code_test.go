package fhir

import (
	"math"
	"testing"

	"secondaryuse/deid/term"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		system term.System
		code   string
		keep   bool
	}{
		{term.SNOMED, "73211009", true},
		{term.SNOMED, "999000011000000103", true},
		{term.SNOMED, "27113", false},         // too short
		{term.SNOMED, "E11.9", false},         // of another system
		{term.DMD, "39720311000001101", true}, //
		{term.ICD10, "E11.9", true},           //
		{term.Read2, "C10..", true},           //
		{term.Other, "9990001006", false},     // an NHS number
		{term.Other, "999-000-1006", false},   // with hyphens
		{term.Other, "9990001007", true},      // none: the check digit is wrong
		{term.SNOMED, "9990001006", false},    // an NHS number and no SNOMED CT identifier
		{term.SNOMED, "1000001008", true},     // both: it is a SNOMED CT identifier
		{term.Other, "Mrs A Person", false},   //
		{term.Other, "", false},               //
		{term.Other, "a-very-long-code-that-is-longer-than-36-", false},
	} {
		if got := clean(c.system, []byte(c.code)); (got != "") != c.keep || got != "" && string(got) != c.code {
			t.Errorf("%s %s: %q", c.system, c.code, got)
		}
	}
	if o := odsOf([]byte("9990001006")); o != "" {
		t.Errorf("an NHS number is the organisation %s", o)
	}
	if u := unitOf([]byte("9990001006")); u != "" {
		t.Errorf("an NHS number is the unit %s", u)
	}
}

func TestValueLikeNumber(t *testing.T) {
	for v, want := range map[float64]bool{
		9990001006: true, -9990001006: true, 9990001007: false, 9990001006.5: false, 999000100: false, 99900010060: false, 0: false,
		math.Inf(1): false, math.NaN(): false,
	} {
		if valueLikeNumber(v) != want {
			t.Errorf("%v: want %v", v, want)
		}
	}
}

func TestSnomedID(t *testing.T) {
	for id, want := range map[string]bool{
		"22298006": true, "22298007": false, "22289006": false, "73211009": true, "1324681000000101": true, "1324681000000102": false,
		"9990001006": false, "73211019": false, "7321100": false,
	} {
		if snomedID([]byte(id)) != want {
			t.Errorf("%s: want %v", id, want)
		}
	}
}

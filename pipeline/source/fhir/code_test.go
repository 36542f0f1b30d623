package fhir

import (
	"math"
	"testing"
)

const local, hl7, function = "https://app.example.nhs.uk/codes", "http://terminology.hl7.org/CodeSystem/v2-0136", "https://fhir.hl7.org.uk/Id/treatment-function"

// weighed are codings, and whether they are stored and judged.
var weighed = []struct {
	uri, code      string
	stored, judged bool
}{
	{"http://snomed.info/sct", "73211009", true, true},
	{"http://snomed.info/sct", "999000011000000103", true, true},
	{"http://snomed.info/sct", "73211008", false, true},        // the check digit is wrong
	{"http://snomed.info/sct", "754151000000111", false, true}, // a description
	{"http://snomed.info/sct", "27113", false, true},           // too short
	{"http://snomed.info/sct", "E11.9", false, true},           // of another system
	{"https://dmd.nhs.uk", "39720311000001101", true, true},    //
	{"https://dmd.nhs.uk", "Featherstone", false, true},        //
	{"http://hl7.org/fhir/sid/icd-10", "E11.9", true, true},    //
	{"http://hl7.org/fhir/sid/icd-10", "M20.6AX", false, true},
	{"http://read.info/readv2", "C10..", true, true},      //
	{"http://read.info/readv2", "Jones", false, true},     //
	{"http://loinc.org", "8480-6", true, true},            //
	{"http://loinc.org", "8480-7", false, true},           //
	{local, "wb-1", true, true},                           //
	{local, "Featherstone", false, true},                  //
	{local, "9990001006", false, true},                    // an NHS number
	{local, "999-000-1006", false, true},                  // with hyphens
	{local, "129990001006", false, true},                  // within a longer one
	{local, "ST55BG", false, true},                        //
	{local, "1950-03-04", false, true},                    //
	{"http://snomed.info/sct", "9990001006", false, true}, // an NHS number and no SNOMED CT identifier
	{"http://snomed.info/sct", "1000001008", true, true},  // both: it is a SNOMED CT identifier
	{local, "1000001008", false, true},                    // both, and nothing says which
	{hl7, "no", true, false},                              //
	{hl7, "Featherstone", false, false},                   //
	{function, "300", true, true},                         //
	{function, "Oak", false, true},                        //
	{local, "Mrs A Person", false, false},                 //
	{local, "", false, false},                             //
	{local, "a-very-long-code-that-is-longer-than-36-", false, false},
}

// TestWeigh: a code is stored if it has the form of its system, and judged
// whatever its form.
func TestWeigh(t *testing.T) {
	for _, c := range weighed {
		var d Decoder
		got := coded{raw: []byte(c.code)}
		d.weigh(&got, []byte(c.uri), false)
		if stored := got.code != ""; stored != c.stored || stored && string(got.code) != c.code || stored != (got.system != "") {
			t.Errorf("%s %s: stored as %s %q", c.uri, c.code, got.system, got.code)
		}
		if judged := len(d.codings) == 1; judged != c.judged || judged && string(d.codings[0].Code) != c.code {
			t.Errorf("%s %s: judged by %v", c.uri, c.code, d.codings)
		}
		if (got.rank > unfit) != (!c.stored && (c.judged || c.uri == hl7)) || (d.specialty != "") != (c.stored && c.uri == function) {
			t.Errorf("%s %s: rank %d, specialty %q", c.uri, c.code, got.rank, d.specialty)
		}
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

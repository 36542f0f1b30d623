package phr

import (
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// TestSections holds to which sections what a person records belongs: each row of
// a record to that of its own code, and all of them to what is said of the whole.
func TestSections(t *testing.T) {
	const head, loinc = `{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-05-01",`, `{"system":"http://loinc.org","code":`
	component := func(code string) string {
		return `{"code":{"coding":[` + code + `]},"valueQuantity":{"value":3}}`
	}
	sleep, pain, mood := loinc+`"93832-4"}`, loinc+`"72514-3"}`, `{"system":"http://snomed.info/sct","code":"48694002"}`
	other := loinc + `"85354-9"}`
	for name, tc := range map[string]struct{ line, want string }{
		"patient":       {person, "profile"},
		"measurement":   {weight, "measurement"},
		"pressure":      {pressure, "measurement, measurement, measurement"},
		"medicine":      {tablet, "medicine"},
		"questionnaire": {questionnaire, "answer, answer, answer, answer, answer, answer"},
		"sleep":         {head + `"code":{"coding":[` + sleep + `]},"valueQuantity":{"value":7}}`, "sleep"},
		"a panel of several": {head + `"code":{"coding":[` + other + `]},"component":[` + component(sleep) + `,` + component(pain) + `,` + component(other) + `]}`,
			"sleep, sleep, symptom, sleep"}, // the record's kind is that of its first part that has one
		"its own code is of all":     {head + `"code":{"coding":[` + sleep + `]},"component":[` + component(pain) + `]}`, "sleep, sleep and symptom"},
		"the app's name is of all":   {head + `"code":{"coding":[{"system":"urn:app","code":"mood"},` + other + `]},"component":[` + component(sleep) + `]}`, "mood, sleep and mood"},
		"a code beside another":      {head + `"code":{"coding":[` + other + `,` + sleep + `]},"component":[` + component(other) + `]}`, "sleep, sleep"},
		"a survey with a code of it": {head + `"category":[{"coding":[{"code":"survey"}]}],"code":{"coding":[` + mood + `]},"valueQuantity":{"value":1}}`, "mood"},
		"a value that tells":         {head + `"code":{"coding":[` + other + `]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"77176002"}]}}`, "tobacco"},
		"a finding":                  {head + `"code":{"coding":[` + other + `]}}`, "symptom"},
	} {
		readLines(t, source.Rows, func(b *record.Block) {
			var got []string
			for i := range b.Persons {
				got = append(got, strings.Join(b.Persons[i].Sections.Names(), " and "))
			}
			for i := range b.SelfRecords {
				got = append(got, strings.Join(b.SelfRecords[i].Sections.Names(), " and "))
			}
			if text := strings.Join(got, ", "); text != tc.want {
				t.Errorf("%s: %s; want %s", name, text, tc.want)
			}
		}, tc.line)
	}
}

package fhir

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/record"
)

// What a decoder remembers changes nothing: a record is decoded as by a
// decoder that has seen nothing before.
func TestMemory(t *testing.T) {
	l, _ := lookups(t)
	old := New(options(l))
	lines := linesOf(t, "r4.ndjson", "stu3.ndjson")
	// The same value means something else in another resource and place.
	same := `[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"procedure","display":"one text for all"},{"system":"http://snomed.info/sct","code":"73211009"},{"code":"food"}]}]`
	for _, typ := range []string{"Observation", "Condition", "AllergyIntolerance", "Procedure", "CarePlan", "Device"} {
		for _, member := range []string{"category", "code", "reasonCode", "performer", "recorder"} {
			lines = append(lines, []byte(fmt.Sprintf(`{"resourceType":"%s","id":"x","%s":%s,"note":[{"text":"%s"}]}`, typ, member, same, strings.Repeat("x", 80))))
		}
	}
	for round := range 5 {
		for _, line := range lines {
			var got, want record.Block
			old.Reset()
			old.Decode(line, &got, 1)
			New(options(l)).Decode(line, &want, 1)
			if g, w := render(&got), render(&want); g != w {
				t.Fatalf("round %d: %s\n got %s\nwant %s", round, line, g, w)
			}
		}
	}
}

// What stands behind a value or a version is remembered by its text, and what
// it changes there, a second value, another source or a label, is not lost.
func TestRests(t *testing.T) {
	long := strings.Repeat("x", 80)
	quantities := []string{
		`"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L","note":"` + long + `"`,
		`"unit":"kg","system":"http://unitsofmeasure.org","code":"kg","note":"` + long + `"`,
		`"comparator":"<","unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L","note":"` + long + `"`,
		`"unit":"mmol/L","value":77,"system":"http://unitsofmeasure.org","code":"mmol/L","note":"` + long + `"`,
		`"unit":["` + long + `"]`,
		`"extension":[{"url":"x","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"` + long + `"}]}}]`,
	}
	metas := []string{
		`"source":"https://fhir.nhs.uk/Id/ods-organization-code|M82002","profile":["` + long + `"]`,
		`"source":"https://fhir.nhs.uk/Id/ods-organization-code|M91001","profile":["` + long + `"]`,
		`"source":"https://fhir.nhs.uk/Id/ods-organization-code|M82002","security":[{"code":"R"}],"profile":["` + long + `"]`,
		`"source":"https://fhir.nhs.uk/Id/ods-organization-code|M82002","lastUpdated":"2026-01-09T00:00:00Z","profile":["` + long + `"]`,
		`"source":"https://example.org/` + long + `"`,
		`"profile":["` + long + `"]`,
	}
	old := New(Options{})
	rapid.Check(t, func(t *rapid.T) {
		line := fmt.Sprintf(`{"resourceType":"%s","id":"o","meta":{"lastUpdated":"2026-01-%02dT00:00:00Z",%s},"valueQuantity":{%s"value":%d,%s},"component":[{"code":{"coding":[{"code":"%d"}]},"valueQuantity":{"value":%[5]d,%[8]s}}],"note":[{"text":"%[9]s"}]}`,
			rapid.SampledFrom([]string{"Observation", "Observation", "Condition"}).Draw(t, "type"), rapid.IntRange(1, 28).Draw(t, "day"),
			rapid.SampledFrom(metas).Draw(t, "meta"), rapid.SampledFrom([]string{"", "", `"unit":"g",`}).Draw(t, "before"), rapid.IntRange(1, 9).Draw(t, "value"),
			rapid.SampledFrom(quantities).Draw(t, "quantity"), rapid.IntRange(1, 9).Draw(t, "code"), rapid.SampledFrom(quantities).Draw(t, "of a part"), long)
		var got, want record.Block
		old.Reset()
		old.Decode([]byte(line), &got, 1)
		New(Options{}).Decode([]byte(line), &want, 1)
		if g, w := render(&got), render(&want); g != w {
			t.Fatalf("%s\n got %s\nwant %s", line, g, w)
		}
	})
}

// Another look-up is another memory: what an organisation was is forgotten.
func TestUse(t *testing.T) {
	line := []byte(`{"resourceType":"Observation","id":"o","performer":[{"reference":"Organization/org1","display":"a name that is long enough to be remembered"}],"note":[]}`)
	l, _ := lookups(t)
	d := New(options(l))
	for round, want := range []string{"M82002", "M82002", "", "M82002"} {
		if d.Use(l); want == "" {
			d.Use(NewLookup())
		}
		var b record.Block
		d.Decode(line, &b, 1)
		d.Decode(line, &b, 1)
		for _, o := range b.Observations {
			if string(o.Row.Provider) != want {
				t.Errorf("round %d: provider %q, want %q", round, o.Row.Provider, want)
			}
		}
	}
}

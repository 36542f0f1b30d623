package fhir

import (
	"fmt"
	"strings"
	"testing"

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

package fhir

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
)

// TestReferencesBetweenRecords goes through the forms in which sources write that
// a record belongs to another: in each the two are tied, by the other's id, or by
// what both name.
func TestReferencesBetweenRecords(t *testing.T) {
	const encounter = `{"resourceType":"Encounter","id":"e-1","identifier":[{"system":"urn:visit","value":"V001"}],"subject":{"reference":"Patient/p1"}}`
	for _, to := range []string{
		`"reference":"Encounter/e-1"`, `"reference":"https://a.example/fhir/Encounter/e-1"`, `"reference":"Encounter/e-1/_history/3"`,
		`"reference":"urn:uuid:e-1"`, `"reference":"e-1"`, `"type":"Encounter","reference":"e-1"`, `"reference":" Encounter/e-1"`,
		`"reference":"encounter/e-1"`, `"reference":"/Encounter/e-1/"`, `"reference":"Encounter?_id=e-1"`,
		`"reference":"https://a.example/fhir/Encounter?_id=e-1"`, `"identifier":{"system":"urn:visit","value":"V001"}`,
		`"type":"Encounter","identifier":{"system":"urn:visit","value":"V001"}`, `"reference":"Encounter?identifier=urn:visit|V001"`,
		`"reference":"Encounter/elsewhere","identifier":{"system":"urn:visit","value":"V001"}`,
	} {
		for _, member := range []string{`"encounter":{%s}`, `"partOf":[{"type":"Encounter",%s}]`,
			`"contained":[{"resourceType":"Procedure","id":"c","encounter":{%s}}],"partOf":[{"reference":"#c"}]`} {
			if strings.Contains(member, "type") && strings.Contains(to, "type") {
				continue
			}
			var b record.Block
			d := New(options(nil))
			d.Decode([]byte(encounter), &b, 1)
			d.Decode([]byte(`{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"},`+fmt.Sprintf(member, to)+`}`), &b, 2)
			if len(b.Encounters) != 1 || len(b.Problems) != 1 {
				t.Fatalf("%s: %v", to, b.Rejects)
			}
			if e, c := b.Encounters[0].Head, b.Problems[0].Head; !meets(e, c) {
				t.Errorf("%s: it is tied to %v and %v, the encounter to %v", fmt.Sprintf(member, to), c.Encounter, c.Links, e.Links)
			}
		}
	}
}

// meets reports whether a record is a part of another, or both of a third.
func meets(a, b record.Head) bool {
	parts := func(h record.Head) (out []record.Ref) {
		for _, l := range h.Links {
			if l.Bond == record.Part {
				out = append(out, l.Ref)
			}
		}
		return append(out, h.ID, h.Encounter)
	}
	all := parts(a)
	return slices.ContainsFunc(parts(b), func(r record.Ref) bool { return r != (record.Ref{}) && slices.Contains(all, r) })
}

// TestNotTied is what ties nobody: an identifier of a person, of an organisation,
// or of next to nothing, and a reference that leads to no record of ours.
func TestNotTied(t *testing.T) {
	for _, text := range []string{
		`"encounter":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990001006"}}`,
		`"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990001006"}]`,
		`"identifier":[{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"M82001"}]`,
		`"identifier":[{"system":"urn:x","value":"0"}]`, `"identifier":[{"system":"urn:x"}]`, `"identifier":[]`,
		`"encounter":{"reference":"Organization/o"}`, `"encounter":{"reference":"https://a.example/x y"}`, `"encounter":{"reference":"#e"}`,
		`"encounter":{"display":"somewhere"}`, `"partOf":[{"reference":"Patient/p2"}]`,
	} {
		var b record.Block
		New(options(nil)).Decode([]byte(`{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"},`+text+`}`), &b, 2)
		if len(b.Problems) != 1 || len(b.Problems[0].Links) > 0 || b.Problems[0].Encounter.ID != "" {
			t.Errorf("%s: %+v", text, b)
		}
	}
}

// TestWhatABundleCallsThem is that a record which a Bundle calls by another name
// than its id is found by both.
func TestWhatABundleCallsThem(t *testing.T) {
	var b record.Block
	New(options(nil)).Decode([]byte(`{"resourceType":"Bundle","entry":[
		{"fullUrl":"urn:uuid:aaaa-1","resource":{"resourceType":"Encounter","id":"e","subject":{"reference":"Patient/p1"}}},
		{"fullUrl":"https://a.example/fhir/Encounter/f","resource":{"resourceType":"Encounter","id":"f","subject":{"reference":"Patient/p1"}}},
		{"fullUrl":5,"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"},"encounter":{"reference":"urn:uuid:aaaa-1"}}}]}`), &b, 1)
	if len(b.Problems) != 1 || len(b.Encounters) != 2 || !meets(b.Encounters[0].Head, b.Problems[0].Head) || len(b.Encounters[1].Links) > 0 {
		t.Errorf("%+v", b)
	}
}

// TestWhoMustBeSaidAsItOughtToBe is that a person is not found loosely.
func TestWhoMustBeSaidAsItOughtToBe(t *testing.T) {
	for _, to := range []string{`p1`, ` Patient/p1`, `patient/p1`, `Patient/p1/`, `Patient?_id=p1`} {
		var b record.Block
		New(options(nil)).Decode([]byte(`{"resourceType":"Condition","id":"c","subject":{"reference":"`+to+`"}}`), &b, 2)
		if len(b.Problems) == 1 && b.Problems[0].Subject.Kind != record.None {
			t.Errorf("%q: %+v", to, b.Problems[0].Subject)
		}
	}
}

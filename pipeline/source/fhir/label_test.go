package fhir

import (
	"fmt"
	"strings"
	"testing"

	"secondaryuse/deid/record"
)

// TestLabels goes through the places in which a label that restricts may stand:
// each takes the record out, the first time that it is read and when it is
// remembered.
func TestLabels(t *testing.T) {
	const r = `{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R","display":"a display that is long enough to be remembered by"}`
	d := New(options(nil))
	for place, c := range map[string]struct {
		text       string
		restricted bool
	}{
		"its own":                  {`"Condition","meta":{"security":[` + r + `]}`, true},
		"of an element":            {`"Condition","code":{"extension":[{"url":"x","valueCoding":` + r + `}],"text":"x"}`, true},
		"of a part of an element":  {`"Condition","note":[{"extension":[{"url":"x","extension":[{"url":"y","valueCoding":` + r + `}]}],"text":"x"}]`, true},
		"of an unusual member":     {`"Observation","device":{"x":{"coding":[` + r + `]}}`, true},
		"of its meta":              {`"Observation","meta":{"extension":[{"url":"x","valueCoding":` + r + `}]}`, true},
		"as a tag":                 {`"Observation","meta":{"tag":[` + r + `]}`, true},
		"of what is contained":     {`"Observation","contained":[{"resourceType":"Procedure","id":"c","meta":{"security":[{"code":"V"}]}}]`, true},
		"of an older edition":      {`"Observation","extension":[{"url":"x","valueCoding":{"system":"http://hl7.org/fhir/v3/Confidentiality","code":" v"}}]`, true},
		"by its number":            {`"Observation","extension":[{"url":"x","valueCoding":{"system":"urn:oid:2.16.840.1.113883.5.25","code":"R"}}]`, true},
		"of a document":            {`"DocumentReference","securityLabel":[{"coding":[{"system":"urn:ours","code":"R"}]}]`, true},
		"of a letter":              {`"Composition","confidentiality":"V"`, true},
		"that says normal":         {`"Observation","extension":[{"url":"x","valueCoding":{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"N"}}]`, false},
		"an R of something else":   {`"Observation","extension":[{"url":"x","valueCoding":{"system":"urn:ours","code":"R"}}]`, false},
		"of a letter that is free": {`"Composition","confidentiality":"N","encounter":{"reference":"Encounter/e"}`, false},
	} {
		text := `{"resourceType":` + c.text + `,"id":"a","subject":{"reference":"Patient/p1"},"text":{"div":"nothing that is long enough to be of any use here"}}`
		for range 3 {
			var b record.Block
			d.Decode([]byte(text), &b, 1)
			n := 0
			b.Heads(func(h *record.Head, _ record.Ref) {
				if n++; h.Restricted != c.restricted {
					t.Errorf("%s: restricted %v", place, h.Restricted)
				}
			})
			if n != 1 || len(b.Rejects) > 0 {
				t.Errorf("%s: %d records, %v", place, n, b.Rejects)
			}
		}
	}
}

// TestWhoseDataIsSaidUnreadably is that a record which says whose data it is, in no
// form that a code has, is not taken for the data of the feed's own organisation,
// nor of who did it; small letters are read.
func TestWhoseDataIsSaidUnreadably(t *testing.T) {
	for said, want := range map[string]string{
		"https://fhir.nhs.uk/Id/ods-organization-code|RA1":                   "RA1",
		"https://fhir.nhs.uk/Id/ods-organization-code| ra1":                  "RA1",
		"https://fhir.nhs.uk/Id/ods-organization-code|":                      "?",
		"https://fhir.nhs.uk/Id/ods-organization-code|the one in the square": "?",
		"urn:other|the one in the square":                                    "RB1",
	} {
		var b record.Block
		d := New(options(nil))
		for range 3 {
			d.Decode([]byte(`{"resourceType":"Observation","id":"o","meta":{"lastUpdated":"2026-01-01T00:00:00Z","source":"`+said+`"},
				"subject":{"reference":"Patient/p1"},"performer":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RB1"}}]}`), &b, 1)
		}
		for _, o := range b.Observations {
			if string(o.Organisation) != want {
				t.Errorf("%q: %q, want %q", said, o.Organisation, want)
			}
		}
	}
}

// TestLabelsOfABundle is that the labels of a Bundle are those of all in it, of
// persons as well, and of nothing behind it.
func TestLabelsOfABundle(t *testing.T) {
	const entries = `"entry":[{"resource":{"resourceType":"Observation","id":"o"}},{"resource":` + somebody + `},{"resource":{"resourceType":"Goal","id":"g"}}]`
	d := New(Options{Person: Person{Verification: []string{NoStatus}}})
	for meta, want := range map[string]string{
		`{"lastUpdated":"2026-01-01T00:00:00Z"}`:                   "false []",
		`{"security":[{"code":"N"},{"code":"v"}]}`:                 "true [{other N} {security-label N} {other v}]",
		`{"security":[{"system":"urn:x","code":"HIV"}]}`:           "false [{other HIV} {security-label HIV}]",
		`{"security":{"code":"R"}}`:                                "true []",
		`"R"`:                                                      "true []",
		`{"tag":[{"system":"http://snomed.info/sct","code":"1"}]}`: "false [{snomed 1}]",
		`{"extension":[{"valueCoding":{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"R"}}]}`: "true [{security-label R}]",
	} {
		var b record.Block
		d.Decode([]byte(`{"resourceType":"Bundle","meta":`+meta+`,`+entries+`}`), &b, 1)
		d.Decode([]byte(strings.Replace(somebody, `"p1"`, `"p2"`, 1)), &b, 2)
		o, p, after := b.Observations[0].Head, b.Persons[0], b.Persons[1]
		if got := fmt.Sprint(o.Restricted, " ", o.Codings); got != want {
			t.Errorf("%s: %s, want %s", meta, got, want)
		}
		if got := fmt.Sprint(p.Confidential, " ", p.Codings); got != want {
			t.Errorf("%s: person %s, want %s", meta, got, want)
		}
		if wraps := len(b.Wrappers) > 0 && b.Wrappers[0].Restricted; wraps != o.Restricted {
			t.Errorf("%s: what no dataset takes: %v", meta, wraps)
		}
		if after.Confidential || len(after.Codings) > 0 {
			t.Errorf("%s: behind it: %+v", meta, after.Head)
		}
	}
}

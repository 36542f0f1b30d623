package fhir

import (
	"fmt"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// An id is of one resource type only: records of two types are two records,
// whatever they are called, and the deletion of one is not that of the other.
func TestAnIDIsOfOneType(t *testing.T) {
	known := make(map[record.Ref]string)
	for name := range typeWords {
		if kindOf([]byte(name)) == record.None {
			continue
		}
		var b record.Block
		d := New(Options{})
		d.Decode(fmt.Appendf(nil, `{"resourceType":"%s","id":"1","subject":{"reference":"Patient/p"}}`, name), &b, 1)
		d.Decode(fmt.Appendf(nil, `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"%s/1"}}]}`, name), &b, 2)
		heads := headsOf(&b)
		if len(heads) != 2 || heads[0].ID != heads[1].ID || heads[0].ID.ID != "1" {
			t.Fatalf("%s: %+v", name, heads)
		}
		if other, ok := known[heads[0].ID]; ok {
			t.Errorf("%s/1 and %s/1 are taken for one record", name, other)
		}
		known[heads[0].ID] = name
	}
	if len(known) != 15 {
		t.Errorf("%d types", len(known))
	}
}

// A reference that does not tell its type leads to a request of any.
func TestRequestsOfSTU3(t *testing.T) {
	var b record.Block
	New(Options{}).Decode([]byte(`{"resourceType":"Encounter","id":"e","incomingReferral":[{"reference":"urn:uuid:u"},{"reference":"ReferralRequest/r"}]}`), &b, 1)
	var want []record.Link
	for _, r := range []record.Ref{{Kind: record.ServiceRequest, ID: "u"}, {Kind: record.ReferralRequest, ID: "u"},
		{Kind: record.ProcedureRequest, ID: "u"}, {Kind: record.ReferralRequest, ID: "r"}} {
		want = append(want, record.Link{Ref: r, Bond: record.Part})
	}
	if got := b.Encounters[0].Links; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v", got)
	}
}

// headsOf returns the heads of all that a block holds.
func headsOf(b *record.Block) (out []record.Head) {
	for i := range b.Persons {
		out = append(out, b.Persons[i].Head)
	}
	out = append(out, heads(b.Problems)...)
	out = append(out, heads(b.Observations)...)
	out = append(out, heads(b.Medications)...)
	out = append(out, heads(b.Allergies)...)
	out = append(out, heads(b.Immunisations)...)
	out = append(out, heads(b.Encounters)...)
	out = append(out, heads(b.Procedures)...)
	out = append(out, heads(b.Referrals)...)
	out = append(out, heads(b.Appointments)...)
	out = append(out, heads(b.CarePlans)...)
	return append(out, heads(b.Deletions)...)
}

func heads[X row.Row](list []record.Of[X]) (out []record.Head) {
	for i := range list {
		out = append(out, list[i].Head)
	}
	return out
}

// What is rejected for one of its fields can still be heard: who it is of, what
// it says, what it hangs on. What is no JSON, or says nothing, cannot.
func TestRejectedRecordsAreHeard(t *testing.T) {
	const said = `"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"},"effectiveDateTime":"2026-02-30"`
	for text, want := range map[string]int{
		`{` + said + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"827241000000103"}]}}`: 1,
		`{` + said + `,"meta":{"security":[{"code":"R"}]}}`:                                               1,
		`{` + said + `}`: 1, // what it is a part of
		`{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-02-30"}`: 0,
		`{` + said + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"827241000000103"}]}`:               0,
	} {
		var b record.Block
		d := New(Options{})
		d.Decode([]byte(text), &b, 7)
		d.Decode([]byte(`{"resourceType":"Observation","id":"next","code":{"coding":[{"system":"http://snomed.info/sct","code":"1"}]}}`), &b, 8)
		if len(b.Rejects) != 1 || len(b.Heard) != want || len(b.Observations) != 1 {
			t.Fatalf("%s: %d rejects, %d heard", text, len(b.Rejects), len(b.Heard))
		}
		for _, o := range b.Heard {
			if o.Subject.ID != "p" || o.Encounter.ID != "e" || o.At != term.Unknown || !o.Restricted && len(o.Codings) > 0 && o.Codings[0].Code != "827241000000103" {
				t.Errorf("%s: heard %+v", text, o.Head)
			}
		}
		b.Reset()
		if len(b.Heard) != 0 {
			t.Error("heard after Reset")
		}
	}
}

// A Patient that is rejected for one of its fields and flagged confidential is
// still a flagged person when the persons are read, and a reject afterwards.
func TestRejectedPatientIsFlagged(t *testing.T) {
	const said = `"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990002487"}],"birthDate":"1950-02-30"`
	for text, want := range map[string]int{
		`{` + said + `,"meta":{"security":[{"code":"R"}]}}`: 1,
		`{` + said + `,"meta":{"security":[{"code":"N"}]}}`: 0,
		`{` + said + `,"meta":{"security":[{"code":"R"}]}`:  0,
	} {
		var b record.Block
		d := New(Options{Person: Person{Verification: []string{NoStatus}}})
		d.People([]byte(text), &b, 1)
		if len(b.Persons) != want || want > 0 && (!b.Persons[0].Confidential || b.Persons[0].Number.Zero()) {
			t.Errorf("%s: %+v", text, b.Persons)
		}
		b.Reset()
		d.Decode([]byte(text), &b, 1)
		if len(b.Persons) != 0 || len(b.Rejects) != 1 {
			t.Errorf("%s: %d persons, %d rejects", text, len(b.Persons), len(b.Rejects))
		}
	}
}

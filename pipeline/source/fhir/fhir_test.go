package fhir

import (
	"bytes"
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

const somebody = `{"resourceType":"Patient","id":"p1","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990001006"},{"system":"https://example.org/mrn","value":"M 1"}]}`

// In a file in which no patients were looked for, a Patient is a Reject.
func TestDecodeOthers(t *testing.T) {
	var b record.Block
	d := New(Options{})
	d.DecodeOthers([]byte(somebody), &b, 3)
	d.DecodeOthers([]byte(`{"resourceType":"Bundle","entry":[{"resource":`+somebody+`},{"resource":{"resourceType":"Device"}}]}`), &b, 4)
	if len(b.Persons) != 0 || len(b.Rejects) != 2 || b.Read != 3 || b.Unused["device"] != 1 {
		t.Errorf("%+v", b)
	}
	if r := b.Rejects[0]; r.Line != 3 || r.Field != "resourceType" || r.Reason == "" {
		t.Errorf("%+v", r)
	}
}

// In the pass for persons nothing else is decoded but which of them are no
// more, and nothing is counted.
func TestPeople(t *testing.T) {
	var b record.Block
	d := New(Options{})
	for _, line := range append(linesOf(t, "r4.ndjson"), []byte(`{"resourceType":"Patient","id":5}`), []byte(`{`), []byte(`{}`)) {
		d.People(line, &b, 1)
	}
	if len(b.Persons) != 5 || b.Read != 0 || len(b.Rejects)+len(b.Problems)+len(b.Observations) != 0 || len(b.Unused) != 0 {
		t.Errorf("%d persons, %+v", len(b.Persons), b)
	}
	if len(b.Deletions) != 1 || b.Deletions[0].ID != (record.Ref{Kind: record.Patient, ID: "p9"}) || b.Deletions[0].Version == term.Unknown {
		t.Errorf("deletions %+v", b.Deletions)
	}
}

func TestLocalPerson(t *testing.T) {
	var b record.Block
	d := New(Options{Person: Person{System: "https://example.org/mrn", Local: true}})
	d.Decode([]byte(somebody), &b, 1)
	want, _ := identity.Local([]byte("M 1"))
	if len(b.Persons) != 1 || b.Persons[0].Number != want || b.Persons[0].Fault != record.NoFault {
		t.Errorf("%+v", b.Persons)
	}
}

// TestNoStatus is that a number without a status is refused unless that is said
// to be accepted.
func TestNoStatus(t *testing.T) {
	line := []byte(`{"resourceType":"Patient","id":"p4","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990002487"}]}`)
	for _, c := range []struct {
		accepted []string
		fault    record.Fault
	}{{nil, record.Unverified}, {[]string{"01"}, record.Unverified}, {[]string{"01", NoStatus}, record.NoFault}} {
		var b record.Block
		New(Options{Person: Person{Verification: c.accepted}}).Decode(line, &b, 1)
		if p := b.Persons[0]; p.Fault != c.fault || p.Number.Zero() != (c.fault != record.NoFault) {
			t.Errorf("%v: fault %d", c.accepted, p.Fault)
		}
	}
}

func TestAcceptedVerification(t *testing.T) {
	line := []byte(`{"resourceType":"Patient","id":"p4","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990002487","extension":[{"url":"x/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"code":"02"}]}}]}]}`)
	for _, c := range []struct {
		accepted []string
		fault    record.Fault
	}{{nil, record.Unverified}, {[]string{"01"}, record.Unverified}, {[]string{"01", "02"}, record.NoFault}} {
		var b record.Block
		New(Options{Person: Person{Verification: c.accepted}}).Decode(line, &b, 1)
		if p := b.Persons[0]; p.Fault != c.fault || p.Number.Zero() != (c.fault != record.NoFault) || p.Verification != "02" {
			t.Errorf("%v: fault %d", c.accepted, p.Fault)
		}
	}
}

// What was decoded stays as it is until Reset, escapes and all.
func TestRowsStay(t *testing.T) {
	var b record.Block
	d := New(Options{})
	for i := range 3000 {
		line := []byte(`{"resourceType":"Observation","id":"\u0041` + string(rune('a'+i%26)) + `","code":{"coding":[{"system":"http://loinc.org","code":"8480\u002d6"}]},"subject":{"reference":"Patient\/p1"},"basedOn":{"reference":"ServiceRequest\/s"}}`)
		d.Decode(line, &b, int64(i))
	}
	for i := range b.Observations {
		o := &b.Observations[i]
		if o.ID.ID != "A"+string(rune('a'+i%26)) || o.Row.Code != "8480-6" || o.Codings[0].Code != "8480-6" || o.Subject.ID != "p1" || o.Links[0].ID != "s" {
			t.Fatalf("record %d became %+v", i, o)
		}
	}
	if len(b.Observations) != 3000 {
		t.Errorf("%d records", len(b.Observations))
	}
}

func TestTypes(t *testing.T) {
	for name, word := range typeWords {
		if len(word) > 32 || !IsType(name) {
			t.Errorf("%s: %s", name, word)
		}
	}
	if IsType("log") || wordOf([]byte("Zqx")) != "other" || wordOf([]byte("DiagnosticReport")) != "diagnostic-report" {
		t.Error("types")
	}
	for text, want := range map[string]string{`{"id":"x","resourceType":"Patient"}`: "Patient", `[]`: "", `{"a":`: "", `{"resourceType":null}`: ""} {
		if got := TypeOf([]byte(text)); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestLookup(t *testing.T) {
	l, _ := lookups(t)
	for _, line := range []string{`{"resourceType":"Medication","id":5}`, `{"resourceType":"Medication"`, `{"resourceType":"Patient","id":"x"}`, `7`} {
		l.Add([]byte(line))
	}
	text := bytes.ReplaceAll(linesOf(t, "lookup.ndjson")[0], []byte("med1"), []byte("med9"))
	l.Add(text)
	clear(text) // it is not needed afterwards
	m := l.medicine([]byte("med9"))
	if m.best.code != "322236009" || len(m.codings) != 3 || len(l.lists) != 2 {
		t.Errorf("%+v, %d lists", m, len(l.lists))
	}
	if len(l.medicine([]byte("x")).codings) != 0 || l.organisation([]byte("org1")) != "M82002" || l.organisation(nil) != "" {
		t.Error("look-up")
	}
	var none *Lookup
	if none.organisation([]byte("org1")) != "" || none.medicine([]byte("med1")).best.code != "" {
		t.Error("no look-up")
	}
}

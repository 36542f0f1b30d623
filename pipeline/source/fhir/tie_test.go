package fhir

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
)

// TestTies goes through the table of what members refer to: each is known to the
// oracle, with the same bond, is found where it stands in a resource of any type,
// by a reference that says its type and by one that does not, and among others.
func TestTies(t *testing.T) {
	if n := len(slices.Collect(maps.Keys(tied.inner))); n < 40 {
		t.Fatalf("%d members", n)
	}
	known := 0
	for _, kinds := range bound {
		for _, paths := range kinds {
			known += len(strings.Fields(paths))
		}
	}
	if known != len(ties) {
		t.Errorf("%d ties, the oracle knows %d", len(ties), known)
	}
	for _, tie := range ties {
		kind, bond, found, _ := bondOf(tie.path)
		if !found || bond != tie.bond {
			t.Errorf("%s: bond %d, the oracle says %d, %t", tie.path, tie.bond, bond, found)
		}
		want := []record.Link{{Ref: record.Ref{Kind: record.Immunization, ID: "a"}, Bond: bond}, {Ref: record.Ref{Kind: record.Wrapper, ID: "DiagnosticReport/b"}, Bond: bond}}
		typed := `{"reference":"Immunization/a"},{"reference":"https://x.nhs.uk/DiagnosticReport/b/_history/1"}`
		linked(t, tie.path, typed, want)
		if untyped := recordKinds[kind]; untyped != record.None {
			linked(t, tie.path, `{"reference":"urn:uuid:c"}`, []record.Link{{Ref: record.Ref{Kind: untyped, ID: "c"}, Bond: bond}})
		}
		linked(t, tie.path, `{"reference":"Patient/p"},{"reference":"Organization/o"},{"reference":"#inside"},{"display":"nothing"}`, nil)
	}
}

// linked holds that references at a path make links, first of all.
func linked(t *testing.T, path, references string, want []record.Link) {
	t.Helper()
	text := `[` + references + `]`
	steps := strings.Split(path, ".")
	for i := len(steps) - 1; i >= 0; i-- {
		if text = fmt.Sprintf(`{"text":"x","%s":%s}`, steps[i], text); i > 0 {
			text = `[` + text + `]`
		}
	}
	types := []string{"Procedure", "Claim"}
	if steps[0] == "context" { // elsewhere it is a reference
		types = []string{"DocumentReference"}
	}
	for _, typ := range types {
		var b record.Block
		d := New(Options{})
		d.Decode([]byte(`{"resourceType":"`+typ+`","id":"r",`+text[1:len(text)-1]+`,"encounter":{"reference":"Encounter/e"}}`), &b, 1)
		var got []record.Link
		b.Heads(func(h *record.Head, _ record.Ref) { got = h.Links })
		if len(b.Rejects) != 0 || len(got) < len(want) || !slices.Equal(got[:len(want)], want) || want == nil && got != nil {
			t.Errorf("%s, %s: %v, want %v, rejects %v", typ, path, got, want, b.Rejects)
		}
	}
}

// TestPlans holds that a record is one of many of a plan or a repeat prescription.
func TestPlans(t *testing.T) {
	for to, want := range map[string]record.Bond{"MedicationRequest": record.Mention, "CarePlan": record.Mention, "ServiceRequest": record.Part} {
		var b record.Block
		New(Options{}).Decode([]byte(`{"resourceType":"MedicationRequest","id":"r","basedOn":[{"reference":"`+to+`/1"}]}`), &b, 1)
		if l := b.Medications[0].Links; len(l) != 1 || l[0].Bond != want {
			t.Errorf("%s: %v", to, l)
		}
	}
}

// TestWrappers holds of records that no dataset takes that they are counted as
// before, and that what they say of others can be heard.
func TestWrappers(t *testing.T) {
	const said = `"id":"1","subject":{"reference":"Patient/p"}`
	for name, tc := range map[string]struct {
		text string
		want string
	}{
		"a report":                 {`{"resourceType":"DiagnosticReport",` + said + `,"encounter":{"reference":"Encounter/e"},"result":[{"reference":"Observation/o"}]}`, "DiagnosticReport/1 e o:1"},
		"a code":                   {`{"resourceType":"Goal",` + said + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"165816005"}]}}`, "Goal/1  165816005"},
		"a label":                  {`{"resourceType":"Goal",` + said + `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}}`, "Goal/1  R"},
		"a document":               {`{"resourceType":"DocumentReference",` + said + `,"context":{"encounter":[{"reference":"Encounter/e"}],"related":[{"reference":"Claim/c"}]}}`, "DocumentReference/1  e:1 Claim/c:0"},
		"a list":                   {`{"resourceType":"List",` + said + `,"entry":[{"item":{"reference":"Condition/c"}}]}`, "List/1  c:0"},
		"of a consultation":        {`{"resourceType":"List",` + said + `,"entry":[{"item":{"reference":"Condition/c"}}],"encounter":{"reference":"Encounter/e"}}`, "List/1 e c:1"},
		"of an episode":            {`{"resourceType":"Goal",` + said + `,"context":{"reference":"EpisodeOfCare/e"}}`, "Goal/1  EpisodeOfCare/e:2"},
		"a wrong value":            {`{"resourceType":"Goal",` + said + `,"addresses":["x",{"reference":"Condition/c"}]}`, "Goal/1  c:0"},
		"nothing of effect":        {`{"resourceType":"Goal",` + said + `}`, ""},
		"without a name":           {`{"resourceType":"Goal","addresses":[{"reference":"Condition/c"}]}`, "  c:0"},
		"of no person":             {`{"resourceType":"Organization","id":"1","partOf":{"reference":"Organization/2"}}`, ""},
		"of a type that is not in": {`{"resourceType":"Unheard","id":"1","basedOn":{"reference":"CarePlan/2"}}`, ""},
	} {
		var b record.Block
		d := New(Options{})
		d.Decode([]byte(tc.text), &b, 1)
		d.Decode([]byte(tc.text), &b, 2) // what is remembered is the same
		if len(b.Rejects) != 0 || b.Read != 2 || len(b.Unused) != 1 || len(b.Wrappers) != 2 && tc.want != "" {
			t.Fatalf("%s: rejects %v, read %d, unused %v, %d wrappers", name, b.Rejects, b.Read, b.Unused, len(b.Wrappers))
		}
		for _, o := range b.Wrappers {
			got := o.ID.ID + " " + o.Encounter.ID
			for _, c := range o.Codings {
				got += " " + string(c.Code)
			}
			if o.Restricted {
				got += " R"
			}
			for _, l := range o.Links {
				got += fmt.Sprint(" ", l.ID, ":", l.Bond)
			}
			if got != tc.want {
				t.Errorf("%s: %q, want %q", name, got, tc.want)
			}
		}
	}
	var b record.Block
	New(Options{}).Decode([]byte(`{"resourceType":"Goal",`+said+`,"code":{"coding":[{"code":"1"}]}`), &b, 1)
	if len(b.Rejects) != 1 || len(b.Wrappers) != 0 || len(b.Unused) != 0 {
		t.Errorf("of a text that is no JSON there are %d rejects, %d wrappers", len(b.Rejects), len(b.Wrappers))
	}
}

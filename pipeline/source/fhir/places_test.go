package fhir

import (
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// comparePlaces takes the organisations and sites out of the codings of a block
// and holds those of its record to what a walk over all of its text finds: all
// of that, or nothing else. They stand in no order that means anything.
func comparePlaces(t testing.TB, b *record.Block, text []byte, lookup map[string]node, all bool) {
	t.Helper()
	kept := len(b.Rejects)+len(b.Deletions) == 0
	b.Heads(func(h *record.Head, _ record.Ref) {
		var codings, places []record.Coding
		for _, c := range h.Codings {
			if c.System == term.Place {
				places = append(places, c)
			} else {
				codings = append(codings, c)
			}
		}
		h.Codings = codings
		if !kept || h.Part > 0 {
			return
		}
		n, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, c := range places {
			got = append(got, string(c.Code))
		}
		walk(n, lookup, &want)
		slices.Sort(got)
		slices.Sort(want)
		if got, want := slices.Compact(got), slices.Compact(want); all && !slices.Equal(got, want) ||
			slices.ContainsFunc(got, func(c string) bool { return !slices.Contains(want, c) }) {
			t.Fatalf("%s\nplaces %v\nwant   %v", text, got, want)
		}
	})
}

// walk adds every place that an object within n names, by an identifier or by a
// reference.
func walk(n node, lookup map[string]node, out *[]string) {
	last := func(name string) (s string) {
		for _, m := range n.members {
			if m.key == name && m.value.kind == '"' {
				s = m.value.text
			}
		}
		return s
	}
	add := func(system, value string) {
		if _, ok := term.CodeOf([]byte(value)); ok && strings.HasPrefix(system, "https://fhir.nhs.uk/Id/ods-") &&
			(strings.HasSuffix(system, "ods-organization-code") || strings.HasSuffix(system, "ods-site-code")) {
			*out = append(*out, value)
		}
	}
	add(last("system"), last("value"))
	var p pointer
	if p.read(last("reference")); p.typ == "Organization" {
		add(p.system, p.value)
		o := oracle{lookup: lookup}
		if code := o.ods(pointer{typ: p.typ, id: p.id}); code != "" {
			*out = append(*out, string(code))
		}
	}
	for _, e := range n.elems {
		walk(e, lookup, out)
	}
	for _, m := range n.members {
		walk(m.value, lookup, out)
	}
}

// TestPlacesOfFeeds finds every place in what feeds hold. (A text that was
// spoilt may have one where nobody looks for it.)
func TestPlacesOfFeeds(t *testing.T) {
	l, plain := lookups(t)
	d := New(options(l))
	for _, line := range linesOf(t, "r4.ndjson", "stu3.ndjson") {
		if n, err := parse(line); err != nil || n.is("Bundle") {
			continue
		}
		var b record.Block
		d.Reset()
		d.Decode(line, &b, 1)
		comparePlaces(t, &b, line, plain, true)
	}
}

// TestPlaces is that a place is judged wherever a record names it.
func TestPlaces(t *testing.T) {
	l, plain := lookups(t)
	d := New(options(l))
	site := `"identifier":{"system":"https://fhir.nhs.uk/Id/ods-site-code","value":"RXWAS"}`
	for _, text := range []string{
		`{"resourceType":"Encounter","id":"a","status":"finished","location":[{"location":{` + site + `}}],"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"Encounter","id":"a","status":"finished","serviceProvider":{` + site + `},"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"ServiceRequest","id":"a","performer":[{"reference":"Practitioner/1"},{` + site + `}],"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"Observation","id":"a","extension":[{"url":"x","valueIdentifier":{"system":"https://fhir.nhs.uk/Id/ods-site-code","value":"RXWAS"}}],"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"Condition","id":"a","contained":[{"resourceType":"Location","id":"l","identifier":[{"system":"https://fhir.nhs.uk/Id/ods-site-code","value":"RXWAS"}]}],"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"Appointment","id":"a","participant":[{"actor":{"reference":"Patient/p1"}},{"actor":{` + site + `}}]}`,
		`{"resourceType":"Procedure","id":"a","performer":[{"onBehalfOf":{` + site + `}}],"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"Procedure","id":"a","partOf":[{"reference":"Organization/org1"}],"subject":{"reference":"Patient/p1"}}`,
	} {
		for range 3 { // the second time much of it is remembered
			compare(t, d, []byte(text), plain)
		}
		var b record.Block
		d.Reset()
		d.Decode([]byte(text), &b, 1)
		found := 0
		b.Heads(func(h *record.Head, _ record.Ref) {
			for _, c := range h.Codings {
				if c.System == term.Place && (c.Code == "RXWAS" || c.Code == "M82002") {
					found++
				}
			}
		})
		if found == 0 {
			t.Errorf("%s: no place", text)
		}
	}
}

// TestLabelsAndTags is that a label is judged as such whatever its system, and a
// tag of the record as any other code.
func TestLabelsAndTags(t *testing.T) {
	l, plain := lookups(t)
	d := New(options(l))
	text := `{"resourceType":"Observation","id":"a","meta":{"lastUpdated":"2024-01-01T00:00:00Z","source":"https://fhir.nhs.uk/Id/ods-organization-code|M82002",` +
		`"tag":[{"system":"http://snomed.info/sct","code":"86406008"}],` +
		`"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"},{"system":"https://example.nhs.uk/labels","code":"GUM1"}]},"subject":{"reference":"Patient/p1"}}`
	for range 3 {
		compare(t, d, []byte(text), plain)
		var b record.Block
		d.Reset()
		d.Decode([]byte(text), &b, 1)
		for _, want := range []record.Coding{{System: term.SNOMED, Code: "86406008"}, {System: term.Label, Code: "HIV"}, {System: term.Label, Code: "GUM1"}} {
			if got := b.Observations[0].Codings; !slices.Contains(got, want) {
				t.Errorf("%v is not among %v", want, got)
			}
		}
	}
}

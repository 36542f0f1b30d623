package fhir

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// mutant makes texts of the hand-written resources in which values have been
// exchanged, repeated, left out or replaced, so that the texts stay JSON and
// the faults reach the decoders.
type mutant struct {
	trees, spares []node
}

func newMutant(t testing.TB) *mutant {
	m := &mutant{}
	for _, line := range linesOf(t, "r4.ndjson", "stu3.ndjson") {
		n, err := parse(line)
		if err != nil {
			t.Fatal(err)
		}
		m.trees = append(m.trees, n)
		m.spares = append(m.spares, leaves(n)...)
	}
	for _, text := range odd {
		n, err := parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		m.spares = append(m.spares, n)
	}
	return m
}

func (m *mutant) text(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	n := m.trees[r.IntN(len(m.trees))]
	for range 1 + r.IntN(3) {
		n = m.mutate(r, n)
	}
	var text bytes.Buffer
	print(&text, n)
	return text.Bytes()
}

func TestMutated(t *testing.T) {
	l, plain := lookups(t)
	m, d := newMutant(t), New(options(l))
	for seed := range uint64(10_000) {
		compare(t, d, m.text(seed), plain)
	}
}

func FuzzMutated(f *testing.F) {
	l, plain := lookups(f)
	m, d := newMutant(f), New(options(l))
	f.Add(uint64(1) << 40)
	f.Fuzz(func(t *testing.T, seed uint64) { compare(t, d, m.text(seed), plain) })
}

var odd = []string{`null`, `true`, `false`, `[]`, `{}`, `""`, `0`, `-1.5`, `9990001006`, `1e999`, `123456789012345678901234567890`, `[null]`, `[{}]`,
	`[[{}]]`, `"2021-02-29"`, `"2024-02-29"`, `"1996-10-27T00:59:59Z"`, `"1995-10-22T01:00:00Z"`, `"1970-01-01T00:00:00Z"`, `"1969-12-31"`,
	`"1970-01-01T01:00:00+01:00"`, `"2016-12-31T23:59:60Z"`, `"2024-06-01T10:00"`, `"2024-06-01T24:00:00Z"`, `"0001-01-01"`, `"2024-13"`,
	`"2024-06-01T10:00:00.1234567+14:59"`, `"2024-06-01T10:00:00-05:00"`, `"entered-in-error"`, `"R"`, `"Patient/"`, `"/x"`, `"#in"`, `"#Pat1"`, `"urn:uuid:"`,
	`"Encounter/1/_history/2"`, `"_history/2"`, `"Patient?identifier=a|b"`, `"9990001006"`, `"999-000-1006"`, `"9990001007"`, `"0123456789"`,
	`"\u0000\ud800 \u00e9"`, `{"coding":[{"system":"http://snomed.info/sct","code":"999000011000000103"}]}`, `{"coding":{"code":"x"}}`,
	`{"coding":[{"code":5}]}`, `{"coding":[null,{"code":null,"system":null,"userSelected":true}]}`, `{"reference":"Patient/p1"}`,
	`{"reference":"#Pat1","type":"Patient"}`, `{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990001006"}}`,
	`{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RJE"}}`, `{"start":"2020","end":null}`,
	`[{"url":"x/Extension-UKCore-DateRecorded","valueDateTime":"2020-01-01"}]`, `{"value":null,"code":"kg"}`, `"active"`, `"not-done"`, `"1"`}

func leaves(n node) (out []node) {
	for _, e := range n.elems {
		out = append(append(out, e), leaves(e)...)
	}
	for _, m := range n.members {
		out = append(append(out, m.value), leaves(m.value)...)
	}
	return out
}

// mutate changes one thing somewhere below n.
func (m *mutant) mutate(r *rand.Rand, n node) node {
	spare := func() node { return m.spares[r.IntN(len(m.spares))] }
	switch {
	case len(n.elems) > 0 && r.IntN(5) > 0:
		n.elems = append([]node{}, n.elems...)
		i := r.IntN(len(n.elems))
		n.elems[i] = m.mutate(r, n.elems[i])
	case len(n.members) > 0 && r.IntN(6) > 0:
		n.members = append([]member{}, n.members...)
		i := r.IntN(len(n.members))
		n.members[i].value = m.mutate(r, n.members[i].value)
	case len(n.members) > 0:
		n.members = append([]member{}, n.members...)
		i, j := r.IntN(len(n.members)), r.IntN(len(n.members))
		switch r.IntN(5) {
		case 0:
			n.members = append(n.members[:i], n.members[i+1:]...)
		case 1:
			n.members = append(n.members, member{n.members[i].key, n.members[j].value})
		case 2:
			n.members[i], n.members[j] = n.members[j], n.members[i]
		case 3:
			n.members = append(n.members, member{wanted[r.IntN(len(wanted))], spare()})
		default:
			n.members[i].key = wanted[r.IntN(len(wanted))]
		}
	case n.kind == '[' && r.IntN(3) > 0:
		n.elems = append(append([]node{}, n.elems...), spare())
	case r.IntN(4) == 0:
		return node{kind: '[', elems: []node{n, spare()}}
	default:
		return spare()
	}
	return n
}

// wanted is the names that any decoder looks for.
var wanted = []string{"resourceType", "id", "meta", "lastUpdated", "source", "security", "subject", "patient", "encounter", "context",
	"extension", "modifierExtension", "contained", "identifier", "status", "category", "code", "coding", "system", "userSelected",
	"valueCoding", "valueCodeableConcept", "valueQuantity", "valueInteger", "valueBoolean", "valueReference", "valueDateTime", "valuePeriod",
	"value", "unit", "comparator", "url", "reference", "type", "class", "serviceType", "period", "start", "end", "hospitalization",
	"dischargeDisposition", "serviceProvider", "diagnosis", "condition", "reasonReference", "basedOn", "addresses", "appointment", "related",
	"target", "evidence", "detail", "component", "issued", "effectiveDateTime", "effectivePeriod", "performer", "actor", "onBehalfOf",
	"participant", "medicationReference", "medicationCodeableConcept", "dispenseRequest", "validityPeriod", "quantity", "requester",
	"authoredOn", "taken", "doNotPerform", "notGiven", "notDone", "protocolApplied", "doseNumberPositiveInt", "recorded", "created",
	"clinicalStatus", "verificationStatus", "onsetDateTime", "onsetPeriod", "abatementPeriod", "recordedDate", "gender", "birthDate",
	"deceasedBoolean", "deceasedDateTime", "address", "postalCode", "use", "generalPractitioner", "managingOrganization", "reasonCode",
	"serviceRequested", "recipient", "priority", "occurrencePeriod", "vaccineCode", "whenPrepared", "whenHandedOver", "dateAsserted", "unheard"}

// print writes a tree as JSON.
func print(b *bytes.Buffer, n node) {
	quote := func(s string) {
		text, _ := json.Marshal(s)
		b.Write(text)
	}
	switch n.kind {
	case '{':
		b.WriteByte('{')
		for i, m := range n.members {
			if i > 0 {
				b.WriteByte(',')
			}
			quote(m.key)
			b.WriteByte(':')
			print(b, m.value)
		}
		b.WriteByte('}')
	case '[':
		b.WriteByte('[')
		for i, e := range n.elems {
			if i > 0 {
				b.WriteByte(',')
			}
			print(b, e)
		}
		b.WriteByte(']')
	case '"':
		quote(n.text)
	case '0':
		b.WriteString(string(n.number))
	case 't':
		json.NewEncoder(b).Encode(n.truth)
	default:
		b.WriteString("null")
	}
}

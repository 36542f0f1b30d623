package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
)

// pull is what it means that a record refers to another: in any case it goes with
// that; and that goes with it always (both), where it is sensitive by itself
// (takes), or never (under).
type pull int

const (
	takes pull = iota
	both
	under
)

// tie is how the records of a type refer to those of another.
type tie struct {
	typ, path, to string
	way           pull
}

// says is how the records of a closure refer to one another.
var says = []tie{
	{"Encounter", "partOf", "Encounter", both}, {"Encounter", "appointment", "Appointment", both},
	{"Encounter", "basedOn", "ServiceRequest", both}, {"Encounter", "diagnosis.condition", "Condition", takes},
	{"Encounter", "reasonReference", "Condition", takes}, {"Encounter", "episodeOfCare", "EpisodeOfCare", under},
	{"Condition", "encounter", "Encounter", both}, {"Condition", "evidence.detail", "Observation", takes},
	{"Observation", "encounter", "Encounter", both}, {"Observation", "hasMember", "Observation", both},
	{"Observation", "derivedFrom", "Observation", both}, {"Observation", "basedOn", "ServiceRequest", both},
	{"Observation", "partOf", "Procedure", both}, {"Observation", "specimen", "Specimen", takes},
	{"MedicationRequest", "encounter", "Encounter", both}, {"MedicationRequest", "reasonReference", "Condition", takes},
	{"MedicationRequest", "priorPrescription", "MedicationRequest", takes}, {"MedicationRequest", "basedOn", "CarePlan", takes},
	{"MedicationDispense", "authorizingPrescription", "MedicationRequest", both}, {"MedicationDispense", "context", "Encounter", both},
	{"Procedure", "encounter", "Encounter", both}, {"Procedure", "report", "DiagnosticReport", both},
	{"Procedure", "complicationDetail", "Condition", takes}, {"Procedure", "basedOn", "ServiceRequest", both},
	{"ServiceRequest", "encounter", "Encounter", both}, {"ServiceRequest", "supportingInfo", "Observation", takes},
	{"ServiceRequest", "replaces", "ServiceRequest", takes}, {"ServiceRequest", "reasonReference", "Condition", takes},
	{"Appointment", "basedOn", "ServiceRequest", both}, {"Appointment", "reasonReference", "Condition", takes},
	{"CarePlan", "encounter", "Encounter", both}, {"CarePlan", "addresses", "Condition", takes},
	{"CarePlan", "activity.reference", "Appointment", both}, {"CarePlan", "goal", "Goal", both},
	{"Immunization", "encounter", "Encounter", both}, {"Immunization", "reaction.detail", "Observation", both},
	{"AllergyIntolerance", "encounter", "Encounter", both},
	{"DiagnosticReport", "encounter", "Encounter", both}, {"DiagnosticReport", "result", "Observation", both},
	{"DocumentReference", "context.encounter", "Encounter", both}, {"DocumentReference", "context.related", "Procedure", takes},
	{"Composition", "section.entry", "Immunization", takes}, {"Composition", "encounter", "Encounter", both},
	{"Claim", "item.encounter", "Encounter", both}, {"Claim", "prescription", "MedicationRequest", both},
	{"List", "entry.item", "AllergyIntolerance", takes}, // without an encounter
	{"EpisodeOfCare", "diagnosis.condition", "Condition", takes}, {"Goal", "addresses", "Condition", takes},
	{"Specimen", "request", "ServiceRequest", both},
}

// happens is the member that says when a record happened, and dates the dataset
// and the column that has it.
var (
	happens = map[string]string{
		"Encounter": "period.start", "Condition": "onsetDateTime", "Observation": "effectiveDateTime", "MedicationRequest": "authoredOn",
		"MedicationDispense": "whenHandedOver", "Procedure": "performedDateTime", "ServiceRequest": "authoredOn", "Appointment": "start",
		"CarePlan": "period.start", "Immunization": "occurrenceDateTime", "AllergyIntolerance": "onsetDateTime",
	}
	dates = map[string]string{
		"encounter": "start_at", "problem": "onset", "observation": "at", "medication": "at", "procedure": "at", "referral": "at",
		"appointment": "start_at", "care_plan": "start_at", "immunisation": "at", "allergy": "onset",
	}
)

// paper is one version of a record, or that it was deleted at that version.
type paper struct {
	name      string // type, "/", id
	person    int
	version   int // none has that of another; and when it happened, in minutes
	sensitive bool
	foreign   bool // of an organisation without an agreement
	broken    bool // it cannot be read
	deleted   bool
	named     bool // it has an identifier, and names others by theirs
	refers    []reference
}

type reference struct {
	by int // place among says
	to string
}

func (p *paper) typ() string { return p.name[:strings.IndexByte(p.name, '/')] }

// begin is when the first thing happened.
var begin0 = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return begin0.Add(time.Duration(n) * time.Minute) }

// resource is the paper as it is written.
func (p *paper) resource() resource {
	written := resource{"lastUpdated": minute(p.version).Format(time.RFC3339)}
	if p.deleted {
		return resource{"resourceType": "Bundle", "type": "transaction", "meta": written,
			"entry": []resource{{"request": resource{"method": "DELETE", "url": p.name}}}}
	}
	if p.foreign {
		written["source"] = "https://fhir.nhs.uk/Id/ods-organization-code|R99"
	}
	r := resource{"resourceType": p.typ(), "id": p.name[len(p.typ())+1:], "meta": written}
	about, who := "subject", resource{"reference": fmt.Sprint("Patient/p", p.person)}
	switch p.typ() {
	case "Appointment":
		r["participant"] = []resource{{"actor": who}}
	case "Immunization", "AllergyIntolerance", "Claim", "EpisodeOfCare":
		about = "patient"
		fallthrough
	default:
		r[about] = who
	}
	if path := happens[p.typ()]; path != "" {
		put(r, path, minute(p.version).Format("2006-01-02T15:04:05"))
	}
	if p.sensitive {
		r["reasonCode"] = []resource{coding("http://hl7.org/fhir/sid/icd-10", "B24")}
	}
	for _, ref := range p.refers {
		put(r, says[ref.by].path, p.pointer(ref.to))
	}
	if p.named {
		r["identifier"] = []resource{ticket(p.name)}
	}
	if p.broken {
		r["encounter"], r["meta"] = r["encounter"], resource{"lastUpdated": "2024-02-30T00:00:00Z"}
	}
	return r
}

// ticket is the identifier of a record, by which others refer to it.
func ticket(name string) resource { return resource{"system": "urn:ticket", "value": "T-" + name} }

// pointer is a reference to a record: where all have identifiers, in one of the
// forms that sources use, the same for all that refer to that record.
func (p *paper) pointer(to string) resource {
	at := strings.IndexByte(to, '/')
	switch (len(to) + int(to[len(to)-1])) % 5 {
	default:
		return resource{"reference": to}
	case 0:
		return resource{"reference": "https://elsewhere.example/fhir/" + to + "/_history/2"}
	case 1:
		return resource{"reference": " " + strings.ToLower(to[:at]) + to[at:]}
	case 2:
		if p.named {
			return resource{"identifier": ticket(to)}
		}
		return resource{"reference": to}
	}
}

// put puts a value at a path; the steps on the way are lists, but for periods and
// contexts.
func put(r resource, path string, v any) {
	step, rest, more := strings.Cut(path, ".")
	switch {
	case !more:
		r[step] = v
	case step == "period" || step == "context":
		if r[step] == nil {
			r[step] = resource{}
		}
		put(r[step].(resource), rest, v)
	default:
		inner := resource{}
		put(inner, rest, v)
		all, _ := r[step].([]resource)
		r[step] = append(all, inner)
	}
}

// There are so many persons in a closure, of whom a night touches few, and of each
// type so many records.
const (
	closurePersons = 30
	names          = 6
)

// closureNumber is a person's number, as it is written too: in the range for tests, and
// valid.
func closureNumber(t testing.TB, person int) (identity.Number, string) {
	for n := range 200 { // of ten numbers, some have no check digit
		text := fmt.Sprintf("999000%04d", 200*person+n)
		if number, err := identity.Parse([]byte(text)); err == nil {
			return number, text
		}
	}
	t.Fatalf("person %d has no number", person)
	return identity.Number{}, ""
}

// draw draws what a night brings: new records, other versions of old ones, and
// deletions, over few names, so that most references lead somewhere.
func (w *closure) draw(t *rapid.T, n int) (out []*paper) {
	var types []string
	for i := range says {
		if i == 0 || says[i].typ != says[i-1].typ {
			types = append(types, says[i].typ)
		}
	}
	for range rapid.IntRange(n/2, n).Draw(t, "papers") {
		p := &paper{named: w.named, name: fmt.Sprintf("%s/x%d", rapid.SampledFrom(types).Draw(t, "type"), rapid.IntRange(0, names-1).Draw(t, "id"))}
		p.person = (7*len(p.name) + int(p.name[0]) + 5*int(p.name[len(p.name)-1])) % closurePersons // its own
		for p.version = rapid.IntRange(1, 100_000).Draw(t, "version"); w.versions[p.version]; {
			p.version++
		}
		w.versions[p.version] = true
		switch rapid.IntRange(0, 40).Draw(t, "what") { // small numbers are drawn most
		case 21, 22, 23, 24:
			p.sensitive = true
		case 17, 18:
			p.foreign = true
		case 14, 15:
			p.broken = happens[p.typ()] != ""
		case 11, 12, 13:
			p.deleted = true
		case 8, 9:
			p.person = rapid.IntRange(0, closurePersons-1).Draw(t, "person")
		}
		if !p.deleted {
			w.refer(t, p)
		}
		out = append(out, p)
		if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
			out = append(out, p)
		}
	}
	return out
}

// refer draws what a paper refers to.
func (w *closure) refer(t *rapid.T, p *paper) {
	for by := range says {
		if says[by].typ == p.typ() && rapid.IntRange(0, 3).Draw(t, "refers") == 2 {
			p.refers = append(p.refers, reference{by, fmt.Sprintf("%s/x%d", says[by].to, rapid.IntRange(0, names-1).Draw(t, "to"))})
		}
	}
}

// write writes what a night brings, in any order, as files of a delivery, and
// returns how many records that is.
func (w *closure) write(t *rapid.T, dir string, papers []*paper) int {
	files := make(map[string][]resource)
	file := 0
	if len(papers) < 1000 { // of more none are drawn
		papers = rapid.Permutation(papers).Draw(t, "order")
		file = rapid.IntRange(0, 2).Draw(t, "file")
	}
	for i, p := range papers {
		name := fmt.Sprintf("%s.%d.ndjson", p.typ(), 1+(file*i)%3)
		if p.deleted {
			name = "deleted/Bundle.ndjson"
		}
		files[name] = append(files[name], p.resource())
	}
	n := len(papers)
	if w.night == 0 {
		for who := range closurePersons {
			n++
			_, number := closureNumber(w.t, who)
			files["Patient.ndjson"] = append(files["Patient.ndjson"], resource{"resourceType": "Patient", "id": fmt.Sprint("p", who), "birthDate": "1970-01-01",
				"meta":       resource{"lastUpdated": "2023-01-01T00:00:00Z"},
				"identifier": []resource{{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}}})
		}
	}
	for name, all := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if err := json.NewEncoder(f).Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// Package stu3 writes GP Connect Access Record Structured: one STU3
// CareConnect Bundle a person, with an entry a line, as the systems of GP
// practices give it.
package stu3

import (
	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// Writer appends the entries of one Bundle.
type Writer struct {
	Map     *area.Map
	Entries int // how many have been appended

	life    *life.Life
	subject [2]uint64
	flag    bool // the next resource is flagged
	b       []byte
}

// Begin begins a Bundle. updated says when it was made, where it says so.
func (w *Writer) Begin(b []byte, l *life.Life, subject [2]uint64, updated clock.Wall) {
	w.life, w.subject, w.Entries, w.b = l, subject, 0, b
	w.b = append(w.b, `{"resourceType":"Bundle","id":"`...)
	w.b = text.UUID(w.b, subject[1], subject[0])
	w.put(`","meta":{`)
	if updated != 0 {
		w.b = append(updated.AppendLocal(append(w.b, `"lastUpdated":"`...)), `.000Z",`...)
	}
	w.b = append(w.b, `"profile":["https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-StructuredRecord-Bundle-1"]},"type":"collection","entry":[`...)
}

// End ends the Bundle and returns it.
func (w *Writer) End() []byte { return append(w.b, "\n]}\n"...) }

// Takes reports whether a Bundle has entries for an event: GP Connect gives
// what the practice itself recorded, and neither appointments nor plans.
func Takes(e *life.Event) bool {
	_, practice := e.Org.Index()
	switch e.Kind {
	case life.Condition, life.Observation, life.Medication, life.Allergy, life.Immunization, life.Encounter, life.Referral:
		return practice
	}
	return false
}

// entry begins an entry with a resource.
func (w *Writer) entry(typ string, hi, lo uint64, suffix string) {
	if w.Entries++; w.Entries > 1 {
		w.b = append(w.b, ',')
	}
	w.b = append(append(w.b, "\n{\"resource\":{\"resourceType\":\""...), typ...)
	w.b = text.UUID(append(w.b, `","id":"`...), hi, lo)
	w.b = append(append(w.b, suffix...), `","meta":{"profile":["https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-`...)
	w.b = append(append(w.b, typ...), `-1"]`...)
	if w.flag {
		w.put(`,"security":[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"R","display":"restricted"}]`)
		w.flag = false
	}
	w.b = append(w.b, '}')
}

// done ends an entry.
func (w *Writer) done() { w.b = append(w.b, `}}`...) }

func (w *Writer) put(parts ...string) {
	for _, p := range parts {
		w.b = append(w.b, p...)
	}
}

// practice returns an id for the practice's own resources.
func (w *Writer) practice() uint64 { return 0x5EED<<32 + uint64(w.life.Person.Practice) }

// Practice appends the organisation, its place, a practitioner and the role:
// what no dataset takes.
func (w *Writer) Practice() (kinds []string) {
	id, p := w.practice(), &w.Map.Practices[w.life.Person.Practice]
	w.entry("Organization", id, 1, "")
	w.put(`,"identifier":[{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"`, p.Code, `"}],"name":"`, p.Name, `"`)
	w.done()
	w.entry("Location", id, 2, "")
	w.put(`,"status":"active","name":"`, p.Name, `","managingOrganization":`)
	w.b = w.ref(w.b, "Organization", id, 1, "")
	w.done()
	w.entry("Practitioner", id, 3, "")
	w.put(`,"name":[{"use":"official","family":"Doctor`)
	w.b = append(text.Pad(w.b, w.life.Person.Practice, 4), `zwyx","prefix":["Dr"]}],"gender":"unknown"`...)
	w.done()
	w.entry("PractitionerRole", id, 4, "")
	w.put(`,"practitioner":`)
	w.b = w.ref(w.b, "Practitioner", id, 3, "")
	w.done()
	return []string{"organization", "location", "practitioner", "practitioner-role"}
}

// ref appends a Reference.
func (w *Writer) ref(b []byte, typ string, hi, lo uint64, suffix string) []byte {
	b = append(append(append(b, `{"reference":"`...), typ...), '/')
	b = text.UUID(b, hi, lo)
	return append(append(b, suffix...), `"}`...)
}

// Patient appends the Patient.
func (w *Writer) Patient() {
	p := w.life.Person
	w.flag = p.Flagged
	w.entry("Patient", w.subject[0], w.subject[1], "")
	w.put(`,"extension":[{"url":"https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-RegistrationDetails-1","extension":[{"url":"registrationPeriod","valuePeriod":{"start":"`)
	w.b = max(p.Birth, clock.Date(2012, 4, 1)).AppendDate(w.b)
	w.put(`"}}]},{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-EthnicCategory-1","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-EthnicCategory-1","code":"`,
		string(figure.Ethnics[p.Ethnic].Code), `"}]}}],"identifier":[`)
	w.number()
	w.put(`],"name":[{"use":"official","family":"`, p.Family, `","given":["`, p.Given, `"]}],"telecom":[{"system":"phone","value":"`)
	w.b = p.AppendPhone(w.b)
	sex := "male"
	if p.Female {
		sex = "female"
	}
	w.put(`"}],"gender":"`, sex, `","birthDate":"`)
	w.b = append(p.Birth.AppendDate(w.b), '"')
	if p.Died != 0 {
		w.b = append(p.Died.AppendDate(append(w.b, `,"deceasedDateTime":"`...)), '"')
	}
}

// number appends the identifier, unless the person is to have none.
func (w *Writer) number() {
	p := w.life.Person
	if p.Fault == person.NoNumber {
		return
	}
	status, n := "01", p.Number
	switch p.Fault {
	case person.Unverified:
		status = "02"
	case person.BadNumber:
		n = n/10*10 + (n%10+1)%10
	}
	w.put(`{"extension":[{"url":"https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-NHSNumberVerificationStatus-1","valueCodeableConcept":{"coding":[{"system":"https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-NHSNumberVerificationStatus-1","code":"`,
		status, `"}]}}],"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`)
	w.b = append(number.Append(w.b, n), `"}`...)
}

// Home ends the Patient with where they live and are registered.
func (w *Writer) Home(postcode []byte) {
	w.put(`,"address":[{"use":"home","line":["`)
	w.b = w.life.Person.AppendStreet(w.b)
	w.put(`"],"city":"Fictown","postalCode":"`)
	w.b = append(w.b, postcode...)
	w.put(`"}],"generalPractitioner":[`)
	w.b = w.ref(w.b, "Practitioner", w.practice(), 3, "")
	w.put(`],"managingOrganization":`)
	w.b = w.ref(w.b, "Organization", w.practice(), 1, "")
	w.done()
}

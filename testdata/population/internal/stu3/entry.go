package stu3

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/text"
)

// Types are the resource types by life.Kind, where a Bundle takes the kind.
var Types = map[life.Kind]string{
	life.Condition: "Condition", life.Observation: "Observation", life.Medication: "MedicationRequest", life.Allergy: "AllergyIntolerance",
	life.Immunization: "Immunization", life.Encounter: "Encounter", life.Referral: "ReferralRequest",
}

// Event appends an event.
func (w *Writer) Event(i int) {
	e := &w.life.Events[i]
	w.flag = e.Sensitive == life.ByFlag
	w.entry(Types[e.Kind], e.ID.Hi, e.ID.Lo, "")
	w.put(`,"identifier":[{"system":"https://EMISWeb/`, w.Map.Practices[w.life.Person.Practice].Code, `","value":"`)
	w.b = append(text.UUID(w.b, e.ID.Lo, e.ID.Hi), `"}]`...)
	switch e.Kind {
	case life.Condition:
		w.condition(e)
	case life.Observation:
		w.observation(e)
	case life.Medication:
		w.order(e)
	case life.Allergy:
		w.put(`,"clinicalStatus":"active","verificationStatus":"unconfirmed","category":["medication"]`)
		w.code("code", e.What)
		w.patient("patient")
		w.time("onsetDateTime", e.At)
		w.time("assertedDate", e.At)
	case life.Immunization:
		w.immunization(e)
	case life.Encounter:
		w.encounter(e)
	case life.Referral:
		w.referral(e)
	}
	w.done()
}

// code appends a CodeableConcept: what the practice's system calls it, and the
// code.
func (w *Writer) code(field string, c *figure.Concept) {
	w.put(`,"`, field, `":{"coding":[{"system":"https://fhir.hl7.org.uk/Id/egton-codes","code":"EMIS`, c.Code[:3], `","display":"`, c.Term, `","userSelected":true},`)
	system := c.System.URI
	if c.System == figure.DMD {
		system = figure.SNOMED.URI
	}
	w.put(`{"system":"`, system, `","code":"`, c.Code, `","display":"`, c.Term, `"}]}`)
}

func (w *Writer) patient(field string) {
	w.put(`,"`, field, `":`)
	w.b = w.ref(w.b, "Patient", w.subject[0], w.subject[1], "")
}

func (w *Writer) time(field string, at clock.Wall) {
	w.put(`,"`, field, `":"`)
	w.b = append(at.AppendZoned(w.b), '"')
}

func (w *Writer) context(e *life.Event) {
	if e.Encounter != life.None {
		to := &w.life.Events[e.Encounter]
		w.put(`,"context":`)
		w.b = w.ref(w.b, "Encounter", to.ID.Hi, to.ID.Lo, "")
	}
}

// reason appends the reference to a problem, if there is one.
func (w *Writer) reason(e *life.Event) {
	if to := e.Links[0]; to != life.None && w.life.Events[to].Kind == life.Condition {
		t := &w.life.Events[to]
		w.put(`,"reasonReference":[`)
		w.b = append(w.ref(w.b, "Condition", t.ID.Hi, t.ID.Lo, ""), ']')
	}
}

func (w *Writer) condition(e *life.Event) {
	status := e.Status
	w.put(`,"clinicalStatus":"`, status, `","category":[{"coding":[{"system":"https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-ConditionCategory-1","code":"problem-list-item"}]}]`)
	w.code("code", e.What)
	w.patient("subject")
	w.context(e)
	w.time("onsetDateTime", e.At)
	if e.End != 0 {
		w.time("abatementDateTime", e.End)
	}
	w.time("assertedDate", e.At)
}

func (w *Writer) observation(e *life.Event) {
	w.put(`,"status":"final"`)
	w.code("code", e.What)
	w.patient("subject")
	w.context(e)
	w.time("effectiveDateTime", e.At)
	w.time("issued", e.At)
	switch {
	case e.What == figure.Codes.BloodPressure:
		w.put(`,"component":[{"code":{"coding":[{"system":"http://snomed.info/sct","code":"`, figure.Codes.Systolic.Code, `"}]}`)
		w.quantity(e.Value, e.Unit)
		w.put(`},{"code":{"coding":[{"system":"http://snomed.info/sct","code":"`, figure.Codes.Diastolic.Code, `"}]}`)
		w.quantity(e.Second, e.Unit)
		w.put(`}]`)
	case e.Unit != "":
		w.quantity(e.Value, e.Unit)
	}
}

// quantity appends a value whose unit is told as a text only, as GP systems do.
func (w *Writer) quantity(value int32, unit string) {
	w.b = text.Hundredths(append(w.b, `,"valueQuantity":{"value":`...), value)
	w.put(`,"unit":"`, unit, `"}`)
}

// order appends an issue of a prescription.
func (w *Writer) order(e *life.Event) {
	w.put(`,"basedOn":[`)
	w.b = append(w.ref(w.b, "MedicationRequest", w.subject[0], plan(e.What), "-PLAN"), ']')
	w.put(`,"status":"completed","intent":"order","medicationReference":`)
	w.b = w.ref(w.b, "Medication", 0xD4D, plan(e.What), "")
	w.patient("subject")
	w.context(e)
	w.time("authoredOn", e.At)
	w.reason(e)
	w.b = text.Hundredths(append(w.b, `,"dispenseRequest":{"quantity":{"value":`...), e.Value)
	w.put(`,"unit":"tablet"}}`)
}

// plan returns a number that stands for a medicine.
func plan(c *figure.Concept) (n uint64) {
	for _, d := range c.Code {
		n = n*10 + uint64(d-'0')
	}
	return n
}

// Plan appends what goes with the first issue of a medicine: the medicine, the
// plan and the statement that it is taken. It returns the last two's ids.
func (w *Writer) Plan(e *life.Event) (planned, taken []byte) {
	id := plan(e.What)
	w.entry("Medication", 0xD4D, id, "")
	w.code("code", e.What)
	w.done()
	w.entry("MedicationRequest", w.subject[0], id, "-PLAN")
	w.put(`,"status":"active","intent":"plan","medicationReference":`)
	w.b = w.ref(w.b, "Medication", 0xD4D, id, "")
	w.patient("subject")
	w.time("authoredOn", e.At)
	w.done()
	w.entry("MedicationStatement", w.subject[0], id, "-MS")
	w.put(`,"basedOn":[`)
	w.b = append(w.ref(w.b, "MedicationRequest", w.subject[0], id, "-PLAN"), ']')
	w.put(`,"status":"active","medicationReference":`)
	w.b = w.ref(w.b, "Medication", 0xD4D, id, "")
	w.put(`,"effectivePeriod":{"start":"`)
	w.b = append(e.At.AppendZoned(w.b), `"}`...)
	w.time("dateAsserted", e.At)
	w.patient("subject")
	w.put(`,"taken":"unk","dosage":[{"text":"One to be taken each day"}]`)
	w.done()
	planned = append(text.UUID([]byte("MedicationRequest/"), w.subject[0], id), "-PLAN"...)
	taken = append(text.UUID([]byte("MedicationStatement/"), w.subject[0], id), "-MS"...)
	return planned, taken
}

func (w *Writer) immunization(e *life.Event) {
	w.put(`,"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-VaccinationProcedure-1","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"`,
		e.What.Code, `"}]}}],"status":"completed","notGiven":false,"vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/v3/NullFlavor","code":"UNK"}]}`)
	w.patient("patient")
	w.time("date", e.At)
}

func (w *Writer) encounter(e *life.Event) {
	kind := "GP Surgery"
	if e.What == figure.Codes.Telephone {
		kind = "Telephone consultation"
	}
	w.put(`,"status":"finished","type":[{"text":"`, kind, `"}]`)
	w.patient("subject")
	w.put(`,"period":{"start":"`)
	w.b = append(e.At.AppendZoned(w.b), `","end":"`...)
	w.b = append(e.End.AppendZoned(w.b), `"},"serviceProvider":`...)
	w.b = w.ref(w.b, "Organization", w.practice(), 1, "")
}

func (w *Writer) referral(e *life.Event) {
	w.put(`,"status":"active","intent":"order","priority":"routine","serviceRequested":[{"coding":[{"system":"http://snomed.info/sct","code":"`, e.What.Code, `"}]}]`)
	w.patient("subject")
	w.context(e)
	w.time("authoredOn", e.At)
	if e.Reason != nil {
		w.put(`,"reasonCode":[{"coding":[{"system":"`, e.Reason.System.URI, `","code":"`, e.Reason.Code, `"}]}]`)
	}
	w.reason(e)
}

// Stranger appends an observation about somebody else.
func (w *Writer) Stranger(e *life.Event) {
	w.entry("Observation", e.ID.Lo, e.ID.Hi, "")
	w.put(`,"status":"final"`)
	w.code("code", figure.Codes.Pulse)
	w.put(`,"subject":`)
	w.b = w.ref(w.b, "Patient", e.ID.Lo, 1, "")
	w.time("effectiveDateTime", e.At)
	w.done()
}

// Undated appends an observation whose date does not exist.
func (w *Writer) Undated(e *life.Event) {
	w.entry("Observation", e.ID.Lo, ^e.ID.Hi, "")
	w.put(`,"status":"final"`)
	w.code("code", figure.Codes.Pulse)
	w.patient("subject")
	w.put(`,"effectiveDateTime":"2026-02-30T10:00:00+00:00"`)
	w.done()
}

// List appends a list of what was recorded, which no dataset takes.
func (w *Writer) List() {
	w.entry("List", w.subject[1], 7, "")
	p := w.life.Person
	w.put(`,"status":"current","mode":"snapshot","title":"Miscellaneous record of `, p.Given, " ", p.Family, `"`)
	w.patient("subject")
	w.done()
}

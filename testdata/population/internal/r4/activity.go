package r4

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/life"
)

// services says, for each service, the class and the type of its encounters.
var services = [...]struct{ class, kind string }{
	life.GP:            {"AMB", `{"coding":[{"system":"http://snomed.info/sct","code":"1060971000000108","display":"General practice service"}]}`},
	life.AE:            {"EMER", `{"coding":[{"system":"http://snomed.info/sct","code":"1077241000000103","display":"Emergency medicine service"}]}`},
	life.Admission:     {"IMP", ""},
	life.Outpatient:    {"AMB", ""},
	life.CommunityCare: {"HH", ""},
	life.MentalHealth:  {"AMB", ""},
	life.SocialCare:    {"AMB", `{"coding":[{"system":"http://snomed.info/sct","code":"1323681000000103","display":"Adult social care service"}]}`},
}

func (w *Writer) encounter(b []byte, e *life.Event) []byte {
	s := &services[e.Service]
	b = w.marks(b, e)
	b = append(append(w.status(b, e), `,"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"`...), s.class...)
	b = append(b, `"}`...)
	if e.What != nil {
		b = append(append(append(b, `,"type":[`...), e.What.JSON...), ']')
	}
	switch {
	case e.Clinic != nil:
		b = concept(b, "serviceType", e.Clinic)
	case s.kind != "":
		b = append(append(b, `,"serviceType":`...), s.kind...)
	}
	b = w.patient(b, "subject", e)
	b = w.links(b, "appointment", e, life.Appointment)
	b = w.links(b, "basedOn", e, life.Referral)
	b = append(b, `,"period":{`...)
	b = w.bare(b, "start", e.At, e)
	if e.End != 0 {
		b = w.bare(append(b, ','), "end", e.End, e)
	}
	b = append(b, '}')
	if e.Service == life.Admission {
		b = w.stay(b, e)
	}
	return w.organisation(b, "serviceProvider", e.Org, e.ID.Hi>>8)
}

// bare appends a time as the first member of an object.
func (w *Writer) bare(b []byte, field string, at clock.Wall, e *life.Event) []byte {
	from := len(b)
	b = w.time(b, field, at, e)
	return append(b[:from], b[from+1:]...)
}

const extension = `{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-`

// marks appends the extensions of an encounter itself.
func (w *Writer) marks(b []byte, e *life.Event) []byte {
	switch {
	case e.Discharge != "":
		b = append(b, `,"extension":[`+extension+`DischargeMethod","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-DischargeMethodEngland","code":"`...)
		return append(append(b, e.Discharge...), `"}]}}]`...)
	case e.Service == life.Outpatient:
		b = append(b, `,"extension":[`+extension+`OutcomeOfAttendance","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-OutcomeOfAttendanceEngland","code":"`...)
		return append(append(b, e.Attended...), `"}]}}]`...)
	}
	return b
}

// stay appends how a stay in hospital began and ended.
func (w *Writer) stay(b []byte, e *life.Event) []byte {
	b = append(b, `,"hospitalization":{"extension":[`+extension+`AdmissionMethod","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-AdmissionMethodEngland","code":"`...)
	b = append(append(b, e.Method...), `"}]}}],"dischargeDisposition":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-DischargeDestinationEngland","code":"`...)
	return append(append(b, e.Dest...), `"}]}}`...)
}

func (w *Writer) referral(b []byte, e *life.Event) []byte {
	b = append(w.status(b, e), `,"intent":"order","category":[`...)
	b = append(append(b, e.Clinic.JSON...), `],"priority":"routine"`...)
	b = w.within(w.patient(concept(b, "code", e.What), "subject", e), e)
	b = w.time(b, "authoredOn", e.At, e)
	b = w.organisation(b, "requester", e.Org, e.ID.Hi>>8)
	if e.Reason != nil {
		b = append(append(append(b, `,"reasonCode":[`...), e.Reason.JSON...), ']')
	}
	return w.links(b, "reasonReference", e, life.Condition)
}

func (w *Writer) appointment(b []byte, e *life.Event) []byte {
	status := e.Status
	if w.older {
		status = "booked"
	}
	b = append(append(append(b, `,"status":"`...), status...), '"')
	if e.Clinic != nil {
		b = append(append(append(b, `,"specialty":[`...), e.Clinic.JSON...), ']')
	}
	b = w.links(b, "reasonReference", e, life.Condition)
	b = w.links(b, "basedOn", e, life.Referral)
	b = w.time(b, "start", e.At, e)
	b = w.time(b, "end", e.End, e)
	b = append(b, `,"participant":[{`...)
	from := len(b)
	b = w.patient(b, "actor", e)
	b = append(b[:from], b[from+1:]...)
	b = append(b, `,"status":"accepted"},{"actor":`...)
	return append(w.organisationRef(b, e.Org, e.ID.Hi>>8), `,"status":"accepted"}]`...)
}

func (w *Writer) carePlan(b []byte, e *life.Event) []byte {
	b = append(w.status(b, e), `,"intent":"plan","category":[`...)
	b = append(append(b, e.What.JSON...), ']')
	p := w.life.Person
	b = append(append(append(b, `,"title":"Plan made with `...), p.Given...), ' ')
	b = append(append(b, p.Family...), '"')
	b = w.patient(b, "subject", e)
	b = w.bare(append(b, `,"period":{`...), "start", e.At, e)
	b = w.bare(append(b, ','), "end", e.End, e)
	b = append(b, '}')
	return b
}

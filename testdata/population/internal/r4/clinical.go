package r4

import (
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/text"
)

// concept appends a CodeableConcept under a name.
func concept(b []byte, field string, c *figure.Concept) []byte {
	b = append(append(append(b, ',', '"'), field...), `":`...)
	return append(b, c.JSON...)
}

func (w *Writer) condition(b []byte, e *life.Event) []byte {
	status := e.Status
	if w.older {
		status = "remission"
	}
	b = append(append(b, `,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"`...), status...)
	b = append(b, `"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]}`...)
	category := "problem-list-item"
	if e.Encounter != life.None {
		category = "encounter-diagnosis"
	}
	b = append(append(b, `,"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"`...), category...)
	b = append(b, `"}]}]`...)
	if e.Fault == life.WrongType {
		b = append(b, `,"code":["`+"not a concept"+`"]`...)
	} else {
		b = concept(b, "code", e.What)
	}
	b = w.within(w.patient(b, "subject", e), e)
	b = w.time(b, "onsetDateTime", e.At, e)
	if e.End != 0 {
		b = w.time(b, "abatementDateTime", e.End, e)
	}
	return w.time(b, "recordedDate", e.At, e)
}

func (w *Writer) observation(b []byte, e *life.Event) []byte {
	b = w.status(b, e)
	category := "laboratory"
	switch e.What {
	case figure.Codes.BloodPressure, figure.Codes.BMI, figure.Codes.Weight, figure.Codes.Pulse:
		category = "vital-signs"
	case figure.Codes.Smoker, figure.Codes.ExSmoker, figure.Codes.NeverSmoked:
		category = "social-history"
	}
	b = append(append(b, `,"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"`...), category...)
	b = append(b, `"}]}]`...)
	if e.Fault == life.WrongType {
		b = append(b, `,"code":17`...)
	} else if w.older && e.Was != nil {
		b = concept(b, "code", e.Was)
	} else {
		b = concept(b, "code", e.What)
	}
	b = w.within(w.patient(b, "subject", e), e)
	b = w.time(b, "effectiveDateTime", e.At, e)
	b = append(e.Entered.AppendLocal(append(b, `,"issued":"`...)), `Z"`...)
	b = append(b, `,"performer":[`...)
	b = append(w.organisationRef(b, e.Org, e.ID.Hi>>8), ']')
	if e.What == figure.Codes.BloodPressure {
		return w.pressure(b, e)
	}
	if e.Unit == "" {
		return b
	}
	value, unit := Value(e, w.older)
	return quantity(b, "valueQuantity", value, unit)
}

// Value returns the value of an observation as the feed gives it, in
// hundredths, and its unit.
func Value(e *life.Event, older bool) (value int32, unit string) {
	value = e.Value
	if older {
		value += 300
	}
	switch {
	case e.Fault == life.Drifted && e.What == figure.Codes.HbA1c:
		return (value*100/1093 + 215 + 5) / 10 * 10, "%" // IFCC = 10.93 NGSP - 23.5
	case e.Fault == life.Drifted:
		return int32(int64(value) * 22046 / 10000), "[lb_av]"
	}
	return value, e.Unit
}

// quantity appends a Quantity under a name.
func quantity(b []byte, field string, value int32, unit string) []byte {
	b = append(append(append(b, ',', '"'), field...), `":{"value":`...)
	b = text.Hundredths(b, value)
	b = append(append(append(b, `,"unit":"`...), unit...), `","system":"http://unitsofmeasure.org","code":"`...)
	return append(append(b, unit...), `"}`...)
}

// pressure appends the two components of a blood pressure.
func (w *Writer) pressure(b []byte, e *life.Event) []byte {
	systolic, _ := Value(e, w.older)
	b = append(append(b, `,"component":[{"code":`...), figure.Codes.Systolic.JSON...)
	b = quantity(b, "valueQuantity", systolic, e.Unit)
	b = append(append(b, `},{"code":`...), figure.Codes.Diastolic.JSON...)
	return append(quantity(b, "valueQuantity", e.Second, e.Unit), `}]`...)
}

// medication appends a prescription item: the medicine inline, contained, or
// in a resource of its own.
func (w *Writer) medication(b []byte, e *life.Event) []byte {
	spelling := e.ID.Hi >> 16 % 20
	if spelling == 1 && e.Fault != life.WrongType {
		b = append(append(b, `,"contained":[{"resourceType":"Medication","id":"med","code":`...), e.What.JSON...)
		b = append(b, `}]`...)
	}
	b = append(w.status(b, e), `,"intent":"order"`...)
	switch {
	case e.Fault == life.WrongType:
		b = append(b, `,"medicationCodeableConcept":"not a concept"`...)
	case spelling == 1:
		b = append(b, `,"medicationReference":{"reference":"#med"}`...)
	case spelling < 6:
		b = append(append(append(b, `,"medicationReference":{"reference":"Medication/dmd-`...), e.What.Code...), `"}`...)
	default:
		b = concept(b, "medicationCodeableConcept", e.What)
	}
	b = w.within(w.patient(b, "subject", e), e)
	b = w.time(b, "authoredOn", e.At, e)
	b = w.organisation(b, "requester", e.Org, e.ID.Hi>>8)
	b = w.links(b, "reasonReference", e, life.Condition)
	b = append(b, `,"dosageInstruction":[{"text":"One to be taken as directed"}],"dispenseRequest":{"quantity":{"value":`...)
	value := e.Value
	if w.older {
		value += 300
	}
	return append(text.Hundredths(b, value), `,"unit":"tablet"}}`...)
}

func (w *Writer) allergy(b []byte, e *life.Event) []byte {
	b = append(b, `,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}`...)
	b = append(b, `,"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"confirmed"}]},"category":["medication"]`...)
	b = w.patient(concept(b, "code", e.What), "patient", e)
	return w.time(w.time(b, "onsetDateTime", e.At, e), "recordedDate", e.At, e)
}

func (w *Writer) immunization(b []byte, e *life.Event) []byte {
	b = append(b, `,"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-VaccinationProcedure","valueCodeableConcept":`...)
	b = append(append(b, e.What.JSON...), `}]`...)
	b = append(w.status(b, e), `,"vaccineCode":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-NullFlavor","code":"UNK"}]}`...)
	b = w.time(w.patient(b, "patient", e), "occurrenceDateTime", e.At, e)
	b = append(b, `,"performer":[{"actor":`...)
	b = append(w.organisationRef(b, e.Org, e.ID.Hi>>8), `}]`...)
	if e.Value != 0 {
		b = append(text.Int(append(b, `,"protocolApplied":[{"doseNumberPositiveInt":`...), int(e.Value/100)), `}]`...)
	}
	return b
}

func (w *Writer) procedure(b []byte, e *life.Event) []byte {
	b = w.patient(concept(w.status(b, e), "code", e.What), "subject", e)
	b = w.time(w.within(b, e), "performedDateTime", e.At, e)
	b = append(b, `,"performer":[{"actor":`...)
	return append(w.organisationRef(b, e.Org, e.ID.Hi>>8), `}]`...)
}

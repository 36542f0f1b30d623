package fhir

import (
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// TestMustAlsoCatch goes through the places besides its own code in which a
// record gives itself away (uk-rules.md section 4.4): the gates hear of each, the
// first time that it is read and when it is remembered.
func TestMustAlsoCatch(t *testing.T) {
	const said = `{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"a display that is long enough to be remembered"}]}`
	l := NewLookup()
	l.Add([]byte(`{"resourceType":"Medication","id":"med9","code":` + said + `}`))
	d := New(options(l))
	for place, text := range map[string]string{
		"Observation.component":            `Observation","component":[{"code":C}]`,
		"Observation.component.value":      `Observation","component":[{"valueCodeableConcept":C}]`,
		"Observation.method":               `Observation","method":C`,
		"Observation.interpretation":       `Observation","interpretation":[C]`,
		"Condition.evidence":               `Condition","evidence":[{"code":[C]}]`,
		"Condition.stage":                  `Condition","stage":[{"summary":C}]`,
		"Condition.bodySite":               `Condition","bodySite":[C]`,
		"Procedure.reasonCode":             `Procedure","reasonCode":[C]`,
		"Procedure.outcome":                `Procedure","outcome":C`,
		"Procedure.complication":           `Procedure","complication":[C]`,
		"MedicationRequest.reasonCode":     `MedicationRequest","reasonCode":[C]`,
		"MedicationRequest of a medicine":  `MedicationRequest","medicationReference":{"reference":"Medication/med9"}`,
		"MedicationRequest of one inside":  `MedicationRequest","medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","code":C}]`,
		"an ingredient of one inside":      `MedicationRequest","medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","ingredient":[{"itemCodeableConcept":C}]}]`,
		"MedicationStatement.reasonCode":   `MedicationStatement","reasonCode":[C]`,
		"MedicationDispense.substitution":  `MedicationDispense","substitution":{"reason":[C]}`,
		"dosage":                           `MedicationRequest","dosageInstruction":[{"asNeededCodeableConcept":C}]`,
		"Encounter.type":                   `Encounter","type":[C]`,
		"Encounter.serviceType":            `Encounter","serviceType":C`,
		"Encounter.reasonCode":             `Encounter","reasonCode":[C]`,
		"Encounter.hospitalization":        `Encounter","hospitalization":{"admitSource":C}`,
		"Encounter.diagnosis":              `Encounter","diagnosis":[{"use":C}]`,
		"Appointment.serviceType":          `Appointment","serviceType":[C]`,
		"Appointment.specialty":            `Appointment","specialty":[C]`,
		"Appointment.appointmentType":      `Appointment","appointmentType":C`,
		"Appointment.reasonCode":           `Appointment","reasonCode":[C]`,
		"CarePlan.category":                `CarePlan","category":[C]`,
		"CarePlan.activity":                `CarePlan","activity":[{"detail":{"code":C}}]`,
		"CarePlan.activity.reason":         `CarePlan","activity":[{"detail":{"reasonCode":[C]}}]`,
		"ServiceRequest.reasonCode":        `ServiceRequest","reasonCode":[C]`,
		"ServiceRequest.orderDetail":       `ServiceRequest","orderDetail":[C]`,
		"ReferralRequest.serviceRequested": `ReferralRequest","serviceRequested":[C]`,
		"Immunization.reasonCode":          `Immunization","reasonCode":[C]`,
		"AllergyIntolerance.reaction":      `AllergyIntolerance","reaction":[{"manifestation":[C]}]`,
		"an extension":                     `Condition","extension":[{"url":"x","valueCodeableConcept":C}]`,
		"an extension in an extension":     `Condition","extension":[{"url":"x","extension":[{"url":"y","valueCodeableConcept":C}]}]`,
		"an extension of a part":           `Condition","code":{"extension":[{"url":"x","valueCodeableConcept":C}]}`,
		"a reference's identifier":         `Condition","asserter":{"identifier":{"type":C}}`,
	} {
		text := `{"resourceType":"` + text + `,"id":"a","subject":{"reference":"Patient/p1"},"text":{"div":"nothing that is long enough to be of any use here"}}`
		text = strings.NewReplacer(`:C`, `:`+said, `[C]`, `[`+said+`]`).Replace(text)
		for range 3 {
			var b record.Block
			d.Reset()
			d.Decode([]byte(text), &b, 1)
			heads, caught := 0, 0
			b.Heads(func(h *record.Head, _ record.Ref) {
				heads++
				if slices.Contains(h.Codings, record.Coding{System: term.SNOMED, Code: "86406008"}) {
					caught++
				}
			})
			if heads == 0 || caught != heads || len(b.Rejects) > 0 {
				t.Errorf("%s: caught in %d of %d rows, %d rejected", place, caught, heads, len(b.Rejects))
			}
		}
	}
}

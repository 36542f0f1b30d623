package r4

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// Registration is one version of a person's registration.
type Registration struct {
	Entered        clock.Wall // UTC
	Area, Postcode int
	Number         uint64 // 0: none is given
	Status         string // of its verification
	Version        int
}

// Patient appends a Patient as one line.
func (w *Writer) Patient(b []byte, r Registration) []byte {
	p := w.life.Person
	b = text.UUID(append(b, `{"resourceType":"Patient","id":"`...), w.subject[0], w.subject[1])
	b = append(text.Int(append(b, `","meta":{"versionId":"`...), r.Version), `","lastUpdated":"`...)
	b = append(r.Entered.AppendLocal(b), `.000Z","source":"https://fhir.nhs.uk/Id/ods-organization-code|`...)
	b = append(w.code(b, life.Practice(p.Practice)), `","profile":["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"]`...)
	if p.Flagged {
		b = append(b, `,"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R","display":"restricted"}]`...)
	}
	b = append(b, '}')
	b = w.categories(b)
	b = w.numbers(b, r)
	b = w.name(b)
	return w.registered(b, r)
}

// categories appends the extensions of a Patient.
func (w *Writer) categories(b []byte) []byte {
	p := w.life.Person
	e := &figure.Ethnics[p.Ethnic]
	b = append(b, `,"extension":[`+extension+`EthnicCategory","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland","code":"`...)
	b = append(append(append(append(b, e.Code), `","display":"`...), e.Term...), `"}]}}`...)
	if p.Died != 0 {
		b = append(b, `,`+extension+`DeathNotificationStatus","extension":[{"url":"deathNotificationStatus","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus","code":"2"}]}}]}`...)
	}
	return append(b, ']')
}

const nhsNumber = `"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`

// numbers appends the identifiers: the NHS number with its verification, one
// it superseded, and the hospital's own.
func (w *Writer) numbers(b []byte, r Registration) []byte {
	p := w.life.Person
	b = append(b, `,"identifier":[{"use":"usual","system":"https://hospital.example.nhs.uk/Id/local","value":"L`...)
	b = append(text.Pad(b, p.Ordinal, 8), `"}`...)
	if p.Old != 0 {
		b = append(b, `,{"use":"old",`...)
		if p.OldSure {
			b = verified(b, "01")
		}
		b = append(number.Append(append(b, nhsNumber...), p.Old), `"}`...)
	}
	if r.Number != 0 {
		b = append(verified(append(b, `,{"use":"official",`...), r.Status), nhsNumber...)
		if p.Ordinal%50 == 0 { // some systems write it as it is spoken
			b = spoken(b, r.Number)
		} else {
			b = number.Append(b, r.Number)
		}
		b = append(b, `"}`...)
	}
	return append(b, ']')
}

// verified appends the verification status of a number.
func verified(b []byte, status string) []byte {
	b = append(b, `"extension":[`+extension+`NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland","code":"`...)
	return append(append(b, status...), `"}]}}],`...)
}

// spoken appends a number as 3-3-4 digits.
func spoken(b []byte, n uint64) []byte {
	var d [10]byte
	number.Append(d[:0], n)
	b = append(append(b, d[:3]...), ' ')
	b = append(append(b, d[3:6]...), ' ')
	return append(b, d[6:]...)
}

// name appends who and how to reach them.
func (w *Writer) name(b []byte) []byte {
	p := w.life.Person
	b = append(append(b, `,"active":true,"name":[{"use":"official","family":"`...), p.Family...)
	b = append(append(append(b, `","given":["`...), p.Given...), `"]}],"telecom":[{"system":"phone","value":"`...)
	b = append(p.AppendPhone(b), `","use":"mobile"},{"system":"email","value":"`...)
	b = append(p.AppendEmail(b), `"}],"gender":"`...)
	if p.Female {
		b = append(b, "fe"...)
	}
	b = append(b, `male","birthDate":"`...)
	b = append(p.Birth.AppendDate(b), '"')
	if p.Died != 0 {
		b = p.Died.AppendDate(append(b, `,"deceasedDateTime":"`...))
		b = append(b, '"')
	}
	return b
}

// registered appends where a person lives and with whom they are registered.
func (w *Writer) registered(b []byte, r Registration) []byte {
	p := w.life.Person
	b = append(p.AppendStreet(append(b, `,"address":[{"use":"home","type":"physical","line":["`...)), `"],"city":"Fictown","postalCode":"`...)
	b = append(w.Postcode(b, p, r.Area, r.Postcode), `"}],"generalPractitioner":[`...)
	b = w.organisationRef(b, life.Practice(p.Practice), 1)
	b = append(b, `],"managingOrganization":`...)
	return append(w.organisationRef(b, life.Practice(p.Practice), 0), '}', '\n')
}

// Postcode appends a person's postcode; one that is in no look-up file has the
// right shape all the same.
func (w *Writer) Postcode(b []byte, p *person.Person, area, postcode int) []byte {
	if p.Unlisted {
		b = append(b, `QX`...)
		b = append(text.Int(b, 1+p.Ordinal%90), ' ', byte('0'+p.Ordinal/90%10), letters[p.Ordinal/900%8], letters[p.Ordinal/7200%8])
		return b
	}
	return w.Map.AppendPostcode(b, area, postcode)
}

const letters = "ABDEFGHJ"

// Organisations appends every organisation as a line.
func (w *Writer) Organisations(b []byte, updated clock.Wall) []byte {
	one := func(code, name, kind string) {
		b = append(append(b, `{"resourceType":"Organization","id":"org-`...), code...)
		b = append(updated.AppendLocal(append(b, `","meta":{"lastUpdated":"`...)), `.000Z"},"identifier":[{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"`...)
		b = append(append(append(b, code...), `"}],"active":true,"type":[{"text":"`...), kind...)
		b = append(append(append(b, `"}],"name":"`...), name...), "\"}\n"...)
	}
	for i := range w.Map.Practices {
		one(w.Map.Practices[i].Code, w.Map.Practices[i].Name, "GP Practice")
	}
	for i := range w.Map.Trusts {
		one(w.Map.Trusts[i].Code, w.Map.Trusts[i].Name, "NHS Trust")
	}
	return b
}

// Practitioners appends one practitioner for each practice.
func (w *Writer) Practitioners(b []byte, updated clock.Wall) []byte {
	for i := range w.Map.Practices {
		b = append(append(b, `{"resourceType":"Practitioner","id":"prac-`...), w.Map.Practices[i].Code...)
		b = append(updated.AppendLocal(append(b, `","meta":{"lastUpdated":"`...)), `.000Z"},"name":[{"family":"Doctor`...)
		b = append(text.Pad(b, i, 4), "zwyx\",\"prefix\":[\"Dr\"]}]}\n"...)
	}
	return b
}

// Medicines appends every medicine as a line.
func (w *Writer) Medicines(b []byte, updated clock.Wall, codes []string) []byte {
	for _, code := range codes {
		b = append(append(b, `{"resourceType":"Medication","id":"dmd-`...), code...)
		b = append(updated.AppendLocal(append(b, `","meta":{"lastUpdated":"`...)), `.000Z"},"code":`...)
		b = append(append(b, figure.Medicines[code].JSON...), "}\n"...)
	}
	return b
}

// Package r4 writes the shared record as UK Core FHIR R4 resources, one JSON
// text a line, in the spellings that real feeds mix: references of four kinds,
// times with an offset and in UTC, medicines inline, referenced and contained.
// Names, telephone numbers and notes stand where real records have them, so
// that a search for leaks has something to find.
package r4

import (
	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// Types are the resource types in the order of life.Kind.
var Types = [...]string{"Condition", "Observation", "MedicationRequest", "AllergyIntolerance", "Immunization", "Encounter",
	"Procedure", "ServiceRequest", "Appointment", "CarePlan"}

// Writer appends resources.
type Writer struct {
	Map  *area.Map
	AsOf clock.Day

	life    *life.Life
	subject [2]uint64 // the Patient's id
	second  [2]uint64 // that of the person's second Patient
	other   uint64    // somebody else's number
	older   bool      // the version that is being written is not the newest
}

// Base is the server that absolute references name.
const Base = "https://ohc.example.nhs.uk/fhir/R4/"

// Of makes w write the records of a life. subject is its Patient's id, second
// that of another Patient of the same person, and other is somebody else's
// number.
func (w *Writer) Of(l *life.Life, subject, second [2]uint64, other uint64) {
	w.life, w.subject, w.second, w.other = l, subject, second, other
}

// Event appends the i-th event as one line. older writes the version that was
// corrected later.
func (w *Writer) Event(b []byte, i int, older bool) []byte {
	e := &w.life.Events[i]
	w.older = older
	from := len(b)
	b = w.head(b, Types[e.Kind], e)
	switch e.Kind {
	case life.Condition:
		b = w.condition(b, e)
	case life.Observation:
		b = w.observation(b, e)
	case life.Medication:
		b = w.medication(b, e)
	case life.Allergy:
		b = w.allergy(b, e)
	case life.Immunization:
		b = w.immunization(b, e)
	case life.Encounter:
		b = w.encounter(b, e)
	case life.Procedure:
		b = w.procedure(b, e)
	case life.Referral:
		b = w.referral(b, e)
	case life.Appointment:
		b = w.appointment(b, e)
	case life.CarePlan:
		b = w.carePlan(b, e)
	}
	b = append(w.note(b, e), '}')
	if e.Fault == life.Broken {
		b = b[:from+(len(b)-from)*2/3]
	}
	return append(b, '\n')
}

// head appends the beginning of a resource up to and without its status.
func (w *Writer) head(b []byte, typ string, e *life.Event) []byte {
	b = append(append(append(b, `{"resourceType":"`...), typ...), `","id":"`...)
	b = text.UUID(b, e.ID.Hi, e.ID.Lo)
	entered, version := e.Entered, 1+int(e.Version)
	switch {
	case w.older:
		entered -= 3 * 86_400
	case e.Fault == life.Corrected:
		version++
	}
	b = append(text.Int(append(b, `","meta":{"versionId":"`...), version), `","lastUpdated":"`...)
	b = append(entered.AppendLocal(b), `.000Z","source":"https://fhir.nhs.uk/Id/ods-organization-code|`...)
	b = append(w.code(b, e.Org), `","profile":["https://fhir.hl7.org.uk/StructureDefinition/UKCore-`...)
	b = append(append(b, typ...), `"]`...)
	if e.Sensitive == life.ByFlag {
		b = append(b, `,"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R","display":"restricted"}]`...)
	}
	return append(b, '}')
}

// code appends the ODS code of an organisation.
func (w *Writer) code(b []byte, o life.Org) []byte {
	i, practice := o.Index()
	if practice {
		return append(b, w.Map.Practices[i].Code...)
	}
	return append(b, w.Map.Trusts[i].Code...)
}

// organisation appends a Reference to an organisation, with its identifier in
// two of three.
func (w *Writer) organisation(b []byte, field string, o life.Org, spelling uint64) []byte {
	b = append(append(append(b, ',', '"'), field...), `":`...)
	return w.organisationRef(b, o, spelling)
}

func (w *Writer) organisationRef(b []byte, o life.Org, spelling uint64) []byte {
	b = w.code(append(b, `{"reference":"Organization/org-`...), o)
	b = append(b, '"')
	if spelling%3 != 0 {
		b = append(b, `,"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"`...)
		b = append(w.code(b, o), `"}`...)
	}
	return append(b, '}')
}

// patient appends a Reference to the life's person, in one of the spellings.
func (w *Writer) patient(b []byte, field string, e *life.Event) []byte {
	p := w.life.Person
	b = append(append(append(b, ',', '"'), field...), `":{`...)
	spelling := e.ID.Lo % 100
	switch {
	case e.Fault == life.Orphan:
		b = text.UUID(append(b, `"reference":"Patient/`...), e.ID.Lo, e.ID.Hi)
		return append(b, `"}`...)
	case e.Fault == life.Misfiled || e.Twin:
		b = text.UUID(append(b, `"reference":"Patient/`...), w.second[0], w.second[1])
		return append(b, `"}`...)
	case ByNumber(p, e):
		b = append(b, `"type":"Patient","identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`...)
		return append(number.Append(b, numberOf(p, e)), `"}}`...)
	case spelling < 6: // of whom an actor is, such a reference tells by its type only
		b = append(b, `"type":"Patient","reference":"urn:uuid:`...)
	case spelling < 10:
		b = append(b, `"reference":"`+Base+`Patient/`...)
	default:
		b = append(b, `"reference":"Patient/`...)
	}
	b = append(text.UUID(b, w.subject[0], w.subject[1]), '"')
	b = w.beside(b, e, spelling)
	if spelling >= 90 {
		b = append(append(b, `,"display":"`...), p.Given...)
		b = append(append(append(b, ' '), p.Family...), '"')
	}
	return append(b, '}')
}

// ByNumber reports whether a record names its person by number alone.
func ByNumber(p *person.Person, e *life.Event) bool {
	odd := e.Fault == life.Orphan || e.Fault == life.Misfiled || e.Fault == life.TwoNamed
	return e.ID.Lo%100 < 3 && !odd && !e.Twin && p.Fault == person.Sound
}

// numberOf returns the number that the person had when a record was written.
func numberOf(p *person.Person, e *life.Event) uint64 {
	if e.Prior {
		return p.Old
	}
	return p.Number
}

// beside appends a number to a Reference: somebody else's, where the record
// names two, or the person's, or the one they had before.
func (w *Writer) beside(b []byte, e *life.Event, spelling uint64) []byte {
	p := w.life.Person
	n, use := numberOf(p, e), "official"
	switch {
	case e.Fault == life.TwoNamed:
		n = w.other
	case spelling >= 30 || spelling < 20 || !p.Named():
		return b
	case p.Old != 0 && p.OldSure && spelling < 25 && !e.Prior:
		n, use = p.Old, "old"
	}
	b = append(append(b, `,"identifier":{"use":"`...), use...)
	return append(number.Append(append(b, `",`+nhsNumber...), n), `"}`...)
}

// ref appends a Reference to another event of the life.
func (w *Writer) ref(b []byte, to int32) []byte {
	t := &w.life.Events[to]
	b = append(b, `{"reference":"`...)
	if t.ID.Hi%20 == 0 {
		b = append(b, Base...)
	}
	b = append(append(b, Types[t.Kind]...), '/')
	return append(text.UUID(b, t.ID.Hi, t.ID.Lo), `"}`...)
}

// links appends the references to events of one kind as a list, under the
// given name.
func (w *Writer) links(b []byte, field string, e *life.Event, kind life.Kind) []byte {
	for _, to := range e.Links {
		if to != life.None && w.life.Events[to].Kind == kind {
			b = append(append(append(b, ',', '"'), field...), `":[`...)
			return append(w.ref(b, to), ']')
		}
	}
	return b
}

// within appends the encounter the event belongs to.
func (w *Writer) within(b []byte, e *life.Event) []byte {
	if e.Encounter == life.None {
		return b
	}
	return w.ref(append(b, `,"encounter":`...), e.Encounter)
}

// time appends a time under a name, with an offset or in UTC.
func (w *Writer) time(b []byte, field string, at clock.Wall, e *life.Event) []byte {
	b = append(append(append(b, ',', '"'), field...), `":"`...)
	switch {
	case e.Fault == life.BadDate:
		y, _, _ := at.Day().Civil()
		b = append(text.Int(b, y), `-02-30`...)
	case e.ID.Hi%10 == 0:
		b = at.AppendUTC(b)
	default:
		b = at.AppendZoned(b)
	}
	return append(b, '"')
}

// status appends a plain status; of a record that was corrected the older
// version says something else.
func (w *Writer) status(b []byte, e *life.Event) []byte {
	return append(append(append(b, `,"status":"`...), e.Status...), '"')
}

// note appends a note with a name in it to one record in twenty.
func (w *Writer) note(b []byte, e *life.Event) []byte {
	if e.ID.Lo>>32%20 != 0 || e.Kind == life.Encounter || e.Kind == life.Appointment {
		return b
	}
	p := w.life.Person
	b = append(append(append(b, `,"note":[{"text":"Spoke to `...), p.Given...), ' ')
	b = append(append(b, p.Family...), ` on `...)
	return append(p.AppendPhone(b), ` about this."}]`...)
}

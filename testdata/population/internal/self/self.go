// Package self draws what a person writes down in their Personal Health
// Record, and writes it as FHIR R4 resources, one a line.
package self

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// Fault is what a person does with an entry later, or what is wrong with it.
type Fault uint8

// The faults.
const (
	Sound     Fault = iota
	Corrected       // an older version says something else
	Deleted         // deleted by a Bundle
	Retracted       // a newer version says that it was entered in error
	Broken          // the line is cut off
	Stranger        // of a Patient the feed does not hold
)

// Entry is one thing that a person wrote down.
type Entry struct {
	Type    string // of resource
	ID      [2]uint64
	At      clock.Wall
	Kind    string
	What    *figure.Concept
	Value   int32 // hundredths
	Second  int32
	Unit    string
	Fault   Fault
	Private bool // the sensitive policy takes it out

	Changed   int32      // the day of the newest version, counted from the day the population is for
	Stamp     clock.Wall // when that was written, in UTC; 0: as Updated says
	Gone      bool       // it was deleted, and is no more
	Withdrawn bool       // its newest version says that it was entered in error
}

// what a person can write down.
var (
	headache   = figure.New(figure.SNOMED, "25064002", "Headache")
	tired      = figure.New(figure.SNOMED, "84229001", "Fatigue")
	mood       = figure.New(figure.SNOMED, "106131003", "Mood finding")
	asleep     = figure.New(figure.SNOMED, "248263006", "Duration of sleep")
	calories   = figure.New(figure.LOINC, "9052-2", "Calorie intake total")
	alcohol    = figure.New(figure.SNOMED, "160573003", "Alcohol intake")
	cigarettes = figure.New(figure.SNOMED, "230056004", "Cigarette consumption")
	medicines  = []*figure.Concept{figure.Medicines["322280009"], figure.Medicines["329652003"], figure.Medicines["320818006"]}
)

const (
	observation = "Observation"
	statement   = "MedicationStatement"
	answers     = "QuestionnaireResponse"
)

// Draw appends the entries of a person who began on a day.
func Draw(entries []Entry, r *chance.Rand, from, asOf clock.Day, smoking *figure.Concept) []Entry {
	weight := int32(52_00 + 100*r.Below(50))
	for range 12 + r.Count(30) {
		d := max(from, asOf-200) + clock.Day(r.Below(int(asOf-max(from, asOf-200))))
		entries = append(entries, One(r, d, weight, smoking))
	}
	return entries
}

// One draws an entry of a day, by a person of about the given weight.
func One(r *chance.Rand, d clock.Day, weight int32, smoking *figure.Concept) Entry {
	e := Entry{Type: observation, ID: [2]uint64{r.Next(), r.Next()}, At: d.At(r.Between(7, 11), 5*r.Below(12), 0)}
	switch r.Pick([]float64{16, 10, 6, 12, 12, 10, 8, 8, 8, 10, 10, .4}) {
	case 0:
		e.Kind, e.What, e.Unit = "measurement", figure.Codes.BloodPressure, "mm[Hg]"
		e.Value, e.Second = int32(100*r.Between(98, 165)), int32(100*r.Between(58, 99))
	case 1:
		e.Kind, e.What, e.Unit, e.Value = "measurement", figure.Codes.Weight, "kg", weight+int32(10*r.Below(12))
	case 2:
		e.Kind, e.What, e.Unit, e.Value = "measurement", figure.Codes.BMI, "kg/m2", 10*int32(r.Between(190, 380))
	case 3:
		e.Kind, e.What, e.Unit, e.Value = "symptom", [2]*figure.Concept{headache, tired}[r.Below(2)], "{score}", int32(100*r.Between(1, 10))
	case 4:
		e.Kind, e.What, e.Unit, e.Value = "mood", mood, "{score}", int32(100*r.Between(1, 10))
	case 5:
		e.Kind, e.What, e.Unit, e.Value = "sleep", asleep, "h", int32(50*r.Between(8, 19))
	case 6:
		e.Kind, e.What, e.Unit, e.Value = "diet", calories, "kcal", int32(100*r.Between(1200, 3200))
	case 7:
		e.Kind, e.What, e.Unit, e.Value = "alcohol", alcohol, "/wk", int32(100*r.Between(0, 30))
	case 8:
		e.Kind, e.What = "tobacco", smoking
		if smoking == figure.Codes.Smoker && r.Hit(0.5) {
			e.What, e.Unit, e.Value = cigarettes, "/d", int32(100*r.Between(1, 25))
		}
	case 9:
		e.Type, e.Kind, e.What = statement, "medicine", chance.One(r, medicines)
	case 10:
		e.Type, e.Kind = answers, "answer"
		e.Value = int32(100 * r.Between(0, 3))
	default:
		e.Kind, e.What, e.Private = "symptom", figure.Sensitive.HIV, true
	}
	e.Fault = [...]Fault{Sound, Corrected, Deleted, Retracted, Broken, Stranger}[r.Pick([]float64{90, 3, 2, 1, .3, .3})]
	return e
}

// Writer appends the resources of one person.
type Writer struct {
	Person  *person.Person
	Subject [2]uint64
}

// Patient appends the Patient: who they are, but not where they live.
func (w *Writer) Patient(b []byte, updated clock.Wall) []byte {
	p := w.Person
	b = w.head(b, "Patient", w.Subject, updated)
	b = append(b, `,"identifier":[{"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland","code":"01"}]}}],"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`...)
	b = append(number.Append(b, p.Number), `"}],"name":[{"family":"`...)
	b = append(append(append(append(b, p.Family...), `","given":["`...), p.Given...), `"]}],"telecom":[{"system":"email","value":"`...)
	b = append(p.AppendEmail(b), `"}],"gender":"`...)
	if p.Female {
		b = append(b, "fe"...)
	}
	b = append(b, `male","birthDate":"`...)
	return append(p.Birth.AppendDate(b), "\"}\n"...)
}

func (w *Writer) head(b []byte, typ string, id [2]uint64, updated clock.Wall) []byte {
	b = append(append(append(b, `{"resourceType":"`...), typ...), `","id":"`...)
	b = append(text.UUID(b, id[0], id[1]), `","meta":{"lastUpdated":"`...)
	return append(updated.AppendLocal(b), `.000Z"}`...)
}

// Version says which version of an entry is meant.
type Version uint8

// The versions.
const (
	Newest Version = iota
	Older
	Retraction
)

// Updated returns when a version was written, in UTC.
func (e *Entry) Updated(v Version) clock.Wall {
	if e.Stamp != 0 {
		return e.Stamp
	}
	return clock.Wall(e.At.UTC()) + [...]clock.Wall{Newest: 7200, Older: 60, Retraction: 9000}[v]
}

// Append appends a version of an entry as a line.
func (w *Writer) Append(b []byte, e *Entry, v Version) []byte {
	from := len(b)
	b = w.head(b, e.Type, e.ID, e.Updated(v))
	switch e.Type {
	case observation:
		b = w.observation(b, e, v)
	case statement:
		b = w.statement(b, e, v)
	default:
		b = w.answers(b, e, v)
	}
	if e.Fault == Broken {
		b = b[:from+(len(b)-from)*3/5]
	}
	return append(b, '\n')
}

func (w *Writer) subject(b []byte, e *Entry) []byte {
	b = append(b, `,"subject":{"reference":"Patient/`...)
	if e.Fault == Stranger {
		return append(text.UUID(b, e.ID[1], e.ID[0]), `"}`...)
	}
	return append(text.UUID(b, w.Subject[0], w.Subject[1]), `"}`...)
}

// status appends the status, or that the entry was made in error.
func status(b []byte, usual string, v Version) []byte {
	if v == Retraction {
		usual = "entered-in-error"
	}
	return append(append(append(b, `,"status":"`...), usual...), '"')
}

func (w *Writer) observation(b []byte, e *Entry, v Version) []byte {
	b = append(append(status(b, "final", v), `,"category":[{"coding":[{"system":"https://phr.example.nhs.uk/CodeSystem/entry-kind","code":"`...), e.Kind...)
	b = append(append(b, `"}]}],"code":`...), e.What.JSON...)
	b = append(e.At.AppendZoned(append(w.subject(b, e), `,"effectiveDateTime":"`...)), '"')
	value := e.Value
	if v == Older {
		value += 200
	}
	if e.What == figure.Codes.BloodPressure {
		b = append(append(b, `,"component":[{"code":`...), figure.Codes.Systolic.JSON...)
		b = append(quantity(b, value, e.Unit), `},{"code":`...)
		b = quantity(append(b, figure.Codes.Diastolic.JSON...), e.Second, e.Unit)
		b = append(b, `}]`...)
	} else if e.Unit != "" {
		b = quantity(b, value, e.Unit)
	}
	if e.ID[0]%5 == 0 {
		b = append(append(b, `,"note":[{"text":"Dear diary, `...), w.Person.Given...)
		b = append(b, ` here again."}]`...)
	}
	return append(b, '}')
}

func quantity(b []byte, value int32, unit string) []byte {
	b = text.Hundredths(append(b, `,"valueQuantity":{"value":`...), value)
	b = append(append(append(b, `,"unit":"`...), unit...), `","system":"http://unitsofmeasure.org","code":"`...)
	return append(append(b, unit...), `"}`...)
}

func (w *Writer) statement(b []byte, e *Entry, v Version) []byte {
	b = append(append(status(b, "active", v), `,"medicationCodeableConcept":`...), e.What.JSON...)
	b = append(e.At.AppendZoned(append(w.subject(b, e), `,"effectiveDateTime":"`...)), `","informationSource":{"display":"`...)
	return append(append(append(append(b, w.Person.Given...), ' '), w.Person.Family...), `"}}`...)
}

// answers appends three answers: a number, a code and a text, which is not to
// be kept.
func (w *Writer) answers(b []byte, e *Entry, v Version) []byte {
	b = append(status(b, "completed", v), `,"questionnaire":"https://phr.example.nhs.uk/Questionnaire/well-being"`...)
	b = append(e.At.AppendZoned(append(w.subject(b, e), `,"authored":"`...)), `","item":[{"linkId":"wb-1","answer":[{"valueInteger":`...)
	value := e.Value
	if v == Older {
		value += 100
	}
	b = append(text.Int(b, int(value/100)), `}]},{"linkId":"wb-2","answer":[{"valueCoding":{"system":"http://loinc.org","code":"LA6569-3","display":"Several days"}}]},{"linkId":"wb-3","text":"Anything else?","answer":[{"valueString":"Please ring me, `...)
	b = append(append(b, w.Person.Family...), `, on `...)
	return append(w.Person.AppendPhone(b), `"}]}]}`...)
}

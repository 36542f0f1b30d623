package phr

import (
	"errors"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/scan"
)

// reader decodes lines into a block.
type reader struct {
	pass   source.Pass
	block  *record.Block
	fhir   *fhir.Decoder
	line   int64
	cursor scan.Cursor
	arena  []byte       // what rows point to besides the lines themselves
	inner  record.Block // what package fhir made of the last resource
}

func newReader(person fhir.Person, pass source.Pass, b *record.Block) *reader {
	return &reader{pass: pass, block: b, fhir: fhir.New(fhir.Options{Person: person})}
}

// reset takes back all that the block held.
func (r *reader) reset() {
	r.block.Reset()
	r.fhir.Reset()
	r.arena = r.arena[:0]
}

func (r *reader) rows() int {
	b := r.block
	return len(b.Persons) + len(b.SelfRecords) + len(b.Deletions) + len(b.Rejects) + len(b.Wrappers)
}

// refuse counts and rejects what cannot be read.
func (r *reader) refuse(line int64, field, reason string) {
	if r.pass == source.Rows {
		r.block.Read++
		r.block.Rejects = append(r.block.Rejects, record.Reject{Line: line, Field: field, Reason: reason})
	}
}

// The resources that are used, as FHIR names them.
const (
	observation = "Observation"
	statement   = "MedicationStatement"
	answers     = "QuestionnaireResponse"
	patient     = "Patient"
)

// text decodes a line: a resource, or a Bundle of resources and deletions.
func (r *reader) text(text []byte) {
	if string(r.typeOf(text)) != "Bundle" {
		r.resource(text)
		return
	}
	c := &r.cursor
	c.Reset(text)
	c.Skip()
	if c.End() != nil {
		r.resource(text) // which rejects it
		return
	}
	var b bundle
	b.open(text)
	r.bundle(&b)
}

// typeOf returns the type of a resource, nothing where there is none.
func (r *reader) typeOf(text []byte) []byte {
	c := &r.cursor
	c.Reset(text)
	if c.Kind() != '{' {
		return nil
	}
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		if string(key) == "resourceType" {
			if c.Kind() == '"' {
				return c.Str()
			}
			return nil
		}
		c.Skip()
	}
	return nil
}

// resource decodes one resource.
func (r *reader) resource(text []byte) {
	switch typ := r.typeOf(text); string(typ) {
	case patient:
		r.decode(text, patient)
	case observation:
		r.decode(text, observation)
	case statement:
		r.decode(text, statement)
	case answers:
		r.answered(text)
	case "Bundle":
		r.broken(text)
	default:
		r.decode(text, "")
	}
}

// answered decodes a QuestionnaireResponse.
func (r *reader) answered(text []byte) {
	as, well := r.asObservation(text)
	switch {
	case r.pass == source.People:
	case well && as == nil:
		r.refuse(r.line, "item", "nested too deep")
	case well:
		r.decode(as, answers)
	default:
		r.decode(text, "") // which rejects it
	}
}

// broken rejects a Bundle that is no JSON, or is within another.
func (r *reader) broken(text []byte) {
	c := &r.cursor
	c.Reset(text)
	c.Skip()
	var e *scan.Error
	if errors.As(c.End(), &e) {
		r.refuse(r.line, "", e.Reason)
		return
	}
	r.refuse(r.line, "resourceType", "a Bundle within a Bundle")
}

// decode has package fhir decode a resource of ours, and takes over what it
// makes of it.
func (r *reader) decode(text []byte, typ string) {
	if r.pass == source.People {
		if typ == patient {
			r.fhir.People(text, r.block, r.line)
		}
		return
	}
	in := &r.inner
	in.Reset()
	r.fhir.Decode(text, in, r.line)
	b := r.block
	b.Read += in.Read
	for i := range in.Persons {
		in.Persons[i].Sections = record.Profile
	}
	b.Persons = append(b.Persons, in.Persons...)
	for kind, n := range in.Unused {
		b.Pass(kind, n)
	}
	for _, x := range in.Rejects {
		if typ != "" && typ != patient {
			x.Dataset = "self_record"
		}
		if typ == answers {
			x.Field = fieldOf(x.Field)
		}
		b.Rejects = append(b.Rejects, x)
	}
	for i := range in.Deletions {
		r.deleted(&in.Deletions[i].Head, typ)
	}
	for i := range in.Heard {
		r.own(&in.Heard[i].Head, typ)
	}
	b.Heard = append(b.Heard, in.Heard...)
	r.observed(in.Observations, typ)
	r.taken(in.Medications)
	r.others(in)
}

// others counts the resources of types that are used elsewhere but not here, and
// keeps what they hold together.
func (r *reader) others(in *record.Block) {
	for i := range in.Wrappers {
		h := &in.Wrappers[i].Head
		h.ID.Kind = record.Self
		r.wrap(h)
	}
	other(r, "condition", in.Problems)
	other(r, "allergy-intolerance", in.Allergies)
	other(r, "immunization", in.Immunisations)
	other(r, "encounter", in.Encounters)
	other(r, "procedure", in.Procedures)
	other(r, "service-request", in.Referrals)
	other(r, "appointment", in.Appointments)
	other(r, "care-plan", in.CarePlans)
}

func other[X row.Row](r *reader, kind term.Word, rows []record.Of[X]) {
	for i := range rows {
		r.block.Pass(kind, 1)
		r.wrap(&rows[i].Head)
	}
}

// wrap keeps the head of a record of which no row is made.
func (r *reader) wrap(h *record.Head) {
	r.ownLinks(h)
	r.block.Wrappers = append(r.block.Wrappers, record.Of[row.Tombstone]{Head: *h})
}

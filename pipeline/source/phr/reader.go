package phr

import (
	"errors"

	"secondaryuse/deid/record"
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
	return len(b.Persons) + len(b.SelfRecords) + len(b.Deletions) + len(b.Rejects)
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

// others counts the resources of types that are used elsewhere but not here.
func (r *reader) others(in *record.Block) {
	for _, n := range []struct {
		kind term.Word
		rows int
	}{
		{"condition", len(in.Problems)}, {"allergy-intolerance", len(in.Allergies)}, {"immunization", len(in.Immunisations)},
		{"encounter", len(in.Encounters)}, {"procedure", len(in.Procedures)}, {"service-request", len(in.Referrals)},
		{"appointment", len(in.Appointments)}, {"care-plan", len(in.CarePlans)},
	} {
		if n.rows > 0 {
			r.block.Pass(n.kind, int64(n.rows))
		}
	}
}

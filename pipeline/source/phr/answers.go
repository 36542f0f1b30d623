package phr

import (
	"secondaryuse/pipeline/source/scan"
)

// deepest is how deep the items of a questionnaire may be nested.
const deepest = 16

// asObservation writes a QuestionnaireResponse as the Observation that package
// fhir reads like it: its answers are the components. It reports false for a
// text that is no JSON, and returns nothing where the items are nested too
// deep.
func (r *reader) asObservation(text []byte) (as []byte, well bool) {
	var c scan.Cursor
	c.Reset(text)
	from := len(r.arena)
	r.write(`{"resourceType":"Observation"`, nil, ``)
	var items []byte
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch string(key) {
		case "id":
			r.write(`,"id":`, c.Raw(), ``)
		case "meta":
			r.write(`,"meta":`, c.Raw(), ``)
		case "subject":
			r.write(`,"subject":`, c.Raw(), ``)
		case "contained":
			r.write(`,"contained":`, c.Raw(), ``)
		case "basedOn":
			r.write(`,"basedOn":`, c.Raw(), ``)
		case "partOf":
			r.write(`,"partOf":`, c.Raw(), ``)
		case "encounter":
			r.write(`,"encounter":`, c.Raw(), ``)
		case "authored":
			r.write(`,"effectiveDateTime":`, c.Raw(), ``)
		case "status":
			r.write(`,"status":`, statusOf(c.Raw()), ``)
		case "extension":
			r.write(`,"extension":`, c.Raw(), ``)
		case "item":
			items = c.Raw()
		default:
			c.Skip()
		}
	}
	if c.End() != nil {
		return nil, false
	}
	if items != nil && !r.components(items) {
		return nil, true
	}
	r.write(`}`, nil, ``)
	return r.arena[from:], true
}

// components writes all answers. It reports false where the items are nested
// too deep.
func (r *reader) components(items []byte) bool {
	r.write(`,"component":[`, nil, ``)
	first := len(r.arena)
	if !r.items(items, 0) {
		return false
	}
	if n := len(r.arena); n > first {
		r.arena = r.arena[:n-1] // the last comma
	}
	r.write(`]`, nil, ``)
	return true
}

// statusOf returns the status of an Observation that means the same.
func statusOf(raw []byte) []byte {
	switch string(raw) {
	case `"completed"`:
		return []byte(`"final"`)
	case `"in-progress"`:
		return []byte(`"registered"`)
	case `"stopped"`:
		return []byte(`"cancelled"`)
	}
	return raw
}

// items writes a component for every answer of an item or a list of items. It
// reports false where they are nested too deep.
func (r *reader) items(text []byte, depth int) bool {
	if depth > deepest {
		return false
	}
	var c scan.Cursor
	c.Reset(text)
	if c.Kind() != '[' {
		return r.item(text, depth)
	}
	c.Array()
	for c.Elem() {
		if !r.item(c.Raw(), depth) {
			return false
		}
	}
	return true
}

func (r *reader) item(text []byte, depth int) bool {
	var c scan.Cursor
	c.Reset(text)
	if c.Kind() != '{' {
		r.write(``, text, `,`) // which is then found not to be an object
		return true
	}
	var link, answer, inner []byte
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch string(key) {
		case "linkId":
			link = c.Raw()
		case "answer":
			answer = c.Raw()
		case "item":
			inner = c.Raw()
		case "extension":
			r.judged(c.Raw())
		default:
			c.Skip()
		}
	}
	return (answer == nil || r.answers(answer, link, depth)) && (inner == nil || r.items(inner, depth+1))
}

// answers writes a component for every answer to one question that is coded or
// a number. Whatever else it may be has no place in a row.
func (r *reader) answers(text, link []byte, depth int) bool {
	var c scan.Cursor
	c.Reset(text)
	if c.Kind() != '[' {
		return r.answer(text, link, depth)
	}
	c.Array()
	for c.Elem() {
		if !r.answer(c.Raw(), link, depth) {
			return false
		}
	}
	return true
}

func (r *reader) answer(text, link []byte, depth int) bool {
	var c scan.Cursor
	c.Reset(text)
	if c.Kind() != '{' {
		r.write(``, text, `,`)
		return true
	}
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch string(key) {
		case "valueCoding":
			r.component(link, `"valueCodeableConcept":{"coding":[`, c.Raw(), `]}`)
		case "valueQuantity":
			r.component(link, `"valueQuantity":`, c.Raw(), ``)
		case "valueInteger", "valueDecimal":
			r.component(link, `"valueInteger":`, c.Raw(), ``)
		case "valueBoolean":
			r.component(link, `"valueBoolean":`, c.Raw(), ``)
		case "extension":
			r.judged(c.Raw())
		case "item":
			if !r.items(c.Raw(), depth+1) {
				return false
			}
		default:
			c.Skip()
		}
	}
	return true
}

// judged writes a component that makes no row: its codes are judged only.
func (r *reader) judged(extensions []byte) {
	r.write(`{"extension":`, extensions, `},`)
}

func (r *reader) component(link []byte, before string, value []byte, after string) {
	r.write(`{`, nil, ``)
	if link != nil {
		r.write(`"code":{"coding":[{"code":`, link, `}]},`)
	}
	r.write(before, value, after)
	r.write(`},`, nil, ``)
}

// fieldOf returns the field of a QuestionnaireResponse that a field of the
// Observation stands for.
func fieldOf(field string) string {
	switch field {
	case "component":
		return "item"
	case "component.code":
		return "item.linkId"
	case "effective":
		return "authored"
	case "valueCodeableConcept":
		return "item.answer.valueCoding"
	case "valueQuantity":
		return "item.answer.valueQuantity"
	case "valueInteger":
		return "item.answer.valueDecimal"
	case "valueBoolean":
		return "item.answer.valueBoolean"
	}
	return field
}

package fhir

import (
	"bytes"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// coded is a coding as it is stored, and how much it is preferred to others.
// A code that may not be stored is still preferred to none, for its text may
// say something by itself.
type coded struct {
	system term.System
	code   term.Code
	rank   int8   // lower is preferred; 0 means there is no code
	raw    []byte // the code as it was written
}

// better takes over c if it is preferred to what is there.
func (best *coded) better(c coded) {
	if c.rank != 0 && (best.rank == 0 || c.rank < best.rank) {
		*best = c
	}
}

// rankOf orders the systems by how much their codes are preferred, leaving a
// gap in which a code that a person has chosen goes first.
func rankOf(s term.System) int8 {
	switch s {
	case term.SNOMED:
		return 2
	case term.DMD:
		return 4
	case term.ICD10:
		return 6
	case term.OPCS4:
		return 8
	case term.CTV3:
		return 10
	case term.Read2:
		return 12
	case term.LOINC:
		return 14
	}
	return 16
}

// structural is the rank of the codes that FHIR itself defines, and unfit what
// is added to the rank of a code that may not be stored.
const (
	structural = 18
	unfit      = 20
)

// isStructural reports whether a code system belongs to FHIR itself: its codes
// say how a resource is to be read, not what is the matter with somebody.
func isStructural(uri []byte) bool {
	if bytes.HasPrefix(uri, []byte("http://terminology.hl7.org/")) {
		return true
	}
	return bytes.HasPrefix(uri, []byte("http://hl7.org/fhir/")) && !bytes.HasPrefix(uri, []byte("http://hl7.org/fhir/sid/"))
}

// coding reads one coding and, unless it is structural, adds it to the codings
// of the record.
func (d *Decoder) coding(field string) (c coded) {
	if !d.object(field) {
		return c
	}
	var uri []byte
	chosen := false
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "system":
			uri = d.text(field)
		case "code":
			c.raw = d.text(field)
		case "userSelected":
			chosen = d.boolean(field)
		default:
			d.swept(key)
		}
	}
	if len(c.raw) > 0 {
		d.weigh(&c, uri, chosen)
	}
	return c
}

// weigh says how much a coding is preferred, what of it may be stored and,
// unless it is structural, collects it. It is collected whatever the form of
// its code: gates judge by more than may be stored.
func (d *Decoder) weigh(c *coded, uri []byte, chosen bool) {
	said, ok := term.CodeOf(bytes.TrimSpace(c.raw))
	if !ok {
		return
	}
	system, of, rank := term.SystemOf(uri), term.Listed, int8(structural)
	if !isStructural(uri) {
		d.codings = append(d.codings, record.Coding{System: system, Code: said})
		if system == term.TreatmentFunction && d.specialty == "" {
			d.specialty, _ = term.CodeIn(system, c.raw)
		}
		of, rank = system, rankOf(system)
		if chosen {
			rank--
		}
	} else if bytes.HasSuffix(uri, []byte("NullFlavor")) {
		return
	}
	if restricts(c.raw) && isConfidentiality(uri) {
		d.restrict()
	}
	if c.code, ok = term.CodeIn(of, c.raw); ok {
		c.system = system
	} else {
		rank += unfit
	}
	c.rank = rank
}

// concept reads a CodeableConcept, or a list of them, and takes the preferred
// of its codings over into best.
func (d *Decoder) concept(field string, best *coded) {
	if k := d.recall(conceptPlace, slotOf(field)); k != nil {
		best.better(k.best)
		return
	}
	var own coded
	m := d.mark()
	d.conceptAnew(field, &own)
	if k := d.learn(m, conceptPlace); k != nil {
		k.best = own
		k.best.code, k.best.raw = term.Code(strings.Clone(string(own.code))), bytes.Clone(own.raw)
	}
	best.better(own)
}

// conceptAnew does what concept does, when the text is not known yet.
func (d *Decoder) conceptAnew(field string, best *coded) {
	for e := each(0); d.next(&e, field); {
		if !d.object(field) {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			if string(key) != "coding" {
				d.swept(key)
				continue
			}
			if !d.array(field) {
				continue
			}
			for d.c.Elem() {
				best.better(d.coding(field))
			}
		}
	}
}

// word reads a code and returns what a closed list makes of it.
func (d *Decoder) word(field string, list func([]byte) term.Word) term.Word {
	return list(d.text(field))
}

// status reads the status of the record. One that was entered in error is a
// deletion; what is not final, done or valid says nothing for sure.
func (d *Decoder) status(list func([]byte) term.Word) term.Word {
	s := d.text("status")
	if string(s) == "entered-in-error" {
		d.deleted = true
	}
	d.doubtful = d.doubtful || !isSure(s)
	return list(s)
}

// words reads a code, a CodeableConcept or a list of either, and returns the
// first that a closed list knows.
func (d *Decoder) words(field string, list func([]byte) term.Word) (w term.Word) {
	if k := d.recall(field, slotOf(field)); k != nil {
		return k.word
	}
	m := d.mark()
	w = d.wordsAnew(field, list)
	if k := d.learn(m, field); k != nil {
		k.word = w
	}
	return w
}

// wordsAnew does what words does, when the text is not known yet.
func (d *Decoder) wordsAnew(field string, list func([]byte) term.Word) (w term.Word) {
	for e := each(0); d.next(&e, field); {
		if d.c.Kind() == '"' {
			if s := d.word(field, list); w == "" {
				w = s
			}
			continue
		}
		if !d.object(field) {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			if string(key) != "coding" {
				d.swept(key)
				continue
			}
			if !d.array(field) {
				continue
			}
			for d.c.Elem() {
				raw := d.coding(field).raw
				if w == "" {
					w = list(raw)
				}
			}
		}
	}
	return w
}

// sweep passes over a value in which nothing is wanted but its codings, and the
// places that its identifiers and references name.
func (d *Decoder) sweep() {
	switch d.c.Kind() {
	case '{':
		d.sweepObject()
	case '[':
		d.c.Array()
		for d.c.Elem() {
			d.sweep()
		}
	default:
		d.c.Skip()
	}
}

func (d *Decoder) sweepObject() {
	var system, value, literal []byte
	d.c.Object()
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		var into *[]byte
		switch string(key) {
		case "system":
			into = &system
		case "value":
			into = &value
		case "reference":
			into = &literal
		}
		if into == nil || d.c.Kind() != '"' {
			d.swept(key)
			continue
		}
		*into = d.c.Str()
	}
	d.placed(system, value)
	if len(literal) > 0 {
		var t target
		t.split(literal)
		d.points(&t)
	}
}

// swept passes over the value of a member that is not wanted.
func (d *Decoder) swept(key []byte) {
	if kind := d.c.Kind(); kind != '{' && kind != '[' {
		d.c.Skip()
		return
	}
	place := sweptAt(key)
	if d.recall(place, slotOf(key)) != nil {
		return
	}
	m := d.mark()
	d.sweptAnew(key)
	d.learn(m, place)
}

// sweptAnew does what swept does, when the text is not known yet.
func (d *Decoder) sweptAnew(key []byte) {
	switch string(key) {
	case "coding":
		if d.c.Kind() == '[' {
			d.c.Array()
			for d.c.Elem() {
				d.sweptCoding()
			}
			return
		}
	case "valueCoding":
		d.sweptCoding()
		return
	}
	d.sweep()
}

func (d *Decoder) sweptCoding() {
	if d.c.Kind() == '{' {
		d.coding("coding")
		return
	}
	d.c.Skip()
}

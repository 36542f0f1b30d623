package fhir

import (
	"math"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

var none = math.NaN()

func (d *Decoder) observation(b *record.Block) {
	o := add(d, &b.Observations, record.Observation)
	r := &o.Row
	r.Value = none
	var best coded
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "status":
			r.Status = d.status(observationStatus)
		case "category":
			r.Category = d.words("category", observationCategory)
		case "code":
			d.concept("code", &best)
		case "effectiveDateTime", "effectiveInstant":
			r.At = d.time("effective")
		case "effectivePeriod":
			r.At, _ = d.period("effective")
		case "issued":
			o.Recorded = d.time("issued")
		case "performer":
			r.Provider = firstODS(r.Provider, d.providers("performer"))
		case "component":
			d.components()
		default:
			if !d.value(key, r) {
				d.common(key)
			}
		}
	}
	r.System, r.Code = best.system, best.code
	if done(d, &b.Observations, first(r.At, o.Recorded), d.by(&r.Provider)) {
		d.split(b)
	}
}

// components reads the components into rows of their own. One that has neither
// a code nor a value that can be kept makes none.
func (d *Decoder) components() {
	for e := each(0); d.next(&e, "component"); {
		if !d.object("component") {
			continue
		}
		r := row.Observation{Value: none}
		var best coded
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			if string(key) == "code" {
				d.concept("component.code", &best)
			} else if !d.value(key, &r) {
				d.swept(key)
			}
		}
		r.System, r.Code = best.system, best.code
		if r.Code != "" || r.ValueCode != "" || r.Value == r.Value {
			d.parts = append(d.parts, r)
		}
	}
}

// split puts a row for each component behind the row of the record.
func (d *Decoder) split(b *record.Block) {
	if len(d.parts) == 0 {
		return
	}
	whole := b.Observations[len(b.Observations)-1]
	for i := range d.parts {
		part, r := whole, &d.parts[i]
		part.Part = int32(i + 1)
		r.Category, r.Status, r.At, r.Provider = whole.Row.Category, whole.Row.Status, whole.Row.At, whole.Row.Provider
		part.Row = *r
		b.Observations = append(b.Observations, part)
	}
}

// value reads a value that has a column, if key is the name of one. A string,
// a time and a range have none.
func (d *Decoder) value(key []byte, r *row.Observation) bool {
	switch string(key) {
	case "valueQuantity":
		q := d.quantity("valueQuantity")
		r.Value, r.Unit, r.Comparator = q.value, q.unit, q.comparator
	case "valueCodeableConcept":
		var best coded
		d.concept("valueCodeableConcept", &best)
		r.ValueSystem, r.ValueCode = best.system, best.code
		d.doubtful = d.doubtful || isNo(best.raw)
	case "valueInteger":
		r.Value = d.number("valueInteger")
	case "valueBoolean":
		r.Value = 0
		if d.c.Kind() == 'n' {
			r.Value = none
		}
		if d.boolean("valueBoolean") {
			r.Value = 1
		} else {
			d.doubtful = true
		}
	default:
		return false
	}
	return true
}

type quantity struct {
	value      float64
	unit       term.Unit
	comparator term.Word
}

// quantity reads a Quantity. What stands behind its value is mostly the same
// in all records of a kind, so it is remembered.
func (d *Decoder) quantity(field string) (q quantity) {
	q.value = none
	if !d.object(field) {
		return q
	}
	key, ok := d.c.Next()
	if !ok || string(key) != "value" {
		d.quantityOn(field, key, ok, &q)
		return q
	}
	q.value = d.number(field)
	if k := d.recall(quantityPlace, slotOf(field)); k != nil {
		q.unit, q.comparator = k.unit, k.word
		return q
	}
	m := d.mark()
	key, ok = d.c.Next()
	if d.quantityOn(field, key, ok, &q) {
		return q
	}
	if k := d.learn(m, quantityPlace); k != nil {
		k.unit, k.word = term.Unit(strings.Clone(string(q.unit))), q.comparator
	}
	return q
}

// quantityOn reads a Quantity from the member key on and reports whether a
// value was among them. Its unit is what the UCUM code spells, or else the unit
// as it is written, or else a code of another system. The value of a unit that
// is not known is kept, with a unit that says so.
func (d *Decoder) quantityOn(field string, key []byte, ok bool, q *quantity) (valued bool) {
	var unit, code, system []byte
	for ; ok; key, ok = d.c.Next() {
		switch string(key) {
		case "value":
			q.value, valued = d.number(field), true
		case "unit":
			unit = d.text(field)
		case "code":
			code = d.text(field)
		case "system":
			system = d.text(field)
		case "comparator":
			q.comparator = comparator(d.text(field))
		default:
			d.swept(key)
		}
	}
	if string(system) != "http://unitsofmeasure.org" {
		code, unit = unit, code
	}
	var known bool
	if q.unit, known = term.UnitOf(code); !known && len(unit) > 0 {
		q.unit, _ = term.UnitOf(unit)
	}
	return valued
}

package fhir

import (
	"bytes"
	"strings"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// target is what a reference points to.
type target struct {
	typ, id []byte // of a literal reference; typ is empty where it does not tell
	raw     []byte // a literal reference that may have to be taken apart loosely
	system  []byte // of a logical reference
	value   []byte
	from    term.Time // from when and until when it holds
	to      term.Time
	old     bool // it says that it no longer holds
	torn    bool // it is logical twice, in two ways
}

// reference reads a Reference, literal (Type/id, absolute, urn:uuid:, to a
// contained resource) or logical (by identifier).
func (d *Decoder) reference(field string) (t target) {
	if s, ok := d.c.Only(`{"reference":"`); ok {
		t.split(s)
		d.points(&t)
		return t
	}
	if !d.object(field) {
		return t
	}
	var literal, typ []byte
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "reference":
			literal = d.text(field)
		case "type":
			typ = d.text(field)
		case "identifier":
			d.identifier(field, &t)
		default:
			d.swept(key)
		}
	}
	t.split(literal)
	d.points(&t)
	if len(t.typ) == 0 {
		t.typ = typ
	}
	return t
}

// identifier reads an identifier.
func (d *Decoder) identifier(field string, t *target) {
	if !d.object(field) {
		return
	}
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "system":
			t.system = d.text(field)
		case "value":
			t.value = d.text(field)
		case "period":
			t.from, t.to = d.period(field)
		case "use":
			t.old = string(d.text(field)) == "old"
		default:
			d.swept(key)
		}
	}
	d.placed(t.system, t.value)
}

// placed takes the organisation or the site that an identifier names for a
// coding of the record, which it may give away: gates judge it. Where it stands
// in the record does not matter.
func (d *Decoder) placed(system, value []byte) {
	if !isODS(system) {
		return
	}
	if code, ok := term.CodeOf(value); ok {
		d.place(code)
	}
}

func (d *Decoder) place(code term.Code) {
	c := record.Coding{System: term.Place, Code: code}
	if n := len(d.codings); n == d.codingsFrom || d.codings[n-1] != c {
		d.codings = append(d.codings, c)
	}
}

// points does as placed does for the organisation to which a reference points.
func (d *Decoder) points(t *target) {
	if string(t.typ) != "Organization" {
		return
	}
	d.placed(t.system, t.value)
	if code := d.options.Lookup.organisation(t.id); code != "" {
		d.place(term.Code(code))
	}
}

// isODS reports whether identifiers of a system are codes of organisations or
// sites.
func isODS(system []byte) bool {
	return string(system) == "https://fhir.nhs.uk/Id/ods-organization-code" || string(system) == "https://fhir.nhs.uk/Id/ods-site-code"
}

// split takes a literal reference apart. The id of a contained resource keeps
// its #.
func (t *target) split(b []byte) {
	if len(b) == 0 {
		return
	}
	if slash := bytes.IndexByte(b, '/'); slash > 0 && b[0] >= 'A' && b[0] <= 'Z' {
		id := b[slash+1:]
		if bytes.IndexByte(id, '/') < 0 && bytes.IndexByte(b, '?') < 0 { // Type/id
			t.typ, t.id = b[:slash], id
			return
		}
	}
	if b[0] == '#' {
		t.id = b
		return
	}
	t.raw = b
	for _, prefix := range [...]string{"urn:uuid:", "urn:oid:"} {
		if len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix {
			t.id = b[len(prefix):]
			return
		}
	}
	if q := bytes.IndexByte(b, '?'); q >= 0 {
		t.query(b, q)
		return
	}
	t.path(b)
}

// path takes an address apart whose last steps are Type/id, or
// Type/id/_history/version.
func (t *target) path(b []byte) {
	last := bytes.LastIndexByte(b, '/')
	if last < 0 {
		return
	}
	before := bytes.LastIndexByte(b[:last], '/')
	if before >= 0 && string(b[before+1:last]) == "_history" {
		b = b[:before]
		if last = bytes.LastIndexByte(b, '/'); last < 0 {
			return
		}
		before = bytes.LastIndexByte(b[:last], '/')
	}
	if t.id = b[last+1:]; len(t.id) > 0 {
		t.typ = b[before+1 : last]
	}
}

// query takes a conditional reference, Type?identifier=system|value, for a
// logical one.
func (t *target) query(b []byte, q int) {
	rest, ok := bytes.CutPrefix(b[q+1:], []byte("identifier="))
	if !ok {
		return
	}
	system, value, ok := bytes.Cut(rest, []byte("|"))
	if !ok {
		return
	}
	t.typ = b[bytes.LastIndexByte(b[:q], '/')+1 : q]
	t.torn = len(t.value) > 0 && (string(t.system) != string(system) || string(t.value) != string(value))
	t.system, t.value = system, value
}

// local reports whether t points to a contained resource.
func (t *target) local() bool { return len(t.id) > 0 && t.id[0] == '#' }

// ref returns t as a reference to a record, or the zero Ref when it points to
// nothing of which rows are made. kind is what the field points to where the
// reference does not tell.
func (t *target) ref(kind record.Kind) record.Ref {
	if len(t.id) == 0 || t.local() {
		return record.Ref{}
	}
	if len(t.typ) > 0 {
		kind = kindOf(t.typ)
	}
	if kind == record.None {
		return record.Ref{}
	}
	return record.Ref{Kind: kind, ID: view(t.id)}
}

// ods returns the code of the organisation that t names, by identifier or
// through the look-up.
func (d *Decoder) ods(t target) term.ODS {
	if isODS(t.system) {
		return odsOf(t.value)
	}
	if len(t.id) > 0 && (len(t.typ) == 0 || string(t.typ) == "Organization") {
		return d.options.Lookup.organisation(t.id)
	}
	return ""
}

// providers reads a Reference or a list of them and returns the first
// organisation among them.
func (d *Decoder) providers(field string) (o term.ODS) {
	if k := d.recall(field, slotOf(field)); k != nil {
		return k.ods
	}
	m := d.mark()
	o = d.providersAnew(field)
	if k := d.learn(m, field); k != nil {
		k.ods = term.ODS(strings.Clone(string(o)))
	}
	return o
}

// providersAnew does what providers does, when the text is not known yet.
func (d *Decoder) providersAnew(field string) (o term.ODS) {
	for e := each(0); d.next(&e, field); {
		o = firstODS(o, d.ods(d.reference(field)))
	}
	return o
}

// actors reads a backbone element or a list of them and returns the first
// organisation that one of its references names.
func (d *Decoder) actors(field string) (o term.ODS) {
	for e := each(0); d.next(&e, field); {
		if !d.object(field) {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			switch string(key) {
			case "actor", "onBehalfOf", "agent", "reference", "identifier":
				o = d.actor(key, field, o)
			default:
				d.swept(key)
			}
		}
	}
	return o
}

// about takes t for whom the record is about, if it can name a person. kind is
// what it points to where it does not tell. A record that is about two persons
// is torn.
func (d *Decoder) about(t *target, kind record.Kind) {
	h := d.head
	if t.local() && (kind == record.Patient || string(t.typ) == "Patient") {
		d.within = t.id[1:]
	}
	if r := t.ref(kind); r.Kind == record.Patient {
		d.torn = d.torn || h.Subject.Kind != record.None && h.Subject != r
		h.Subject = r
	}
	if n, fault := d.person(t.system, t.value); fault == record.NoFault {
		d.torn = d.torn || t.torn || !h.Number.Zero() && h.Number != n
		h.Number, d.past = n, t.old || d.over(t.to)
	}
}

// settleSubject settles how the person is named, once all is read. Where that
// is by reference and by number, both stay: the person's own record, which is
// read elsewhere, says whether they are of one person. A number that is a
// former one names nobody by itself.
func (d *Decoder) settleSubject() {
	h := d.head
	for i := range d.inside {
		c := &d.inside[i]
		if len(d.within) == 0 || string(c.id) != string(d.within) || c.number.Zero() {
			continue
		}
		d.torn = d.torn || c.several || !h.Number.Zero() && h.Number != c.number
		h.Number, d.past = c.number, false
	}
	if h.Subject.Kind == record.None && d.past {
		h.Number = identity.Number{}
	}
}

// actor reads one member of what actors reads.
func (d *Decoder) actor(key []byte, field string, o term.ODS) term.ODS {
	var t target
	switch string(key) {
	case "reference":
		t.split(d.text(field))
		d.points(&t)
	case "identifier":
		d.identifier(field, &t)
	default:
		t = d.reference(field)
	}
	return firstODS(o, d.ods(t))
}

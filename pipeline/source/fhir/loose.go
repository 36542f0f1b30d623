package fhir

import (
	"bytes"
	"strings"

	"secondaryuse/deid/record"
)

// loosely takes apart what split could not: a bare id, a search by _id, a type in
// small letters, a stroke too many. It is for references between records alone,
// where not to find the other keeps what hangs on it; who a record is about must
// be said as the standard has it.
func (t *target) loosely() {
	said, b := t.typ, bytes.Trim(t.raw, "/ \t\r\n")
	t.raw, t.typ, t.id = nil, nil, nil
	if typ, id, ok := bytes.Cut(b, []byte("?_id=")); ok {
		t.typ, t.id = typ[bytes.LastIndexByte(typ, '/')+1:], id
	} else if bytes.IndexByte(b, '?') < 0 {
		t.path(b)
		if bytes.IndexByte(b, '/') < 0 {
			t.id = b
		}
	}
	switch name := typeLike(t.typ); {
	case !isID(t.id):
		t.id = nil
	case name != "":
		t.typ = []byte(name)
	case len(t.typ) == 0:
		t.typ = said
	}
}

// typeLike is the resource type that a word is but for capitals.
func typeLike(word []byte) string {
	for name := range typeWords {
		if len(name) == len(word) && strings.EqualFold(name, view(word)) {
			return name
		}
	}
	return ""
}

// isID reports whether b has the shape of a FHIR id.
func isID(b []byte) bool {
	for _, c := range b {
		if c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 64
}

// named returns what stands between a record that has an identifier and those that
// refer to it by that: each of them goes with it, and it with them. There is no
// such thing for the identifiers of persons and of organisations, nor for one
// that is too short to be anybody's alone.
func (d *Decoder) named(t *target) record.Ref {
	const least = 4
	system := string(t.system)
	if len(t.value) < least || system == NHSNumber || system == d.options.Person.System || isODS(t.system) {
		return record.Ref{}
	}
	from := len(d.arena)
	d.arena = append(append(append(append(d.arena, '?'), t.system...), '|'), t.value...)
	return record.Ref{Kind: record.Wrapper, ID: view(d.arena[from:])}
}

// identified takes up the identifiers of the record.
func (d *Decoder) identified() {
	for e := each(0); d.next(&e, "identifier"); {
		var t target
		d.identifier("identifier", &t)
		d.linkTo(d.named(&t), record.Part)
	}
}

// called takes up by what else than its id a Bundle calls the record that begins.
func (d *Decoder) called(url []byte) {
	var t target
	if t.split(url); len(t.id) > 0 && !t.local() {
		d.alias = t.id
	}
}

// also has the record go with what others call it, where that is not its id.
func (d *Decoder) also() {
	h := d.head
	if len(d.alias) == 0 || h.ID.ID == "" || view(d.alias) == h.ID.ID || h.ID.Kind == record.Patient {
		return
	}
	d.linkTo(record.Ref{Kind: h.ID.Kind, ID: view(d.alias)}, record.Part)
}

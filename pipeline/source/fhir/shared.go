package fhir

import (
	"bytes"
	"strings"
	"unsafe"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// view returns b as a string without copying it.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// common reads a member that means the same in every resource, and passes over
// one that is not wanted.
func (d *Decoder) common(key []byte) {
	switch string(key) {
	case "id":
		d.head.ID.ID = view(d.text("id"))
	case "meta":
		d.meta()
	case "subject", "patient":
		t := d.reference("subject")
		d.about(&t, record.Patient)
	case "encounter", "context":
		t := d.reference("encounter")
		d.inEncounter(&t)
	case "extension", "modifierExtension":
		d.extensions()
	case "identifier":
		d.identified()
	case "contained":
		d.contained()
	case "securityLabel":
		d.labels()
	case "confidentiality": // of a letter
		d.head.Restricted = restricts(d.text("confidentiality")) || d.head.Restricted
	default:
		if t := tieOf(key); t != nil {
			d.follow(t)
			return
		}
		d.swept(key)
	}
}

// inEncounter takes note of the encounter, or the episode, that the record is of.
func (d *Decoder) inEncounter(t *target) {
	r := d.refOf(t, record.Encounter)
	d.linkTo(d.named(t), record.Part)
	switch {
	case r.Kind == record.Encounter:
		if was := d.head.Encounter; was != r {
			d.linkTo(was, record.Part)
		}
		d.head.Encounter = r
	case r.Kind == record.Wrapper:
		d.linkTo(r, record.Member)
	}
}

// meta reads the version, the source and the security labels. What stands
// behind the version is mostly the same in all records of a source, so it is
// remembered.
func (d *Decoder) meta() {
	if !d.object("meta") {
		return
	}
	var m mark
	plain := false // behind the version stand a source and nothing else that is wanted
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "lastUpdated":
			d.head.Version = d.instant("meta.lastUpdated", ParseInstant)
			if k := d.recall(metaPlace, 0); k != nil {
				d.holder = k.ods
				return
			}
			m, plain = d.mark(), false
		case "source":
			plain = d.holds(d.text("meta.source"))
		case "security":
			m = mark{}
			d.security()
		case "tag":
			m = mark{}
			d.tags()
		case "extension":
			m = mark{}
			d.swept(key)
		default:
			d.skipped(key)
		}
	}
	if plain {
		if k := d.learn(m, metaPlace); k != nil {
			k.ods = term.ODS(strings.Clone(string(d.holder)))
		}
	}
}

// holds takes the organisation that meta.source names, if it names one, for
// the one whose data the record is. One that cannot be read is not taken for the
// feed's own: nobody has an agreement under that.
func (d *Decoder) holds(source []byte) bool {
	code, ok := bytes.CutPrefix(source, []byte("https://fhir.nhs.uk/Id/ods-organization-code|"))
	if !ok {
		return false
	}
	if d.holder, ok = term.ODSOf(code); !ok {
		d.holder = odsOf(bytes.ToUpper(bytes.TrimSpace(code)))
	}
	d.strange = d.holder == ""
	return !d.strange
}

// unreadable is whose data it is that says so in no form that a code has.
const unreadable term.ODS = "?"

// of is whose data the record is, empty where it does not say.
func (d *Decoder) of() term.ODS {
	if d.strange {
		return unreadable
	}
	return d.holder
}

// security reads the labels. A label of any system, however that is spelled,
// restricts the record if it says restricted or very restricted; the others are
// codings of the record, for they may say why it is sensitive: as labels,
// whatever their system, and as codes of a system that has such.
func (d *Decoder) security() {
	if !d.array("meta.security") {
		return
	}
	for d.c.Elem() {
		d.label("meta.security")
	}
}

func (d *Decoder) label(field string) {
	label := d.coding(field)
	if restricts(label.raw) {
		d.head.Restricted = true
		if n := len(d.codings); n > d.codingsFrom && d.codings[n-1] == restricted {
			d.codings = d.codings[:n-1] // a label of the record itself is not remembered
		}
	} else if code, ok := term.CodeOf(bytes.TrimSpace(label.raw)); ok {
		d.codings = append(d.codings, record.Coding{System: term.Label, Code: code})
	}
}

// labels reads concepts that are such labels, of a document.
func (d *Decoder) labels() {
	for e := each(0); d.next(&e, "securityLabel"); {
		if !d.object("securityLabel") {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			if string(key) != "coding" {
				d.swept(key)
				continue
			}
			for e := each(0); d.next(&e, "securityLabel"); {
				d.label("securityLabel")
			}
		}
	}
}

// isConfidentiality reports whether codes of a system say how far something may
// go, wherever in a record they stand: on an element of it, in an extension, on a
// document.
func isConfidentiality(uri []byte) bool {
	return bytes.HasSuffix(uri, []byte("Confidentiality")) || string(uri) == "urn:oid:2.16.840.1.113883.5.25"
}

// restricted stands among codings for a label that restricts what carries it, so
// that it is not forgotten where these are remembered.
var restricted = record.Coding{System: term.Label, Code: "R"}

func (d *Decoder) restrict() {
	d.head.Restricted = true
	d.codings = append(d.codings, restricted)
}

// restricts reports whether a label says restricted or very restricted, or that
// more is kept back than it says, which PDS labels REDACTED. Sources differ in
// whether they write them in capitals.
func restricts(code []byte) bool {
	code = bytes.TrimSpace(code)
	return bytes.EqualFold(code, []byte("R")) || bytes.EqualFold(code, []byte("V")) || bytes.EqualFold(code, []byte("REDACTED"))
}

// tags reads labels that say nothing of how far a record may go. They are codings
// of it all the same.
func (d *Decoder) tags() {
	for e := each(0); d.next(&e, "meta.tag"); {
		d.sweptCoding()
	}
}

// contained is what is wanted of a contained resource.
type contained struct {
	id      []byte
	best    coded // its code, for a medicine
	number  identity.Number
	several bool // it has more than one number, so none counts
}

// containedMeta reads the labels of a contained resource, which ought to have none.
func (d *Decoder) containedMeta() {
	if !d.object("contained.meta") {
		return
	}
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		if string(key) != "security" {
			d.swept(key)
			continue
		}
		for e := each(0); d.next(&e, "contained.meta"); {
			d.label("contained.meta")
		}
	}
}

// containedMember has what a contained resource refers to be what the record
// refers to, as the codes in it are its codes: it is nobody else's.
func (d *Decoder) containedMember(key []byte) {
	if t := tieOf(key); t != nil {
		d.follow(t)
		return
	}
	d.swept(key)
}

func (d *Decoder) contained() {
	if !d.array("contained") {
		return
	}
	for d.c.Elem() {
		if !d.object("contained") {
			continue
		}
		var c contained
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			switch string(key) {
			case "id":
				c.id = d.text("contained.id")
			case "code":
				if d.c.Kind() == '{' {
					d.concept("contained.code", &c.best)
				} else {
					d.sweep()
				}
			case "identifier":
				d.containedNumber(&c)
			case "meta":
				d.containedMeta()
			case "encounter", "context":
				to := d.reference("contained.encounter")
				d.linkTo(d.refOf(&to, record.Encounter), record.Part)
				d.linkTo(d.named(&to), record.Part)
			default:
				d.containedMember(key)
			}
		}
		d.inside = append(d.inside, c)
	}
}

// containedNumber reads the identifiers of a contained resource, of which one
// may be the person's, if it is not a former one.
func (d *Decoder) containedNumber(c *contained) {
	for e := each(0); d.next(&e, "contained.identifier"); {
		var t target
		d.identifier("contained.identifier", &t)
		n, fault := d.person(t.system, t.value)
		if fault == record.NoFault && !t.old && !d.over(t.to) {
			c.several = c.several || (!c.number.Zero() && c.number != n)
			c.number = n
		}
	}
}

// medicine returns the code of a medicine to which t points.
func (d *Decoder) medicine(t target) (best coded) {
	if t.local() {
		for i := range d.inside {
			if string(d.inside[i].id) == string(t.id[1:]) {
				return d.inside[i].best
			}
		}
		return best
	}
	if len(t.typ) > 0 && string(t.typ) != "Medication" {
		return best
	}
	m := d.options.Lookup.medicine(t.id)
	d.codings = append(d.codings, m.codings...)
	return m.best
}

// person returns the number that an identifier stands for, or why it stands
// for none: Missing where it is of another system.
func (d *Decoder) person(system, value []byte) (identity.Number, record.Fault) {
	p := &d.options.Person
	if string(system) != p.System || len(value) == 0 {
		return identity.Number{}, record.Missing
	}
	if p.Local {
		n, _ := identity.Local(value)
		return n, record.NoFault
	}
	n, err := identity.Parse(value)
	switch err {
	case nil:
		return n, record.NoFault
	case identity.ErrCheckDigit:
		return n, record.BadCheckDigit
	case identity.ErrDisallowed:
		return n, record.Disallowed
	}
	return n, record.BadForm
}

// accepted reports whether a verification status is one that persons are told
// apart by.
func (d *Decoder) accepted(status term.Code) bool {
	if d.options.Person.Local {
		return true
	}
	if status == "" {
		status = NoStatus
	}
	for _, s := range d.options.Person.Verification {
		if string(status) == s {
			return true
		}
	}
	return false
}

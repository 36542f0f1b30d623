package gpconnect

import (
	"bytes"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/scan"
)

// reader decodes the Bundle of one file into a block.
type reader struct {
	pass  source.Pass
	block *record.Block
	flush func() error // yields the block and makes the reader ready for more

	fhir    *fhir.Decoder
	cursor  scan.Cursor
	entries []entry
	lists   []list
	heard   list // one of them: what can be heard of entries that are rejected

	wrappers list // another: entries of kinds that no dataset takes
	arena    []byte

	patient string          // logical id of the Bundle's Patient
	number  identity.Number // its number, where it has a usable one
	former  []record.Former // and those it had before
	born    term.Time       // the first day on which it may have been born
	holder  term.ODS        // who manages it
	version term.Time       // of the Bundle
	meta    []byte          // of the Bundle: its labels are those of all that is in it
}

// entry is one entry of a Bundle.
type entry struct {
	resource []byte // nil where there is none
	typ, id  []byte
	born     []byte // birthDate of a Patient
	line     int64
}

func newReader(person fhir.Person, pass source.Pass, b *record.Block) *reader {
	heard, wrappers := heardOf(b), wrappersOf(b)
	return &reader{
		pass: pass, block: b,
		fhir:  fhir.New(fhir.Options{Person: person, Default: "gp"}),
		lists: append(listsOf(b), heard, wrappers), heard: heard, wrappers: wrappers,
	}
}

// reset takes back all that the block held.
func (r *reader) reset() {
	r.block.Reset()
	r.fhir.Reset()
	r.arena = r.arena[:0]
}

// document decodes a file.
func (r *reader) document(doc document) error {
	if doc.fault != "" {
		r.refuse(doc.line, "", doc.fault)
		return nil
	}
	if field, fault := r.open(doc.text); fault != "" {
		r.refuse(1, field, fault)
		return nil
	}
	if fault := r.choosePatient(); fault != "" {
		return r.refuseAll(fault)
	}
	r.lookUp()
	r.fhir.Within(r.meta)
	defer r.fhir.Within(nil)
	for i := range r.entries {
		if e := &r.entries[i]; e.isPatient() {
			r.person(e)
		}
	}
	if r.pass == source.People {
		return nil
	}
	for i := range r.entries {
		if e := &r.entries[i]; !e.isPatient() {
			r.entry(e)
		}
		if err := r.full(); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) isPatient() bool { return string(e.typ) == "Patient" }

// full yields the block once it is full.
func (r *reader) full() error {
	n := len(r.block.Persons) + len(r.block.Rejects)
	for _, l := range r.lists {
		n += l.len()
	}
	if n < source.BlockRows {
		return nil
	}
	return r.flush()
}

// open finds the entries of a Bundle, and says why the text, which is valid
// JSON, is none.
func (r *reader) open(text []byte) (field, fault string) {
	c := &r.cursor
	c.Reset(text)
	if !c.Object() {
		return "", "not a JSON object"
	}
	var typ []byte
	line, at := int64(1), 0
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch string(key) {
		case "resourceType":
			typ = str(c)
		case "meta":
			r.meta = c.Raw()
			r.version = written(r.meta)
		case "entry":
			if c.Kind() != '[' {
				return "entry", "not an array"
			}
			c.Array()
			for c.Elem() {
				raw := c.Raw()
				from := c.Pos() - len(raw)
				line += int64(bytes.Count(text[at:from], []byte{'\n'}))
				at = from
				r.entries = append(r.entries, entryOf(raw, line))
			}
		default:
			c.Skip()
		}
	}
	if string(typ) != "Bundle" {
		return "resourceType", "not a Bundle"
	}
	return "", ""
}

// str consumes the next value and returns it if it is a string.
func str(c *scan.Cursor) []byte {
	if c.Kind() == '"' {
		return c.Str()
	}
	c.Skip()
	return nil
}

// written reads in the meta of a Bundle when that was.
func written(meta []byte) (t term.Time) {
	var c scan.Cursor
	if c.Reset(meta); !c.Object() {
		return t
	}
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		if string(key) == "lastUpdated" {
			t, _ = fhir.ParseInstant(str(&c))
		} else {
			c.Skip()
		}
	}
	return t
}

// entryOf looks into an entry as far as to tell what it is.
func entryOf(raw []byte, line int64) entry {
	e := entry{line: line}
	var c scan.Cursor
	c.Reset(raw)
	if c.Kind() != '{' {
		return e
	}
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		if string(key) == "resource" {
			e.resource = c.Raw()
		} else {
			c.Skip()
		}
	}
	c.Reset(e.resource)
	if c.Kind() != '{' {
		return e
	}
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch string(key) {
		case "resourceType":
			e.typ = str(&c)
		case "id":
			e.id = str(&c)
		case "birthDate":
			e.born = str(&c)
		default:
			c.Skip()
		}
	}
	return e
}

// choosePatient finds the one Patient of the Bundle.
func (r *reader) choosePatient() (fault string) {
	found := false
	for i := range r.entries {
		e := &r.entries[i]
		if !e.isPatient() || len(e.id) == 0 {
			continue
		}
		if found && r.patient != string(e.id) {
			return "a Bundle with several Patients"
		}
		r.patient, found = string(e.id), true
	}
	if !found {
		return "a Bundle without a Patient"
	}
	return ""
}

// lookUp takes in what the Bundle's records refer to.
func (r *reader) lookUp() {
	l := fhir.NewLookup()
	for i := range r.entries {
		switch e := &r.entries[i]; string(e.typ) {
		case "Medication", "Organization":
			l.Add(e.resource)
		}
	}
	r.fhir.Use(l)
}

// refuse counts and rejects an entry, or the file.
func (r *reader) refuse(line int64, field, reason string) {
	if r.pass == source.Rows {
		r.block.Read++
		r.block.Rejects = append(r.block.Rejects, record.Reject{Line: line, Field: field, Reason: reason})
	}
}

// refuseAll rejects every entry of a Bundle, or the Bundle where it has none.
func (r *reader) refuseAll(reason string) error {
	if len(r.entries) == 0 {
		r.refuse(1, "entry", reason)
	}
	for i := range r.entries {
		r.refuse(r.entries[i].line, "entry", reason)
		if err := r.full(); err != nil {
			return err
		}
	}
	return nil
}

// person decodes the Bundle's Patient.
func (r *reader) person(e *entry) {
	if born, ok := fhir.ParseTime(e.born); ok {
		r.born = born
	}
	n := len(r.block.Persons)
	if r.pass == source.People {
		r.fhir.People(e.resource, r.block, e.line)
	} else {
		r.fhir.Decode(e.resource, r.block, e.line)
	}
	for i := n; i < len(r.block.Persons); i++ {
		p := &r.block.Persons[i]
		r.number, r.holder = p.Number, p.Organisation
		r.former = append(r.former, p.Former...)
		if p.Version == term.Unknown {
			p.Version = r.version
		}
	}
}

// entry decodes any other entry.
func (r *reader) entry(e *entry) {
	switch {
	case e.resource == nil:
		r.refuse(e.line, "entry.resource", "missing")
		return
	case string(e.typ) == "Bundle":
		r.refuse(e.line, "entry.resource", "a Bundle within a Bundle")
		return
	}
	for _, l := range r.lists {
		l.mark()
	}
	r.fhir.Decode(e.resource, r.block, e.line)
	for _, l := range r.lists {
		r.settle(l)
	}
}

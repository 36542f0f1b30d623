package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/scan"
)

// Options is what a decoder must know of a feed.
type Options struct {
	Person  Person
	Lookup  *Lookup   // medicines and organisations that records refer to; nil: none
	Default term.Word // kind of an encounter that does not tell it; empty: other
}

// Person says how a feed names its persons.
type Person struct {
	System       string   // of the identifier; empty: the NHS number
	Local        bool     // it is a local identifier: no NHS number, no check digit
	Verification []string // accepted verification statuses; empty: 01

	Now term.Time // the wall clock of the run: identifiers and addresses that ended before are former ones
}

// NoStatus, among the accepted verification statuses, accepts a number that
// comes without one.
const NoStatus = "none"

// NHSNumber is the system of the identifier that is an NHS number.
const NHSNumber = "https://fhir.nhs.uk/Id/nhs-number"

// Decoder decodes resources one after another. What it has put into a block
// points into the texts it was given and into memory of its own, and is valid
// until Reset. A Decoder is for one goroutine.
type Decoder struct {
	options Options
	c       scan.Cursor
	outer   scan.Cursor // of a bundle
	codings []record.Coding
	links   []record.Link
	former  []record.Former
	parts   []row.Observation
	arena   []byte // ids that are made of two texts
	memory  *memory
	inside  []contained

	block      *record.Block
	around     around
	line       int64
	from, size int64 // where the text lies in its file, for Head
	pass       pass
	spare      record.Head // where a resource of no dataset is read to
	resource               // the one that is being read
}

// resource is what is known of the resource that is being read.
type resource struct {
	dataset     record.Dataset
	head        *record.Head
	codingsFrom int
	linksFrom   int
	fault       fault
	deleted     bool
	holder      term.ODS // whose data it is
	strange     bool     // it says whose, and in no form that a code has
	extra       extra
	specialty   term.Code // the first treatment function code in it
	within      []byte    // id of the contained resource that is its subject
	past        bool      // the number of its subject is a former one
	torn        bool      // it names two persons
	expires     term.Time // when the first period ends that is not over
	doubtful    bool      // it says that something is not so, or not for sure
	alias       []byte    // by what else than its id others may refer to it
	vague       term.Time // by how much a date of it may be later, where only its month or year is given
}

// fault is why a record cannot be read.
type fault struct{ field, reason string }

// New returns a decoder.
func New(o Options) *Decoder {
	if o.Person.System == "" {
		o.Person.System = NHSNumber
	}
	if len(o.Person.Verification) == 0 {
		o.Person.Verification = []string{"01"}
	}
	if o.Default == "" {
		o.Default = "other"
	}
	return &Decoder{options: o, memory: new(memory)}
}

// Use replaces the look-up, for a source whose every file brings its own.
func (d *Decoder) Use(l *Lookup) { d.options.Lookup, d.memory = l, new(memory) }

// Reset forgets what was decoded. It must be called whenever the block has
// been reset, and not before.
func (d *Decoder) Reset() {
	d.c.Reset(nil)
	d.codings, d.links, d.former, d.arena = d.codings[:0], d.links[:0], d.former[:0], d.arena[:0]
}

// At says where in its file the text lies that is decoded next.
func (d *Decoder) At(from, size int64) { d.from, d.size = from, size }

// Decode decodes one JSON text, a resource or a Bundle of resources, into b
// and counts what it read. line is where the text stands in its file.
func (d *Decoder) Decode(text []byte, b *record.Block, line int64) {
	d.decode(text, b, line, rows)
}

// DecodeOthers decodes as Decode does, but rejects patients: it is for files
// in which none are looked for when the persons of a feed are read.
func (d *Decoder) DecodeOthers(text []byte, b *record.Block, line int64) {
	d.decode(text, b, line, others)
}

// People decodes patients and the deletions of patients as Decode does, and
// nothing else. It counts nothing.
func (d *Decoder) People(text []byte, b *record.Block, line int64) {
	d.decode(text, b, line, people)
}

type pass uint8

const (
	rows pass = iota
	others
	people
)

func (d *Decoder) decode(text []byte, b *record.Block, line int64, p pass) {
	d.block, d.line, d.pass = b, line, p
	d.clear()
	typ := d.open(text)
	switch {
	case d.fault.reason != "" || d.c.Err() != nil:
		d.refuse()
	case string(typ) == "Bundle":
		d.bundle(text)
	default:
		d.one(typ)
	}
}

// clear forgets the resource that was read before.
func (d *Decoder) clear() {
	d.spare = record.Head{}
	d.resource = resource{head: &d.spare, codingsFrom: len(d.codings), linksFrom: len(d.links)}
}

// open enters a resource and returns its type. Its other members come next.
func (d *Decoder) open(text []byte) []byte {
	d.c.Follow(text)
	if d.c.Kind() != '{' {
		d.c.Skip()
		d.wrong("", "not a JSON object")
		return nil
	}
	d.c.Object()
	key, ok := d.c.Next()
	ahead := ok && string(key) == "resourceType"
	for ok && string(key) != "resourceType" {
		d.c.Skip()
		key, ok = d.c.Next()
	}
	var typ []byte
	if ok {
		typ = d.text("resourceType")
	}
	if len(typ) == 0 {
		d.wrong("resourceType", "missing")
		return nil
	}
	if !ahead {
		d.c.Follow(text)
		d.c.Object()
	}
	return typ
}

// one decodes the resource that has been entered, if the pass is for it.
func (d *Decoder) one(typ []byte) {
	patient := string(typ) == "Patient"
	switch {
	case d.pass == people && patient:
		d.patient(d.block)
	case d.pass == people:
	case d.pass == others && patient:
		d.wrong("resourceType", "a Patient in a file of other resources")
		d.refuse()
	default:
		d.block.Read++
		d.record(typ, d.block)
	}
}

// record has a line for every resource type that becomes a row.
func (d *Decoder) record(typ []byte, b *record.Block) {
	switch string(typ) {
	case "Patient":
		d.patient(b)
	case "Condition":
		d.condition(b)
	case "Observation":
		d.observation(b)
	case "MedicationRequest":
		d.medication(b, "request", kindOf(typ))
	case "MedicationStatement":
		d.medication(b, "statement", kindOf(typ))
	case "MedicationDispense":
		d.medication(b, "dispense", kindOf(typ))
	case "AllergyIntolerance":
		d.allergy(b)
	case "Immunization":
		d.immunization(b)
	case "Encounter":
		d.encounter(b)
	case "Procedure":
		d.procedure(b)
	case "ServiceRequest", "ReferralRequest", "ProcedureRequest":
		d.referral(b, kindOf(typ))
	case "Appointment":
		d.appointment(b)
	case "CarePlan":
		d.carePlan(b)
	case "Flag", "Consent":
		d.heard(typ)
	default:
		d.unused(typ)
	}
}

package fhir

import (
	"strings"

	"secondaryuse/deid/record"
)

// ties are the members that refer to other records, in whatever resource they
// stand, and what that means where one of the two is sensitive. The encounter of a
// record, which has a place of its own in the Head, is a part (record.Part) as
// well. What refers to a record that goes always goes with it; the question here
// is whether what is referred to goes with what refers. It is a part, which always
// does, where the two are one piece of care, or one is only about the other, and
// where that is not sure. It is a mention where what is referred to is older than
// the record and has a life of its own: a condition that is treated in a clinic
// was not made in it, and all who treat it refer to it. (The kind is what the
// reference is to where it does not say so; None: it must.)
var ties = [...]struct {
	path string
	kind record.Kind
	bond record.Bond
}{
	// What a record was made for: one order is seldom for more than one thing.
	{"basedOn", record.ServiceRequest, record.Part},          // done because that was asked for; but see plans
	{"incomingReferral", record.ServiceRequest, record.Part}, // STU3
	{"referralRequest", record.ServiceRequest, record.Part},  // of an episode
	{"referral", record.ServiceRequest, record.Part},         // of a claim
	{"request", record.None, record.Part},                    // of a specimen, an administration
	{"appointment", record.Appointment, record.Part},         // the booking of this contact
	{"authorizingPrescription", record.MedicationOrder, record.Part},
	{"prescription", record.MedicationOrder, record.Part}, // of an administration, a claim
	{"inResponseTo", record.None, record.Part},

	// Wholes and their parts: to have some of them is to know of the others.
	{"partOf", record.Self, record.Part}, // Self here: of the record's own kind
	{"hasMember", record.Observation, record.Part},
	{"derivedFrom", record.Observation, record.Part},
	{"related.target", record.Observation, record.Part}, // STU3: members, sources; of a document
	{"related.claim", record.None, record.Part},
	{"result", record.Observation, record.Part}, // a report is only about its results
	{"imagingStudy", record.None, record.Part},
	{"media.link", record.None, record.Part},
	{"report", record.None, record.Part}, // is only about the procedure
	{"parent", record.None, record.Part}, // of a specimen
	{"activity.reference", record.ServiceRequest, record.Part},
	{"activity.outcomeReference", record.None, record.Part},
	{"goal", record.None, record.Part},
	{"reaction.detail", record.Observation, record.Part},
	{"context.encounter", record.Encounter, record.Part},             // a document may have several
	{"item.encounter", record.Encounter, record.Part},                // of a claim
	{"procedure.procedureReference", record.None, record.Part},       // what is claimed for
	{"item.answer.valueReference", record.None, record.Mention},      // of a questionnaire
	{"relatesTo.target", record.None, record.Part},                   // an earlier version of the document
	{"relatesTo.targetReference", record.None, record.Part},          // of a composition
	{"section.section.entry", record.None, record.Mention},           // as section.entry
	{"entry.item", record.None, record.Mention},                      // of a list; see listed
	{"section.entry", record.None, record.Mention},                   // a letter lists what the person has besides
	{"event.detail", record.None, record.Mention},                    // what a letter is about
	{"context.related", record.None, record.Mention},                 // likewise
	{"activity.detail.reasonReference", record.None, record.Mention}, // as reasonReference

	// Reasons and findings: they outlive the record that names them.
	{"reasonReference", record.Condition, record.Mention},
	{"addresses", record.Condition, record.Mention},
	{"indication", record.Condition, record.Mention}, // STU3
	{"diagnosis.condition", record.Condition, record.Mention},
	{"diagnosis.diagnosisReference", record.Condition, record.Mention},
	{"problem", record.Condition, record.Mention},
	{"condition", record.Condition, record.Mention},
	{"resultingCondition", record.Condition, record.Mention},
	{"complicationDetail", record.Condition, record.Mention},
	{"evidence.detail", record.Observation, record.Mention},
	{"stage.assessment", record.Observation, record.Mention},
	{"finding.itemReference", record.Condition, record.Mention},
	{"investigation.item", record.Observation, record.Mention},
	{"supportingInfo", record.Observation, record.Mention},
	{"supportingInfo.valueReference", record.None, record.Mention},
	{"supportingInformation", record.Observation, record.Mention},
	{"basis", record.Observation, record.Mention},
	{"previous", record.None, record.Mention},
	{"focus", record.None, record.Mention},
	{"about", record.None, record.Mention},
	{"payload.contentReference", record.None, record.Mention},
	{"input.valueReference", record.None, record.Mention},
	{"output.valueReference", record.None, record.Mention},
	{"implicated", record.None, record.Mention},
	{"detectedIssue", record.None, record.Mention},
	{"suspectEntity.instance", record.None, record.Mention},
	{"outcomeReference", record.Observation, record.Mention},
	{"specimen", record.None, record.Mention}, // one blood sample serves many tests

	// What was renewed: such a chain is years long.
	{"priorPrescription", record.MedicationOrder, record.Mention},
	{"replaces", record.None, record.Mention},

	// What many others belong to, for years.
	{"episodeOfCare", record.None, record.Member}, // to be on a practice's list is one
}

// plans says what a record is of a plan, or of the prescription for a medicine
// that is taken for years, on which it is based: one of many, as of what is
// renewed.
const plans = record.Mention

// tie is a member, or a step on the way to one.
type tie struct {
	kind   record.Kind
	bond   record.Bond
	refers bool
	plans  bool // it is mostly one of many of a plan, which it then mentions
	inner  map[string]*tie
}

// tied holds the ties by the names of members.
var tied = func() *tie {
	root := &tie{inner: make(map[string]*tie)}
	for _, t := range ties {
		at := root
		for name := range strings.SplitSeq(t.path, ".") {
			if at.inner == nil {
				at.inner = make(map[string]*tie)
			}
			if at.inner[name] == nil {
				at.inner[name] = new(tie)
			}
			at = at.inner[name]
		}
		at.kind, at.bond, at.refers, at.plans = t.kind, t.bond, true, t.path == "basedOn"
	}
	return root
}()

// lengths has, by the first byte of a member's name, a bit for each length that
// one with a tie has: most have none.
var lengths = func() (of [256]uint32) {
	for name := range tied.inner {
		of[name[0]] |= 1 << len(name)
	}
	return of
}()

// tieOf returns the tie of a member, nil if it has none.
func tieOf(key []byte) *tie {
	if len(key) == 0 || len(key) > 31 || lengths[key[0]]&(1<<len(key)) == 0 {
		return nil
	}
	return tied.inner[string(key)]
}

// follow reads a Reference, or a backbone element with such, or a list of them.
func (d *Decoder) follow(t *tie) {
	for e := each(0); d.next(&e, "reference"); {
		if t.inner == nil {
			d.link(t, d.reference("reference"))
			continue
		}
		var to target
		var literal, typ []byte
		if !d.object("reference") {
			continue
		}
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			if inner := t.inner[string(key)]; inner != nil {
				d.follow(inner)
				continue
			}
			switch {
			case string(key) == "reference" && t.refers:
				literal = d.text("reference")
			case string(key) == "type" && t.refers && d.c.Kind() == '"':
				typ = d.text("reference")
			case string(key) == "identifier" && t.refers && d.c.Kind() == '{':
				d.identifier("reference", &to)
			default:
				d.swept(key)
			}
		}
		if t.refers {
			to.split(literal)
			if len(to.typ) == 0 {
				to.typ = typ
			}
			d.link(t, to)
		}
	}
}

// link notes that the record refers to another.
func (d *Decoder) link(t *tie, to target) {
	kind := t.kind
	if kind == record.Self {
		kind = d.head.ID.Kind
	}
	r, bond := d.refOf(&to, kind), t.bond
	if t.plans && (r.Kind == record.MedicationOrder || r.Kind == record.CarePlan) {
		bond = plans
	}
	d.linkTo(r, bond)
	d.linkTo(d.named(&to), bond)
	if kind == record.ServiceRequest && len(to.typ) == 0 { // in STU3 it may be either of two others
		d.linkTo(to.ref(record.ReferralRequest), t.bond)
		d.linkTo(to.ref(record.ProcedureRequest), t.bond)
	}
}

func (d *Decoder) linkTo(r record.Ref, bond record.Bond) {
	if r.Kind != record.None && r.Kind != record.Patient {
		d.links = append(d.links, record.Link{Ref: r, Bond: bond})
	}
}

// refOf returns t as a reference to a record, of which rows are made or not.
func (d *Decoder) refOf(t *target, kind record.Kind) record.Ref {
	if r := t.ref(kind); r.Kind != record.None || t.local() {
		return r
	}
	if r := d.wrapperRef(t.typ, t.id); r.Kind != record.None || len(t.raw) == 0 {
		return r
	}
	t.loosely()
	return d.refOf(t, kind)
}

package fhir

import (
	"strings"
	"unsafe"

	"secondaryuse/deid/record"
)

// wrappers are the resource types that no dataset takes, but that say something
// of a person, or hold together what does: a report its results, a letter or a
// claim its encounter.
var wrappers = func() map[string]bool {
	all := make(map[string]bool)
	for name := range strings.FieldsSeq(`
AdverseEvent AppointmentResponse Basic BodyStructure ChargeItem Claim ClaimResponse ClinicalImpression Communication
CommunicationRequest Composition DetectedIssue DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest
DocumentReference EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Goal GuidanceResponse ImagingManifest
ImagingStudy ImmunizationEvaluation ImmunizationRecommendation List Media MedicationAdministration MolecularSequence
NutritionOrder QuestionnaireResponse RequestGroup RiskAssessment Sequence Specimen SupplyDelivery SupplyRequest Task
VisionPrescription`) {
		all[name] = true
	}
	return all
}()

// wrapperRef returns a reference to a record of which no row is made. The type
// is part of its id, since all are of one kind.
func (d *Decoder) wrapperRef(typ, id []byte) record.Ref {
	if len(id) == 0 || !wrappers[string(typ)] {
		return record.Ref{}
	}
	from := len(d.arena)
	d.arena = append(append(append(d.arena, typ...), '/'), id...)
	return record.Ref{Kind: record.Wrapper, ID: view(d.arena[from:])}
}

// unused counts a resource that no dataset takes, if it is well formed. What it
// refers to and its codes are read all the same, whatever else may be wrong with
// it: every version of it binds, one that was entered in error included.
func (d *Decoder) unused(typ []byte) {
	wraps := wrappers[string(typ)]
	if wraps {
		add(d, &d.block.Wrappers, record.Wrapper)
	}
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch {
		case !wraps:
			d.c.Skip()
		case string(key) == "status" && d.c.Kind() == '"':
			d.head.Quiet = string(d.c.Str()) == "entered-in-error" || d.head.Quiet
		case string(key) == "context" && string(typ) == "DocumentReference":
			d.follow(tied.inner["context"])
		default:
			d.common(key)
		}
	}
	if d.c.End() != nil {
		d.unwrap(wraps)
		d.fault = fault{}
		d.reject("")
		return
	}
	if wraps && !d.wrapped(typ) {
		d.unwrap(true)
	}
	d.block.Pass(wordOf(typ), 1)
}

// wrapped ends a wrapper. It reports whether that can be of any effect.
func (d *Decoder) wrapped(typ []byte) bool {
	h := d.head
	h.ID = d.wrapperRef(typ, unsafe.Slice(unsafe.StringData(h.ID.ID), len(h.ID.ID)))
	d.settleSubject()
	d.listed(h, typ)
	h.Quiet = h.Quiet || string(typ) == "FamilyMemberHistory"
	h.Organisation, h.At = d.of(), first(h.Recorded, h.Version)
	h.Codings, h.Links = tail(d.codings, d.codingsFrom), tail(d.links, d.linksFrom)
	return len(h.Codings) > 0 || len(h.Links) > 0 || h.Restricted || h.Encounter.ID != ""
}

// listed makes parts of what the List of an encounter holds: in GP Connect the
// sections of a consultation. Any other list may hold all that there is of a kind,
// and takes it along only when it is sensitive by itself.
func (d *Decoder) listed(h *record.Head, typ []byte) {
	if string(typ) != "List" || h.Encounter.ID == "" {
		return
	}
	for i := range d.links[d.linksFrom:] {
		d.links[d.linksFrom+i].Bond = record.Part
	}
}

// unwrap takes back the wrapper that was put at the end of the list.
func (d *Decoder) unwrap(was bool) {
	if was {
		d.drop()
		d.block.Wrappers = d.block.Wrappers[:len(d.block.Wrappers)-1]
	}
}

package fhir

import (
	"strings"

	"secondaryuse/deid/record"
)

// bound is what the oracle knows of members that refer to records: by the kind of
// what they refer to if it does not say (own: the record's; none: it must).
var bound = map[record.Bond]map[string]string{
	record.Part: {
		"ServiceRequest":    "basedOn incomingReferral referralRequest referral activity.reference",
		"MedicationRequest": "authorizingPrescription prescription",
		"Appointment":       "appointment",
		"Observation":       "hasMember derivedFrom related.target result reaction.detail",
		"Encounter":         "context.encounter item.encounter",
		"own":               "partOf",
		"none": `request inResponseTo related.claim imagingStudy media.link report parent activity.outcomeReference goal
			procedure.procedureReference relatesTo.target relatesTo.targetReference`,
	},
	record.Mention: {
		"Condition": `reasonReference addresses indication diagnosis.condition diagnosis.diagnosisReference problem condition
			resultingCondition complicationDetail finding.itemReference`,
		"Observation":       "evidence.detail stage.assessment investigation.item supportingInfo supportingInformation basis outcomeReference",
		"MedicationRequest": "priorPrescription",
		"none": `replaces item.answer.valueReference section.entry section.section.entry entry.item event.detail context.related
			activity.detail.reasonReference supportingInfo.valueReference previous focus about payload.contentReference
			input.valueReference output.valueReference implicated detectedIssue suspectEntity.instance specimen`,
	},
	record.Member: {"none": "episodeOfCare"},
}

// bondOf finds a path among what the oracle knows. more says that longer paths
// begin with it.
func bondOf(path string) (kind string, bond record.Bond, found, more bool) {
	for b, kinds := range bound {
		for k, paths := range kinds {
			for p := range strings.FieldsSeq(paths) {
				if more = more || strings.HasPrefix(p, path+"."); p == path {
					kind, bond, found = k, b, true
				}
			}
		}
	}
	return kind, bond, found, more
}

// tiesOf reads what a member refers to.
func (o *oracle) tiesOf(m member, path string, own record.Kind) {
	kind, bond, found, more := bondOf(path)
	if !found && !more {
		return
	}
	for _, v := range (node{members: []member{m}}).each(m.key) {
		if !more {
			o.tie(o.ref(v), kind, bond, own, path)
			continue
		}
		if !o.check(v, '{') {
			continue
		}
		for _, inner := range v.members {
			o.tiesOf(inner, path+"."+inner.key, own)
		}
		if found {
			var p pointer
			for _, id := range v.all("identifier") {
				if id.kind == '{' {
					o.ident(id, &p)
				}
			}
			if p.read(o.text(v, "reference")); p.typ == "" {
				for _, typ := range v.all("type") {
					if typ.kind == '"' {
						p.typ = typ.text
					}
				}
			}
			o.tie(p, kind, bond, own, path)
		}
	}
}

func (o *oracle) tie(p pointer, to string, bond record.Bond, own record.Kind, path string) {
	kind := recordKinds[to]
	if to == "own" {
		kind = own
	}
	if path == "basedOn" && (p.typ == "MedicationRequest" || p.typ == "CarePlan") {
		bond = record.Mention // one of many
	}
	o.link(p.any(kind), bond)
	o.link(p.another(), bond)
	if p.id == "" {
		p = loose(p.raw, p.typ)
	}
	if kind == record.ServiceRequest && p.typ == "" {
		o.link(p.record(record.ReferralRequest), bond)
		o.link(p.record(record.ProcedureRequest), bond)
	}
}

// any is record of a pointer that may be to what no row is made of.
func (p pointer) any(kind record.Kind) record.Ref {
	for _, q := range []pointer{p, loose(p.raw, p.typ)} {
		if r := q.record(kind); r.Kind != record.None || strings.HasPrefix(q.id, "#") {
			return r
		}
		if q.id != "" && wrapping(q.typ) {
			return record.Ref{Kind: record.Wrapper, ID: q.typ + "/" + q.id}
		}
	}
	return record.Ref{}
}

func (o *oracle) link(r record.Ref, bond record.Bond) {
	if r.Kind != record.None && r.Kind != record.Patient {
		o.links = append(o.links, record.Link{Ref: r, Bond: bond})
	}
}

// wrapping reports whether a type is one of those of which no row is made, but
// that hold others together.
func wrapping(typ string) bool {
	switch typ {
	case "AdverseEvent", "AppointmentResponse", "Basic", "BodyStructure", "ChargeItem", "Claim", "ClaimResponse", "ClinicalImpression",
		"Communication", "CommunicationRequest", "Composition", "DetectedIssue", "DeviceRequest", "DeviceUseStatement",
		"DiagnosticReport", "DocumentManifest", "DocumentReference", "EpisodeOfCare", "ExplanationOfBenefit", "FamilyMemberHistory",
		"Flag", "Goal", "GuidanceResponse", "ImagingManifest", "ImagingStudy", "ImmunizationEvaluation",
		"ImmunizationRecommendation", "List", "Media", "MedicationAdministration", "MolecularSequence", "NutritionOrder",
		"QuestionnaireResponse", "RequestGroup", "RiskAssessment", "Sequence", "Specimen", "SupplyDelivery", "SupplyRequest",
		"Task", "VisionPrescription":
		return true
	}
	return false
}

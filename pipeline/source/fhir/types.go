package fhir

import (
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// kindOf returns the kind of record that a resource type becomes.
func kindOf(typ []byte) record.Kind {
	switch string(typ) {
	case "Patient":
		return record.Patient
	case "Encounter":
		return record.Encounter
	case "Condition":
		return record.Condition
	case "Observation":
		return record.Observation
	case "MedicationRequest":
		return record.MedicationOrder
	case "MedicationStatement":
		return record.MedicationStatement
	case "MedicationDispense":
		return record.MedicationDispense
	case "AllergyIntolerance":
		return record.Allergy
	case "Immunization":
		return record.Immunization
	case "Procedure":
		return record.Procedure
	case "ServiceRequest":
		return record.ServiceRequest
	case "ReferralRequest":
		return record.ReferralRequest
	case "ProcedureRequest":
		return record.ProcedureRequest
	case "Appointment":
		return record.Appointment
	case "CarePlan":
		return record.CarePlan
	}
	return record.None
}

// IsType reports whether name is a resource type of FHIR.
func IsType(name string) bool {
	_, ok := typeWords[name]
	return ok
}

// wordOf returns the word that a resource type is counted under when no
// dataset takes it.
func wordOf(typ []byte) term.Word {
	if w, ok := typeWords[string(typ)]; ok {
		return w
	}
	return "other"
}

// typeWords holds the resource types of STU3 and R4 and their words.
var typeWords = func() map[string]term.Word {
	words := make(map[string]term.Word)
	for name := range strings.FieldsSeq(typeNames) {
		var w strings.Builder
		for i, c := range name {
			if c >= 'A' && c <= 'Z' {
				if i > 0 {
					w.WriteByte('-')
				}
				c += 'a' - 'A'
			}
			w.WriteRune(c)
		}
		words[name] = term.Word(w.String())
	}
	return words
}()

const typeNames = `
Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent
Basic Binary BiologicallyDerivedProduct BodySite BodyStructure Bundle CapabilityStatement CarePlan CareTeam
CatalogEntry ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication
CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage
CoverageEligibilityRequest CoverageEligibilityResponse DataElement DetectedIssue Device DeviceComponent
DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest
DocumentReference EligibilityRequest EligibilityResponse Encounter Endpoint EnrollmentRequest
EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExpansionProfile
ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService
ImagingManifest ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation
ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure MeasureReport Media Medication
MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest MedicationStatement
MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder Observation
ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation Parameters
Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole Procedure
ProcedureRequest ProcessRequest ProcessResponse Provenance Questionnaire QuestionnaireResponse
ReferralRequest RelatedPerson RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy
ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter Sequence ServiceDefinition
ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance
SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult
VisionPrescription`

// TypeOf returns the resource type that a JSON text begins with, or nothing.
func TypeOf(text []byte) string {
	var d Decoder
	d.clear()
	typ := d.open(text)
	if d.fault.reason != "" || d.c.Err() != nil {
		return ""
	}
	return string(typ)
}

package term

// The terminologies that rows are coded in. A feed's URI is translated by
// SystemOf; a code in a system that is not listed is stored with the system
// Other.
const (
	SNOMED System = "snomed"
	DMD    System = "dmd"
	ICD10  System = "icd10"
	OPCS4  System = "opcs4"
	Read2  System = "read2"
	CTV3   System = "ctv3"
	LOINC  System = "loinc"
	Other  System = "other"

	// TreatmentFunction is the NHS Data Dictionary's TREATMENT FUNCTION CODE.
	TreatmentFunction System = "treatment-function"

	// Item is any other item of the NHS Data Dictionary of one or two
	// characters, such as METHOD OF ADMISSION. The column says which.
	Item System = "item"

	// Listed are codes of letters that are known one by one: those of a few HL7
	// value sets, and the words for what became of an appointment.
	Listed System = "listed"

	// MainSpecialty is the NHS Data Dictionary's MAIN SPECIALTY CODE, and
	// ResourceGroup a healthcare resource group.
	MainSpecialty System = "main-specialty"
	ResourceGroup System = "hrg"

	// Place is an organisation or a site by its ODS code, and Label a security
	// label whatever its system. Both are judged only, and stored as no code.
	Place System = "ods"
	Label System = "security-label"

	rxnorm          System = "rxnorm"
	cvx             System = "cvx"
	aeDiagnosis     System = "ae-diagnosis"
	aeTreatment     System = "ae-treatment"
	aeInvestigation System = "ae-investigation"
)

// systems are all systems whose codes have a form of their own, and Other.
var systems = [...]System{SNOMED, ICD10, OPCS4, Read2, CTV3, LOINC, TreatmentFunction, Item, Listed, rxnorm, ResourceGroup, aeDiagnosis, Other}

// SystemOf returns the short name of a code system, given the URI that FHIR
// uses for it (uk-rules.md section 8). UK editions of SNOMED CT and the local
// URIs seen in GP records map to the same short name. RxNorm and CVX occur in
// synthetic samples only and keep a name of their own.
func SystemOf(uri []byte) System {
	switch string(uri) {
	case "http://snomed.info/sct", "http://snomed.info/sct/83821000000107", "http://snomed.info/sct/999000031000000106":
		return SNOMED
	case "https://dmd.nhs.uk", "http://dmd.nhs.uk", "https://dmd.nhs.uk/VMP", "https://dmd.nhs.uk/AMP":
		return DMD
	case "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-uk":
		return ICD10
	case "https://fhir.hl7.org.uk/Id/opcs-4", "https://fhir.nhs.uk/Id/opcs-4":
		return OPCS4
	case "http://read.info/readv2":
		return Read2
	case "http://read.info/ctv3":
		return CTV3
	case "http://loinc.org":
		return LOINC
	case "http://www.nlm.nih.gov/research/umls/rxnorm":
		return rxnorm
	case "http://hl7.org/fhir/sid/cvx":
		return cvx
	case "https://fhir.hl7.org.uk/Id/treatment-function", "https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode",
		"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCodeEngland":
		return TreatmentFunction
	}
	return Other
}

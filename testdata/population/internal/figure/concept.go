package figure

import "strings"

// System is a code system: the short name that the product gives it and the
// URI that a feed gives it.
type System struct{ Short, URI string }

// The code systems in use.
var (
	SNOMED = &System{"snomed", "http://snomed.info/sct"}
	DMD    = &System{"dmd", "https://dmd.nhs.uk"}
	ICD10  = &System{"icd10", "http://hl7.org/fhir/sid/icd-10"}
	OPCS4  = &System{"opcs4", "https://fhir.hl7.org.uk/Id/opcs-4"}
	CTV3   = &System{"ctv3", "http://read.info/ctv3"}
	Read2  = &System{"read2", "http://read.info/readv2"}
	LOINC  = &System{"loinc", "http://loinc.org"}
	Clinic = &System{"treatment-function", "https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCodeEngland"}
	Custom = &System{"other", "https://phr.example.nhs.uk/CodeSystem/item"}
)

// Concept is a code with its term. JSON is its FHIR CodeableConcept.
type Concept struct {
	System     *System
	Code, Term string
	JSON       string
}

// New returns a concept.
func New(s *System, code, term string) *Concept {
	return &Concept{s, code, term, `{"coding":[` + coding(s, code, term) + `],"text":"` + term + `"}`}
}

func coding(s *System, code, term string) string {
	return `{"system":"` + s.URI + `","code":"` + code + `","display":"` + term + `"}`
}

// concepts reads "code|term" entries.
func concepts(s *System, list ...string) []*Concept {
	var out []*Concept
	for _, entry := range list {
		code, term, _ := strings.Cut(entry, "|")
		out = append(out, New(s, code, term))
	}
	return out
}

// drugs finds medicines by code.
func drugs(codes ...string) []*Concept {
	var out []*Concept
	for _, code := range codes {
		out = append(out, Medicines[code])
	}
	return out
}

// Medicines are the medicines that are prescribed: dm+d codes as GP systems
// give them, read off public sample records.
var Medicines = func() map[string]*Concept {
	m := make(map[string]*Concept)
	for _, c := range concepts(DMD,
		"39113611000001102|Salbutamol 100micrograms/dose inhaler CFC free", "317291008|Omeprazole 20mg gastro-resistant capsules",
		"322280009|Paracetamol 500mg capsules", "38897011000001107|Insulin glargine 100units/ml solution for injection 3ml pre-filled disposable devices",
		"318783003|Doxazosin 4mg tablets", "327550006|Folic acid 5mg tablets", "317971007|Furosemide 20mg tablets",
		"317972000|Furosemide 40mg tablets", "325278007|Metformin 500mg tablets", "330062008|Allopurinol 300mg tablets",
		"319773006|Aspirin 75mg dispersible tablets", "38754011000001109|Tamsulosin 400microgram modified-release capsules",
		"322311000|Co-dydramol 10mg/500mg tablets", "321197008|Diazepam 5mg tablets", "318421004|Atenolol 100mg tablets",
		"321745007|Amitriptyline 10mg tablets", "327438003|Ferrous sulfate 200mg tablets", "321989000|Citalopram 10mg tablets",
		"318906001|Ramipril 10mg capsules", "320818006|Cetirizine 10mg tablets", "325443009|Prednisolone 5mg gastro-resistant tablets",
		"324059006|Doxycycline 100mg capsules", "320537007|Beclometasone 100micrograms/dose inhaler", "321949006|Fluoxetine 20mg capsules",
		"318859000|Lisinopril 10mg tablets", "322623000|Tramadol 50mg capsules", "317896006|Digoxin 125microgram tablets",
		"325242002|Gliclazide 80mg tablets", "320006003|Simvastatin 80mg tablets", "319284000|Amlodipine 10mg tablets",
		"323510009|Amoxicillin 500mg capsules", "374296008|Levothyroxine sodium 100microgram tablets", "319799004|Clopidogrel 75mg tablets",
		"320030001|Atorvastatin 20mg tablets", "329653008|Ibuprofen 400mg tablets", "324607004|Ciprofloxacin 250mg tablets",
		"329652003|Ibuprofen 200mg tablets", "326324002|Ethinylestradiol 30microgram / Levonorgestrel 150microgram tablets",
	) {
		m[c.Code] = c
	}
	return m
}()

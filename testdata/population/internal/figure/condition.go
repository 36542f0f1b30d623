package figure

// Condition is a long-term condition: how common it is in each band of age,
// what it is coded as, and what is prescribed for it.
type Condition struct {
	Register string // that it puts a person on
	Target   float64
	By       [Bands]float64 // relative; scaled so that the population's share is Target
	Frailty  float64        // how far it goes with other conditions: the power of a person's frailty
	Codes    []*Concept     // SNOMED CT; the first is the commonest
	ICD10    []*Concept
	Drugs    []*Concept
}

// Conditions are drawn in this order. The targets are QOF 2023/24 as shares of
// everybody registered: QOF's own shares of adults, 17 and over, are brought
// to that by the share of adults (0.79). Shares by age are judgement.
var Conditions = []Condition{
	{"hypertension", .148, [Bands]float64{0, 0, .002, .03, .22, .45, .58, .60}, 0.5,
		concepts(SNOMED, "59621000|Essential hypertension", "38341003|Hypertensive disorder"),
		concepts(ICD10, "I10|Essential (primary) hypertension"), drugs("319284000", "318906001", "318859000")},
	{"depression", .107, [Bands]float64{0, .002, .08, .17, .16, .09, .07, .06}, 0.4,
		concepts(SNOMED, "35489007|Depressive disorder"), concepts(ICD10, "F329|Depressive episode, unspecified"),
		drugs("321989000", "321949006", "321745007")},
	{"obesity", .095, [Bands]float64{0, 0, .03, .10, .16, .14, .10, .03}, 0.4,
		concepts(SNOMED, "414916001|Obesity"), concepts(ICD10, "E669|Obesity, unspecified"), nil},
	{"diabetes", .062, [Bands]float64{0, .002, .005, .018, .085, .155, .175, .14}, 0.7,
		concepts(SNOMED, "44054006|Diabetes mellitus type 2", "46635009|Diabetes mellitus type 1"),
		concepts(ICD10, "E119|Type 2 diabetes mellitus without complications"), drugs("325278007", "325242002", "320030001")},
	{"asthma", .063, [Bands]float64{0, .05, .07, .065, .07, .075, .07, .05}, 0.3,
		concepts(SNOMED, "195967001|Asthma"), concepts(ICD10, "J459|Asthma, unspecified"), drugs("39113611000001102", "320537007")},
	{"chronic_kidney_disease", .035, [Bands]float64{0, 0, .001, .003, .02, .09, .20, .34}, 0.7,
		concepts(SNOMED, "433144002|Chronic kidney disease stage 3", "700378005|Chronic kidney disease stage 3A", "431857002|Chronic kidney disease stage 4"),
		concepts(ICD10, "N183|Chronic kidney disease, stage 3"), drugs("318906001")},
	{"cancer", .036, [Bands]float64{0, .001, .002, .008, .04, .10, .15, .15}, 0.3,
		concepts(SNOMED, "363346000|Malignant neoplastic disease", "254837009|Malignant neoplasm of breast", "399068003|Malignant tumor of prostate", "363406005|Malignant tumor of colon"),
		concepts(ICD10, "C509|Malignant neoplasm of breast, unspecified", "C61X|Malignant neoplasm of prostate", "C189|Malignant neoplasm of colon, unspecified"), nil},
	{"coronary_heart_disease", .030, [Bands]float64{0, 0, 0, .003, .03, .09, .15, .18}, 0.8,
		concepts(SNOMED, "53741008|Coronary arteriosclerosis", "414545008|Ischemic heart disease", "22298006|Myocardial infarction"),
		concepts(ICD10, "I251|Atherosclerotic heart disease", "I259|Chronic ischaemic heart disease, unspecified"), drugs("319773006", "320030001", "318421004")},
	{"atrial_fibrillation", .022, [Bands]float64{0, 0, 0, .002, .012, .05, .12, .19}, 0.7,
		concepts(SNOMED, "49436004|Atrial fibrillation"), concepts(ICD10, "I489|Atrial fibrillation and atrial flutter, unspecified"), drugs("318421004", "317896006")},
	{"copd", .019, [Bands]float64{0, 0, 0, .001, .025, .06, .075, .06}, 0.7,
		concepts(SNOMED, "13645005|Chronic obstructive lung disease"), concepts(ICD10, "J449|Chronic obstructive pulmonary disease, unspecified"),
		drugs("39113611000001102", "325443009")},
	{"stroke_tia", .018, [Bands]float64{0, 0, .001, .002, .014, .045, .09, .13}, 0.7,
		concepts(SNOMED, "230690007|Cerebrovascular accident", "266257000|Transient ischemic attack"), concepts(ICD10, "I639|Cerebral infarction, unspecified"),
		drugs("319799004", "320030001")},
	{"heart_failure", .011, [Bands]float64{0, 0, 0, .001, .006, .02, .05, .11}, 1,
		concepts(SNOMED, "84114007|Heart failure"), concepts(ICD10, "I509|Heart failure, unspecified"), drugs("317972000", "318906001")},
	{"serious_mental_illness", .010, [Bands]float64{0, 0, .005, .012, .016, .011, .008, .006}, 0.4,
		concepts(SNOMED, "58214004|Schizophrenia", "13746004|Bipolar disorder"), concepts(ICD10, "F209|Schizophrenia, unspecified"), drugs("321197008")},
	{"dementia", .008, [Bands]float64{0, 0, 0, 0, .001, .01, .05, .17}, 0.6,
		concepts(SNOMED, "52448006|Dementia", "26929004|Alzheimer's disease"), concepts(ICD10, "F03X|Unspecified dementia"), nil},
	{"epilepsy", .008, [Bands]float64{.001, .004, .007, .009, .010, .010, .010, .009}, 0.3, // judgement
		concepts(SNOMED, "84757009|Epilepsy"), concepts(ICD10, "G409|Epilepsy, unspecified"), drugs("321197008")},
	{"rheumatoid_arthritis", .007, [Bands]float64{0, 0, .001, .003, .010, .018, .02, .018}, 0.4, // judgement
		concepts(SNOMED, "69896004|Rheumatoid arthritis"), concepts(ICD10, "M069|Rheumatoid arthritis, unspecified"), drugs("325443009", "327550006")},
	{"learning_disability", .006, [Bands]float64{.001, .006, .009, .008, .006, .003, .001, .001}, 0.2, // judgement
		concepts(SNOMED, "110359009|Intellectual disability"), concepts(ICD10, "F799|Unspecified mental retardation"), nil},
	{"peripheral_arterial_disease", .006, [Bands]float64{0, 0, 0, 0, .005, .02, .03, .03}, 0.8, // judgement
		concepts(SNOMED, "399957001|Peripheral arterial occlusive disease"), concepts(ICD10, "I739|Peripheral vascular disease, unspecified"), drugs("319799004")},
	{"osteoporosis", .007, [Bands]float64{0, 0, 0, 0, .003, .015, .04, .07}, 0.4, // judgement
		concepts(SNOMED, "64859006|Osteoporosis"), concepts(ICD10, "M819|Osteoporosis, unspecified"), nil},
	{"palliative_care", .005, [Bands]float64{0, 0, 0, .0005, .003, .01, .02, .05}, 0.6, // judgement: palliative care
		concepts(SNOMED, "103735009|Palliative care"), concepts(ICD10, "Z515|Palliative care"), nil},
}

// Share returns the probability of a condition in a band, for a person of mean
// frailty.
func (c *Condition) Share(band int) float64 {
	sum := 0.0
	for b, share := range AgeShare {
		sum += share * c.By[b]
	}
	return c.Target * c.By[band] / sum
}

// Register returns the register that a code puts a person on, or nothing.
func Register(c *Concept) string { return registers[c] }

var registers = func() map[*Concept]string {
	m := make(map[*Concept]string)
	for i := range Conditions {
		for _, c := range Conditions[i].Codes {
			m[c] = Conditions[i].Register
		}
		for _, c := range Conditions[i].ICD10 {
			m[c] = Conditions[i].Register
		}
	}
	m[Codes.AcuteDiagnoses[6]] = "copd" // J44.0 is a COPD too
	return m
}()

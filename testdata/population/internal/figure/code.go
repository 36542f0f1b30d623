package figure

// Codes is what is recorded besides long-term conditions. Every SNOMED CT and
// dm+d code has a valid check digit; a test says so.
var Codes = struct {
	Complaints, AcuteDrugs, RepeatDrugs, Allergies, AcuteDiagnoses, PlannedDiagnoses, Operations,
	EmergencySNOMED, Clinics, CarePlans []*Concept
	BloodPressure, Systolic, Diastolic, BMI, Weight, HbA1c, Cholesterol, Creatinine, Smoker, ExSmoker,
	NeverSmoked, Pulse, Type1, Type1Withdrawn, Type1CTV3, Type1Read2, LocalRefused, LocalGiven, Influenza,
	Covid, Pneumococcal, MMR, MMRSecond, SixInOne, Surgery, Telephone, HomeVisit, EmergencyMedicine,
	MentalIllness, GeneralMedicine, Gynaecology, Referral *Concept
}{

	// Complaints are the short-lived problems of a GP consultation.
	Complaints: concepts(SNOMED, "54150009|Upper respiratory infection",
		"68566005|Urinary tract infectious disease",
		"279039007|Low back pain",
		"25064002|Headache",
		"271807003|Eruption of skin",
		"84229001|Fatigue",
		"43116000|Eczema",
		"21719001|Allergic rhinitis caused by pollen",
		"50417007|Lower respiratory tract infection",
		"90176007|Tonsillitis",
		"62315008|Diarrhea",
		"128045006|Cellulitis",
		"49727002|Cough",
		"36971009|Sinusitis",
		"197480006|Anxiety disorder"),
	// AcuteDrugs are prescribed once.
	AcuteDrugs: drugs("323510009",
		"324059006",
		"322280009",
		"329653008",
		"320818006",
		"322311000",
		"324607004",
		"325443009",
		"327438003"),
	// RepeatDrugs are prescribed month by month for no condition named.
	RepeatDrugs: drugs("317291008",
		"374296008",
		"320030001",
		"322280009",
		"319284000",
		"318783003",
		"330062008",
		"327550006",
		"38754011000001109",
		"317971007",
		"320006003"),

	BloodPressure: New(SNOMED, "75367002", "Blood pressure"),
	Systolic:      New(SNOMED, "271649006", "Systolic blood pressure"),
	Diastolic:     New(SNOMED, "271650006", "Diastolic blood pressure"),
	BMI:           New(SNOMED, "60621009", "Body mass index"),
	Weight:        New(SNOMED, "27113001", "Body weight"),
	HbA1c: New(SNOMED, "999791000000106",
		"Haemoglobin A1c level - International Federation of Clinical Chemistry and Laboratory Medicine standardised"),
	Cholesterol: New(SNOMED, "1005671000000105", "Serum cholesterol level"),
	Creatinine:  New(SNOMED, "1000731000000107", "Serum creatinine level"),
	Smoker:      New(SNOMED, "77176002", "Smoker"),
	ExSmoker:    New(SNOMED, "8517006", "Ex-smoker"),
	NeverSmoked: New(SNOMED, "266919005", "Never smoked tobacco"),
	Pulse:       New(SNOMED, "364075005", "Heart rate"),

	// Type1 and its withdrawal: objection_consent_codes of the project's
	// reference folder.
	Type1:          New(SNOMED, "827241000000103", "Dissent from secondary use of general practitioner patient identifiable data"),
	Type1Withdrawn: New(SNOMED, "827261000000102", "Dissent withdrawn for secondary use of general practitioner patient identifiable data"),
	Type1CTV3:      New(CTV3, "XaZ89", "Dissent from secondary use of GP patient identifiable data"),
	Type1Read2:     New(Read2, "9Nu0.", "Dissent from secondary use of GP patient identifiable data"),
	LocalRefused:   New(SNOMED, "416409005", "Refused consent for upload to local shared electronic record"),
	LocalGiven:     New(SNOMED, "417528008", "Consent given for upload to local shared electronic record"),

	Influenza: New(SNOMED, "822851000000102", "Seasonal influenza vaccination"),
	Covid: New(SNOMED, "1324681000000101",
		"Administration of first dose of severe acute respiratory syndrome coronavirus 2 vaccine"),
	Pneumococcal: New(SNOMED, "12866006", "Pneumococcal vaccination"),
	MMR:          New(SNOMED, "38598009", "Administration of measles and mumps and rubella vaccine"),
	MMRSecond:    New(SNOMED, "170433008", "Administration of second dose of measles and mumps and rubella vaccine"),
	SixInOne: New(SNOMED, "414259000",
		"Administration of first dose of diphtheria and tetanus and pertussis and polio and Hib vaccine"),

	Allergies: concepts(SNOMED, "91936005|Allergy to penicillin",
		"91935009|Allergy to peanut",
		"293586001|Allergy to aspirin",
		"300916003|Allergy to latex",
		"91930004|Allergy to edible egg",
		"292967008|Amoxicillin adverse reaction",
		"91931000|Allergy to erythromycin"),

	Surgery:   New(SNOMED, "11429006", "Consultation"),
	Telephone: New(SNOMED, "185317003", "Telephone encounter"),
	HomeVisit: New(SNOMED, "439708006", "Home visit"),

	// AcuteDiagnoses are what an emergency is coded as in hospital.
	AcuteDiagnoses: concepts(ICD10, "R074|Chest pain, unspecified",
		"J181|Lobar pneumonia, unspecified",
		"N390|Urinary tract infection, site not specified",
		"S720|Fracture of neck of femur",
		"A099|Gastroenteritis and colitis of unspecified origin",
		"R55X|Syncope and collapse",
		"J440|Chronic obstructive pulmonary disease with acute lower respiratory infection",
		"K590|Constipation",
		"L031|Cellulitis of other parts of limb",
		"S099|Unspecified injury of head",
		"R104|Other and unspecified abdominal pain",
		"B349|Viral infection, unspecified"),
	// PlannedDiagnoses are what a planned admission is coded as.
	PlannedDiagnoses: concepts(ICD10, "H269|Cataract, unspecified",
		"M179|Gonarthrosis, unspecified",
		"K409|Unilateral inguinal hernia, without obstruction or gangrene",
		"K635|Polyp of colon",
		"M169|Coxarthrosis, unspecified",
		"D509|Iron deficiency anaemia, unspecified",
		"N40X|Hyperplasia of prostate",
		"K219|Gastro-oesophageal reflux disease without oesophagitis"),
	// Operations go with the planned diagnoses of the same place in the list.
	Operations: concepts(OPCS4, "C751|Insertion of prosthetic replacement for lens NEC",
		"W401|Primary total prosthetic replacement of knee joint using cement",
		"T202|Primary repair of inguinal hernia using insert of prosthetic material",
		"H221|Diagnostic fibreoptic endoscopic examination of colon and biopsy",
		"W371|Primary total prosthetic replacement of hip joint using cement",
		"X331|Intra-arterial blood transfusion",
		"M653|Endoscopic resection of prostate NEC",
		"G451|Fibreoptic endoscopic examination of upper gastrointestinal tract and biopsy"),
	// EmergencySNOMED are emergency care diagnoses.
	EmergencySNOMED: concepts(SNOMED, "29857009|Chest pain",
		"50417007|Lower respiratory tract infection",
		"233604007|Pneumonia",
		"62315008|Diarrhea",
		"25064002|Headache",
		"279039007|Low back pain"),

	// Clinics are treatment functions.
	Clinics: concepts(Clinic, "110|Trauma and Orthopaedics",
		"130|Ophthalmology",
		"100|General Surgery",
		"320|Cardiology",
		"330|Dermatology",
		"340|Respiratory Medicine",
		"502|Gynaecology",
		"120|Ear Nose and Throat",
		"410|Rheumatology",
		"301|Gastroenterology",
		"101|Urology",
		"300|General Internal Medicine"),
	EmergencyMedicine: New(Clinic, "180", "Emergency Medicine"),
	MentalIllness:     New(Clinic, "710", "Adult Mental Illness"),
	GeneralMedicine:   New(Clinic, "300", "General Internal Medicine"),
	Gynaecology:       New(Clinic, "502", "Gynaecology"),

	CarePlans: concepts(SNOMED, "698358001|Diabetes self management plan",
		"412776001|Chronic obstructive pulmonary disease clinical management plan",
		"734163000|Care plan"),
	Referral: New(SNOMED, "306206005", "Referral to service"),
}

// Sensitive is what the sensitive policy takes out by code.
var Sensitive = struct {
	Infections []*Concept
	HIV, Gender, Infertile, Fertility, HIVICD, GonorrhoeaICD, InfertileICD, IVFICD, GenderICD, Embryo, Gametes,
	Gendered, Genitourinary *Concept
}{

	Infections: concepts(SNOMED, "15628003|Gonorrhea",
		"76272004|Syphilis",
		"105629000|Infection caused by Chlamydia",
		"8098009|Sexually transmitted infectious disease"),
	HIV:       New(SNOMED, "86406008", "Human immunodeficiency virus infection"),
	Gender:    New(SNOMED, "93461009", "Gender dysphoria"),
	Infertile: New(SNOMED, "6738008", "Female infertility"),
	Fertility: New(SNOMED, "63487001", "Assisted fertilization"),

	HIVICD:        New(ICD10, "B20X", "Human immunodeficiency virus disease resulting in infectious and parasitic diseases"),
	GonorrhoeaICD: New(ICD10, "A549", "Gonococcal infection, unspecified"),
	InfertileICD:  New(ICD10, "N979", "Female infertility, unspecified"),
	IVFICD:        New(ICD10, "Z312", "In vitro fertilization"),
	GenderICD:     New(ICD10, "F640", "Transsexualism"),

	Embryo:   New(OPCS4, "Q131", "Transfer of embryo to uterus NEC"),
	Gametes:  New(OPCS4, "Q383", "Endoscopic intrafallopian transfer of gametes"),
	Gendered: New(OPCS4, "X151", "Combined operations for transformation from male to female"),

	Genitourinary: New(Clinic, "360", "Genitourinary Medicine"),
}

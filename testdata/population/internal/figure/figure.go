// Package figure holds every figure that the synthetic population is drawn
// from, each beside the place it was taken from, and the codes it is coded in.
//
// Sources are named in short:
//
//	ONS       mid-2023 estimates by single year of age and sex, England
//	NDOO      national data opt-out dashboard, 2 March 2022
//	GPAD      GP appointments, 12 months to April 2024, over the ONS population
//	HES       NHS England activity totals named in the targets file
//	NHSBSA    prescription cost analysis 2024/25 narrative
//	QOF       Quality and Outcomes Framework 2023/24 (from memory: to be checked)
//	IoD2025   indices of deprivation 2025, the areas of the three boards
//	ODS       practices of the three boards, January 2022
//	judgement nobody's figure: chosen here so that the shape is plausible
//
// The first seven are quoted from the project's targets file.
package figure

// Bands of age, as the shares of ages are published.
const Bands = 8

// Ages begins each band; the last is open.
var Ages = [Bands + 1]int{0, 5, 15, 25, 45, 65, 75, 85, 105}

// AgeShare is the share of persons in each band. ONS.
var AgeShare = [Bands]float64{0.0531, 0.1192, 0.1189, 0.2691, 0.2527, 0.0949, 0.0670, 0.0251}

// FemaleShare is the share of women and girls in each band. ONS.
var FemaleShare = [Bands]float64{0.488, 0.488, 0.488, 0.513, 0.509, 0.519, 0.543, 0.619}

// Band returns the band of an age.
func Band(age int) int {
	for b := Bands - 1; b > 0; b-- {
		if age >= Ages[b] {
			return b
		}
	}
	return 0
}

// Rate is events a person and year: a mean over everybody and how the bands
// compare with each other.
type Rate struct {
	Mean float64
	By   [Bands]float64
}

// At returns the rate of a band, scaled so that the population's mean is Mean.
func (r Rate) At(band int) float64 {
	sum := 0.0
	for b, share := range AgeShare {
		sum += share * r.By[b]
	}
	return r.Mean * r.By[band] / sum
}

// Use is what is used of care, a person and year. The means are published; how
// the bands compare is judgement.
var Use = struct {
	GPContacts, Emergency, Elective, Unplanned, Outpatients, Items, Community, MindCare, SocialCare, Deaths Rate
}{
	GPContacts:  Rate{6.4, [Bands]float64{5.5, 2.8, 4.0, 4.9, 6.3, 8.7, 11.5, 13}},             // GPAD
	Emergency:   Rate{0.443, [Bands]float64{.62, .36, .46, .38, .32, .38, .62, 1.05}},          // HES: A&E attendances
	Elective:    Rate{0.181, [Bands]float64{.05, .03, .05, .10, .20, .38, .50, .40}},           // HES: 0.284 episodes less emergency admissions
	Unplanned:   Rate{0.103, [Bands]float64{.12, .03, .05, .06, .08, .16, .30, .60}},           // HES: emergency admissions 102.9 in 1,000
	Outpatients: Rate{1.66, [Bands]float64{1.0, .7, .8, 1.3, 1.7, 2.8, 3.4, 2.9}},              // HES
	Items:       Rate{21, [Bands]float64{4, 3, 6, 9, 21, 42, 60, 75}},                          // NHSBSA
	Community:   Rate{0.25, [Bands]float64{.5, .1, .05, .1, .15, .4, 1.0, 2.2}},                // judgement
	MindCare:    Rate{0.12, [Bands]float64{0, .15, .2, .15, .1, .06, .08, .1}},                 // judgement: mental health services
	SocialCare:  Rate{0.05, [Bands]float64{.02, .02, .02, .02, .03, .08, .2, .5}},              // judgement
	Deaths:      Rate{0.0098, [Bands]float64{.0009, .0001, .0003, .001, .005, .017, .05, .15}}, // judgement on ONS life tables
}

// Share is the shares that go with the rates of use.
var Share = struct {
	DidNotAttend, ViaEmergency, DayCase, SecondEpisode, AcuteItems, WithAllergy, WithPHR, WithWearable, SensitiveEver, FollowedByCare float64
}{
	DidNotAttend:   0.073, // of outpatient appointments. HES 2012/13
	ViaEmergency:   0.80,  // of emergency admissions that came through A&E. judgement on HES: 85 of 103
	DayCase:        0.75,  // of elective admissions. judgement
	SecondEpisode:  0.08,  // of admissions with more than one consultant episode. judgement
	AcuteItems:     0.18,  // of items that are not repeated. judgement
	WithAllergy:    0.12,  // of persons. judgement
	WithPHR:        0.08,  // of persons from 13 years on. the issue: 5 to 15 %
	WithWearable:   0.15,  // of PHR holders. the issue
	SensitiveEver:  0.11,  // of persons, over their lives. the issue: 8 to 15 %
	FollowedByCare: 0.30,  // of persons with a condition who have a care plan. judgement
}

// ICB is an integrated care board of the area.
type ICB struct {
	Code, Name string
	Practices  int         // ODS
	PCNs       int         // ODS
	People     float64     // registered persons. NDOO: list sizes
	Areas      int         // lower layer super output areas, of 2,000. IoD2025
	Deciles    [10]float64 // share of areas in each decile, most deprived first. IoD2025
	OptOut     float64     // per cent of the list. NDOO
	Letter     byte        // second letter of its invented postcodes
}

// ICBs are the three boards of One Health and Care.
var ICBs = [3]ICB{
	{"QNC", "Staffordshire and Stoke-on-Trent", 145, 25, 1_169_012, 805,
		[10]float64{.089, .106, .085, .080, .077, .133, .106, .115, .121, .088}, 3.36, 'N'},
	{"QOC", "Shropshire, Telford and Wrekin", 52, 9, 518_272, 361,
		[10]float64{.054, .070, .093, .150, .157, .144, .109, .109, .070, .045}, 3.81, 'O'},
	{"QUA", "Black Country", 206, 33, 1_503_075, 834,
		[10]float64{.180, .263, .122, .079, .061, .059, .062, .062, .057, .055}, 4.23, 'U'},
}

// optOutBy is the national data opt-out rate by ten years of age, per cent of
// the list, England. NDOO.
var optOutBy = [10]float64{1.70, 3.08, 5.90, 6.92, 6.69, 6.40, 6.30, 5.90, 4.50, 2.98}

// How the opt-out rates of the sexes and of the country compare. NDOO.
const (
	optOutAll    = 5.41
	optOutFemale = 6.02
	optOutMale   = 4.80
)

// OptOut returns the probability that a person has opted out.
func OptOut(icb, age int, female bool) float64 {
	sex := optOutMale
	if female {
		sex = optOutFemale
	}
	// England's rate by age, weighted with the ages of the area, is 5.45.
	return ICBs[icb].OptOut / 100 * optOutBy[min(age/10, 9)] / 5.45 * sex / optOutAll
}

// Ethnic is an ethnic category and its share in each board. judgement on the
// 2021 census.
type Ethnic struct {
	Code  byte
	Term  string
	Share [3]float64
}

// Ethnics are the categories of the 2001 census, as the NHS uses them.
var Ethnics = []Ethnic{
	{'A', "White, British", [3]float64{.865, .895, .600}}, {'B', "White, Irish", [3]float64{.004, .004, .008}},
	{'C', "White, any other White background", [3]float64{.030, .030, .040}}, {'D', "White and Black Caribbean", [3]float64{.007, .005, .024}},
	{'E', "White and Black African", [3]float64{.002, .002, .003}}, {'F', "White and Asian", [3]float64{.005, .004, .008}},
	{'G', "Any other mixed background", [3]float64{.003, .003, .006}}, {'H', "Asian or Asian British, Indian", [3]float64{.010, .012, .120}},
	{'J', "Asian or Asian British, Pakistani", [3]float64{.028, .009, .065}}, {'K', "Asian or Asian British, Bangladeshi", [3]float64{.002, .001, .018}},
	{'L', "Any other Asian background", [3]float64{.008, .006, .020}}, {'M', "Black or Black British, Caribbean", [3]float64{.003, .002, .027}},
	{'N', "Black or Black British, African", [3]float64{.007, .006, .024}}, {'P', "Any other Black background", [3]float64{.001, .001, .005}},
	{'R', "Chinese", [3]float64{.003, .003, .004}}, {'S', "Any other ethnic group", [3]float64{.005, .004, .014}},
	{'Z', "Not stated", [3]float64{.017, .013, .014}},
}

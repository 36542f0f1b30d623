package record

import "secondaryuse/deid/row"

// Dataset numbers the datasets, in the order a reader meets them.
type Dataset uint8

// Datasets is how many datasets there are; a Dataset is below it.
const Datasets = Dataset(len(datasets))

var datasets = [...]string{"person", "problem", "observation", "medication", "allergy", "immunisation",
	"encounter", "procedure", "referral", "appointment", "care_plan", "self_record", "reading",
	"link", "tombstone", "exclusion", "touched", "unlinked"}

// String names the dataset as its Parquet parts are named.
func (d Dataset) String() string { return datasets[d] }

// DatasetOf returns the dataset of a row type.
func DatasetOf[X row.Row]() Dataset {
	var x X
	switch any(x).(type) {
	case row.Person:
		return 0
	case row.Problem:
		return 1
	case row.Observation:
		return 2
	case row.Medication:
		return 3
	case row.Allergy:
		return 4
	case row.Immunisation:
		return 5
	case row.Encounter:
		return 6
	case row.Procedure:
		return 7
	case row.Referral:
		return 8
	case row.Appointment:
		return 9
	case row.CarePlan:
		return 10
	case row.SelfRecord:
		return 11
	case row.Reading:
		return 12
	case row.Link:
		return 13
	case row.Tombstone:
		return 14
	case row.Exclusion:
		return 15
	case row.Unlinked:
		return 17
	}
	return 16
}

// Package row lists what may be stored: the columns of every dataset of the
// stage, and nothing else. No row has a field for free text, a name, an
// address, a telephone number, an attachment or a local identifier; a
// reflective test holds every field to the types of package term.
//
// A row is read from a feed without its Key; only deid.Cross fills that in.
//
// No column holds nulls: what is not known is zero, an empty text, or NaN in a
// column of float64, and whoever reads the stage takes it for that. (The
// optional columns of parquet-go v0.32.0 can turn a null into a zero.)
package row

import "secondaryuse/deid/term"

// Row is the closed list of what may be stored. It is a union, not an
// interface with methods, because a union cannot be joined from outside.
type Row interface {
	Person | Problem | Observation | Medication | Allergy | Immunisation |
		Encounter | Procedure | Referral | Appointment | CarePlan |
		SelfRecord | Reading | Link | Tombstone | Exclusion | Touched | Unlinked
}

// Key is on every row: whose it is, which record it came from, and when that
// was recorded. RecordKey and EncounterKey are pseudonyms of the feed's own
// keys; they join rows of one person within one feed.
type Key struct {
	PersonID     int64     `parquet:"person_id"`                                // base pseudonym
	Feed         term.Word `parquet:"feed,dict"`                                // name of the feed in the configuration
	Recorder     term.Word `parquet:"recorder,dict"`                            // professional, self or device
	RecordKey    int64     `parquet:"record_key"`                               // the record this row came from
	Part         int32     `parquet:"part"`                                     // 0, or the ordinal of a further row of the same record
	EncounterKey int64     `parquet:"encounter_key"`                            // the encounter it belongs to
	Version      term.Time `parquet:"version,timestamp(microsecond:local)"`     // newest wins
	Recorded     term.Time `parquet:"recorded_at,timestamp(microsecond:local)"` // when it was entered
}

// Keyed returns k. Every row has it by embedding Key, so that code over all
// rows can reach it.
func (k *Key) Keyed() *Key { return k }

// The values of Key.Recorder.
const (
	Professional term.Word = "professional"
	Self         term.Word = "self"
	Device       term.Word = "device"
)

// Person is who somebody is, as far as planning needs it.
type Person struct {
	Key
	Sex            term.Word `parquet:"sex,dict"`    // male, female, other, unknown
	BirthYear      int32     `parquet:"birth_year"`  // capped at as-of year - 90
	BirthMonth     int32     `parquet:"birth_month"` // 1 to 12; absent for people over 89
	DeathMonth     term.Time `parquet:"death_month,timestamp(microsecond:local)"`
	Deceased       bool      `parquet:"deceased"`
	Ethnicity      term.Code `parquet:"ethnic_category,dict"` // NHS Data Dictionary ETHNIC CATEGORY: A to S, Z, 99
	LSOA           term.LSOA `parquet:"lsoa,dict"`
	IMDDecile      int32     `parquet:"imd_decile"` // 1 = most deprived tenth
	Practice       term.ODS  `parquet:"practice,dict"`
	RegisteredFrom term.Time `parquet:"registered_from,timestamp(microsecond:local)"`
	RegisteredTo   term.Time `parquet:"registered_to,timestamp(microsecond:local)"`
}

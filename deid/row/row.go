// Package row lists what may be stored: the columns of every dataset of the
// stage, and nothing else. No row has a field for free text, a name, an
// address, a telephone number, an attachment or a local identifier; a
// reflective test holds every field to the types of package term.
//
// A row is read from a feed without its Key; only deid.Key fills that in.
package row

import "secondaryuse/deid/term"

// Row is the closed list of what may be stored. It is a union, not an
// interface with methods, because a union cannot be joined from outside.
type Row interface {
	Person | Problem | Observation | Medication | Allergy | Immunisation |
		Encounter | Procedure | Referral | Appointment | CarePlan |
		SelfRecord | Reading | Link | Tombstone | Exclusion
}

// Key is on every row: whose it is, which record it came from, and when that
// was recorded. RecordKey and EncounterKey are pseudonyms of the feed's own
// keys; they join rows of one person within one feed.
type Key struct {
	PersonID     int64     `parquet:"person_id"`                                         // base pseudonym
	Feed         term.Word `parquet:"feed,dict"`                                         // name of the feed in the configuration
	Recorder     term.Word `parquet:"recorder,dict"`                                     // professional, self or device
	RecordKey    int64     `parquet:"record_key"`                                        // the record this row came from
	Part         int32     `parquet:"part"`                                              // 0, or the ordinal of a further row of the same record
	EncounterKey int64     `parquet:"encounter_key,optional"`                            // the encounter it belongs to
	Version      term.Time `parquet:"version,optional,timestamp(microsecond:local)"`     // newest wins
	Recorded     term.Time `parquet:"recorded_at,optional,timestamp(microsecond:local)"` // when it was entered
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
	Sex            term.Word `parquet:"sex,optional,dict"`    // male, female, other, unknown
	BirthYear      int32     `parquet:"birth_year,optional"`  // capped at as-of year - 90
	BirthMonth     int32     `parquet:"birth_month,optional"` // 1 to 12; absent for people over 89
	DeathMonth     term.Time `parquet:"death_month,optional,timestamp(microsecond:local)"`
	Deceased       bool      `parquet:"deceased"`
	Ethnicity      term.Code `parquet:"ethnic_category,optional,dict"` // NHS Data Dictionary ETHNIC CATEGORY: A to S, Z, 99
	LSOA           term.LSOA `parquet:"lsoa,optional,dict"`
	IMDDecile      int32     `parquet:"imd_decile,optional"` // 1 = most deprived tenth
	Practice       term.ODS  `parquet:"practice,optional,dict"`
	RegisteredFrom term.Time `parquet:"registered_from,optional,timestamp(microsecond:local)"`
	RegisteredTo   term.Time `parquet:"registered_to,optional,timestamp(microsecond:local)"`
}

package record

import (
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// Block is a run of records of one file, in file order within each dataset. A
// source fills it, hands it on, and fills it again: whatever it holds is valid
// only until the source goes on.
type Block struct {
	Read   int64               // input records read, whatever became of them
	Unused map[term.Word]int64 // records of kinds that no dataset takes, by kind; nil when none

	Persons       []Person
	Problems      []Of[row.Problem]
	Observations  []Of[row.Observation]
	Medications   []Of[row.Medication]
	Allergies     []Of[row.Allergy]
	Immunisations []Of[row.Immunisation]
	Encounters    []Of[row.Encounter]
	Procedures    []Of[row.Procedure]
	Referrals     []Of[row.Referral]
	Appointments  []Of[row.Appointment]
	CarePlans     []Of[row.CarePlan]
	SelfRecords   []Of[row.SelfRecord]
	Readings      []Of[row.Reading]
	Deletions     []Of[row.Tombstone]
	Rejects       []Reject

	// Heard is of rejected records what could be read of them all the same, where
	// it has codes, a flag or links: it can speak against the use of data. Not one of
	// them is counted here.
	Heard []Of[row.Tombstone]

	// Wrappers is records of kinds that no dataset takes (a report, a letter, a
	// claim), which are counted as Unused: they may be sensitive, and hold together
	// what they refer to.
	Wrappers []Of[row.Tombstone]
}

// Reject is an input record that could not be read. It says where, never what.
type Reject struct {
	Dataset term.Word // as far as known; empty otherwise
	Line    int64     // from 1; 0 for the file as a whole
	Field   string    // a path of names this project or a standard fixed: never a key read from the input
	Reason  string    // a constant text
}

// Reset empties the block and keeps its memory.
func (b *Block) Reset() {
	b.Read = 0
	clear(b.Unused)
	b.Persons = b.Persons[:0]
	b.Problems = b.Problems[:0]
	b.Observations = b.Observations[:0]
	b.Medications = b.Medications[:0]
	b.Allergies = b.Allergies[:0]
	b.Immunisations = b.Immunisations[:0]
	b.Encounters = b.Encounters[:0]
	b.Procedures = b.Procedures[:0]
	b.Referrals = b.Referrals[:0]
	b.Appointments = b.Appointments[:0]
	b.CarePlans = b.CarePlans[:0]
	b.SelfRecords = b.SelfRecords[:0]
	b.Readings = b.Readings[:0]
	b.Deletions = b.Deletions[:0]
	b.Rejects = b.Rejects[:0]
	b.Heard = b.Heard[:0]
	b.Wrappers = b.Wrappers[:0]
}

// Pass counts n records of a kind that no dataset takes. kind must be a
// constant or come from a closed list, never from the input as it stands.
func (b *Block) Pass(kind term.Word, n int64) {
	if b.Unused == nil {
		b.Unused = make(map[term.Word]int64)
	}
	b.Unused[kind] += n
}

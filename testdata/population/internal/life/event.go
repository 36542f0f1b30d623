// Package life draws what happens to a synthetic person: consultations,
// prescriptions, measurements, visits to hospital and what hangs on what.
package life

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
)

// Kind is what sort of record an event becomes.
type Kind uint8

// The kinds. The last three are lines of hospital tables.
const (
	Condition Kind = iota
	Observation
	Medication
	Allergy
	Immunization
	Encounter
	Procedure
	Referral
	Appointment
	CarePlan
	Episode    // admitted patient care
	Attendance // accident and emergency
	Clinic     // outpatients
	Kinds
)

// Service is where an encounter took place.
type Service uint8

// The services.
const (
	GP Service = iota
	AE
	Admission
	Outpatient
	CommunityCare
	MentalHealth
	SocialCare
)

// Fault is what is wrong with the record of an event.
type Fault uint8

// The faults of a record.
const (
	Sound       Fault = iota
	Duplicate         // written twice, byte for byte
	Corrected         // an older version says something else
	Deleted           // written, and deleted later
	Late              // entered months after
	Broken            // the line is cut off
	WrongType         // a field holds a value of another type
	BadDate           // a date that does not exist
	Orphan            // it names a person the feed does not hold
	Drifted           // its value is in another unit
	Unnumbered        // a line of a hospital table without a number
	Misnumbered       // ... with one whose check digit does not match
	Superseded        // ... with the number the person had before
	Misfiled          // it names the second Patient of the person
	TwoNamed          // it names the person's Patient, and somebody else's number
)

// Sensitivity is why the sensitive policy takes a record out by itself.
type Sensitivity uint8

// The sensitivities.
const (
	Open Sensitivity = iota
	ByCode
	ByFlag
)

// ID is the logical id of a record.
type ID struct{ Hi, Lo uint64 }

// Org is an organisation: a practice from 0 on, a trust below it.
type Org int32

// Practice returns the organisation of a practice.
func Practice(i int) Org { return Org(i) }

// Trust returns the organisation of a trust.
func Trust(i int) Org { return Org(^i) }

// Index returns the index of the practice, or of the trust.
func (o Org) Index() (i int, practice bool) {
	if o >= 0 {
		return int(o), true
	}
	return int(^o), false
}

// None is no event.
const None = int32(-1)

// Event is one record before it is written. Encounter and Links are indexes
// of other events of the same life, or None.
type Event struct {
	Kind      Kind
	Service   Service
	Fault     Fault
	Sensitive Sensitivity
	ID        ID
	At, End   clock.Wall // End is 0 where there is none
	Entered   clock.Wall // UTC
	Org       Org
	Encounter int32
	Links     [2]int32

	What      *figure.Concept
	Was       *figure.Concept // what an older version said instead
	Answer    *figure.Concept // a coded value
	Reason    *figure.Concept // a coded reason
	Clinic    *figure.Concept // treatment function
	Value     int32           // hundredths; of blood pressure: systolic
	Second    int32           // hundredths: diastolic
	Unit      string
	Status    string
	Method    string // of admission
	Discharge string // method
	Dest      string // destination
	Attended  string // of outpatients
	Wish      bool   // it is what the person has said about the use of their data

	Changed int32 // the day of the newest version, counted from the day the population is for
	Version int32 // how many versions the days have added
	Gone    bool  // it was deleted, and is no more
	Prior   bool  // it was written when the person had the number that is the old one now
	Twin    bool  // it names the second Patient of the person, which stands

	Spell     int32 // event that is the first episode of the spell
	Order     int32 // of the episode in it, from 1
	Diagnoses [3]*figure.Concept
	Operation *figure.Concept
}

// Tabled reports whether the event is a line of a hospital table.
func (e *Event) Tabled() bool { return e.Kind >= Episode }

// Word returns what an encounter is stored as, and nothing for other kinds.
func (k Kind) Word(e *Event) string {
	switch k {
	case Encounter:
		return [...]string{"gp", "ae", "admission", "outpatient", "community", "mental-health", "social-care"}[e.Service]
	case Episode:
		return "admission"
	case Attendance:
		return "ae"
	case Clinic:
		return "outpatient"
	}
	return ""
}

package row

import "secondaryuse/deid/term"

// Encounter is a contact with a service. Kind is one of gp, ae, admission,
// outpatient, community, mental-health, social-care, other.
type Encounter struct {
	Key
	Kind            term.Word   `parquet:"kind,dict"`
	Class           term.Code   `parquet:"class,optional,dict"` // v3-ActCode: AMB, EMER, IMP, VR ...
	System          term.System `parquet:"system,optional,dict"`
	Code            term.Code   `parquet:"code,optional,dict"` // the type of the encounter
	Status          term.Word   `parquet:"status,optional,dict"`
	Start           term.Time   `parquet:"start_at,optional,timestamp(microsecond:local)"`
	End             term.Time   `parquet:"end_at,optional,timestamp(microsecond:local)"`
	Provider        term.ODS    `parquet:"provider,optional,dict"`
	Specialty       term.Code   `parquet:"treatment_function,optional,dict"` // TREATMENT FUNCTION CODE
	AdmissionMethod term.Code   `parquet:"admission_method,optional,dict"`   // METHOD OF ADMISSION CODE
	DischargeMethod term.Code   `parquet:"discharge_method,optional,dict"`
	Destination     term.Code   `parquet:"discharge_destination,optional,dict"`
	Outcome         term.Code   `parquet:"attendance_outcome,optional,dict"` // attended, did not attend ...
}

// Referral is a request for a service.
type Referral struct {
	Key
	System    term.System `parquet:"system,optional,dict"`
	Code      term.Code   `parquet:"code,optional,dict"`
	Status    term.Word   `parquet:"status,optional,dict"`
	Priority  term.Word   `parquet:"priority,optional,dict"`
	At        term.Time   `parquet:"at,optional,timestamp(microsecond:local)"`
	Specialty term.Code   `parquet:"treatment_function,optional,dict"`
	Requester term.ODS    `parquet:"requester,optional,dict"`
	Performer term.ODS    `parquet:"performer,optional,dict"`
}

// Appointment is a booked contact.
type Appointment struct {
	Key
	Status    term.Word `parquet:"status,optional,dict"` // booked, fulfilled, noshow, cancelled ...
	Start     term.Time `parquet:"start_at,optional,timestamp(microsecond:local)"`
	End       term.Time `parquet:"end_at,optional,timestamp(microsecond:local)"`
	Specialty term.Code `parquet:"treatment_function,optional,dict"`
	Provider  term.ODS  `parquet:"provider,optional,dict"`
}

// CarePlan is that a plan exists: its category and period only.
type CarePlan struct {
	Key
	System term.System `parquet:"system,optional,dict"`
	Code   term.Code   `parquet:"code,optional,dict"`
	Status term.Word   `parquet:"status,optional,dict"`
	Start  term.Time   `parquet:"start_at,optional,timestamp(microsecond:local)"`
	End    term.Time   `parquet:"end_at,optional,timestamp(microsecond:local)"`
}

// Link says that the record of its Key refers to another record (its reason,
// the request it is based on, its appointment) besides its encounter.
type Link struct {
	Key
	To int64 `parquet:"to_key"`
}

// Tombstone says that the source has deleted the record of its Key. PersonID
// is zero where the source names only the record.
type Tombstone struct {
	Key
}

// Exclusion says what a run learnt, while it read, must go: a record (and all
// that hangs on it) when RecordKey is set, a person with everything when only
// PersonID is. It lives until the run is settled and is never sealed.
type Exclusion struct {
	Key
	Gate   term.Word `parquet:"gate,dict"` // sensitive, objection
	Reason int32     `parquet:"reason"`    // gate.Reason
}

package row

import "secondaryuse/deid/term"

// Encounter is a contact with a service. Kind is one of gp, ae, admission,
// outpatient, community, mental-health, social-care, other.
type Encounter struct {
	Key
	Kind            term.Word   `parquet:"kind,dict"`
	Class           term.Code   `parquet:"class,dict"` // v3-ActCode: AMB, EMER, IMP, VR ...
	System          term.System `parquet:"system,dict"`
	Code            term.Code   `parquet:"code,dict"` // the type of the encounter
	Status          term.Word   `parquet:"status,dict"`
	Start           term.Time   `parquet:"start_at,timestamp(microsecond:local)"`
	End             term.Time   `parquet:"end_at,timestamp(microsecond:local)"`
	Provider        term.ODS    `parquet:"provider,dict"`
	Specialty       term.Code   `parquet:"treatment_function,dict"` // TREATMENT FUNCTION CODE
	AdmissionMethod term.Code   `parquet:"admission_method,dict"`   // METHOD OF ADMISSION CODE
	DischargeMethod term.Code   `parquet:"discharge_method,dict"`
	Destination     term.Code   `parquet:"discharge_destination,dict"`
	Outcome         term.Code   `parquet:"attendance_outcome,dict"` // attended, did not attend ...
}

// Referral is a request for a service.
type Referral struct {
	Key
	System    term.System `parquet:"system,dict"`
	Code      term.Code   `parquet:"code,dict"`
	Status    term.Word   `parquet:"status,dict"`
	Priority  term.Word   `parquet:"priority,dict"`
	At        term.Time   `parquet:"at,timestamp(microsecond:local)"`
	Specialty term.Code   `parquet:"treatment_function,dict"`
	Requester term.ODS    `parquet:"requester,dict"`
	Performer term.ODS    `parquet:"performer,dict"`
}

// Appointment is a booked contact.
type Appointment struct {
	Key
	Status    term.Word `parquet:"status,dict"` // booked, fulfilled, noshow, cancelled ...
	Start     term.Time `parquet:"start_at,timestamp(microsecond:local)"`
	End       term.Time `parquet:"end_at,timestamp(microsecond:local)"`
	Specialty term.Code `parquet:"treatment_function,dict"`
	Provider  term.ODS  `parquet:"provider,dict"`
}

// CarePlan is that a plan exists: its category and period only.
type CarePlan struct {
	Key
	System term.System `parquet:"system,dict"`
	Code   term.Code   `parquet:"code,dict"`
	Status term.Word   `parquet:"status,dict"`
	Start  term.Time   `parquet:"start_at,timestamp(microsecond:local)"`
	End    term.Time   `parquet:"end_at,timestamp(microsecond:local)"`
}

// Link says that the record of its Key refers to another record (its reason,
// the request it is based on, its appointment) besides its encounter. Where it
// is whole the two are parts of one whole. PersonID is zero where the record is
// not stored.
type Link struct {
	Key
	To    int64 `parquet:"to_key"`
	Whole bool  `parquet:"whole"`
}

// Tombstone says that the source has deleted the record of its Key. PersonID
// is zero where the source names only the record.
type Tombstone struct {
	Key
}

// Exclusion says what a run learnt, while it read, must go: a record (and all
// that hangs on it) when RecordKey is set, a person with everything when only
// PersonID is. With both, the person goes unless that version of the record
// stands, of which there are Part copies; or, where Part is 0, if it stands. It lives until the run is settled and is never sealed.
type Exclusion struct {
	Key
	Gate   term.Word `parquet:"gate,dict"` // sensitive, objection
	Reason int32     `parquet:"reason"`    // gate.Reason
}

// Touched says that the rows of a person in lower layers of the stage do not
// count any more: what counts of the person stands beside it. Only the person
// of its Key is filled in.
type Touched struct {
	Key
}

// Unlinked says that the record of its Key, of that version, may be used without
// its person only: no mart may see whose it is, or what it hangs on. Its Part is
// 1, so that it is no record of its own, and falls with the record it is about.
type Unlinked struct {
	Key
}

// Package record is what a source hands over: identified records, with whom
// and what they are about still in the clear of this process, and not one of
// them fit to be stored.
//
// A record is a Head, which names the person, the record and everything that
// gates judge by, and a Row, which is already shaped as it may be stored but
// for its Key. Only gate.Admit takes records on, and only deid.Cross makes
// rows that can be stored of what it admits.
package record

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// Kind says what a Ref points to.
type Kind uint8

// The kinds of record that others refer to. An id is of one resource type only,
// so each type has a kind of its own.
const (
	None Kind = iota
	Patient
	Account // a wearable's account: ID is provider, "|", account
	Encounter
	Condition
	Observation
	MedicationOrder // MedicationRequest
	MedicationStatement
	Allergy
	Immunization
	Procedure
	ServiceRequest
	Appointment
	CarePlan
	Self
	Reading
	Line // a line of a hospital table
	MedicationDispense
	ReferralRequest  // of STU3
	ProcedureRequest // of STU3
	Flag
	Consent
	Wrapper // of a type that no dataset takes: ID is type, "/", id
)

// Ref names a record within its feed. ID is the bare logical id: a source
// turns "Type/id", an absolute URL and "urn:uuid:id" into the same Ref. ID may
// point into the source's buffer.
type Ref struct {
	Kind Kind
	ID   string
}

// Link is a reference from a record to another, and how the two go together
// where one of them is sensitive. In any case the record goes with the other.
type Link struct {
	Ref
	Bond Bond
}

// Bond says when what a record refers to goes with the record.
type Bond uint8

// The bonds. What is wrong to be lost with one record for each that names it has
// a weaker one.
const (
	Mention Bond = iota // when the record is sensitive by itself: a reason, a diagnosis
	Part                // whenever the record goes: the two are parts of one whole, as a record and its encounter are
	Member              // never: it is what many others belong to
)

// Coding is one code that a record carries anywhere: its own code, a
// component's, a reason's, a service type's. Gates judge by all of them.
type Coding struct {
	System term.System
	Code   term.Code
}

// Feed is what is known of a record by where it came from.
type Feed struct {
	Name         term.Word
	Kind         FeedKind
	Organisation term.ODS // whose data it is where a record does not say
}

// FeedKind says which gates judge a feed's rows.
type FeedKind uint8

// The kinds of feed.
const (
	Shared   FeedKind = iota + 1 // shared record: agreement, sensitive
	PHR                          // Personal Health Record: connection, sensitive
	Wearable                     // wearables: connection, sensitive
)

// Head is the identified part of a record.
type Head struct {
	Subject      Ref             // whom it is about, by reference; or
	Number       identity.Number // whom it is about, by number (hospital tables, logical references)
	ID           Ref             // its own key in the feed
	Part         int32           // 0 for the row that stands for the record; n for a further row of the same record
	Sections     Sections        // what this row tells of, among what people share apart: each must be shared; none: not known
	Encounter    Ref             // the encounter it belongs to
	Links        []Link          // other records it refers to: reason, request, appointment, diagnosis
	Codings      []Coding        // every code the record carries
	Organisation term.ODS        // whose data it is; empty: the feed's
	At           term.Time       // when it happened, for gates that judge by time
	Until        term.Time       // when it ended, where the record lasts; gates judge all of it
	Version      term.Time       // when this version was written; newest wins
	Recorded     term.Time       // when it was entered
	Line         int64           // where it stands in its file, from 1
	From         int64           // where the text that it was read from begins in its file, in bytes; its row in one of rows (Parquet)
	Size         int64           // how long that is, without its line end, or 1; 0 where the file can only be read as a whole
	Expires      term.Time       // when the first period in it ends that is still running: it is read in another way from then on
	Vague        term.Time       // how much later than At it may have been, where that is all of a month or a year
	Restricted   bool            // a security label that takes the record out (v3-Confidentiality R, V)
	Undated      bool            // At is only when this version was written, for nothing says when it happened or was entered
	Quiet        bool            // it says nothing of what its person wants: it is of the family, or was entered in error
	Doubtful     bool            // it says that something is not so, or not for sure: refuted, not done, planned, "no"
}

// Of is an identified record of one dataset.
type Of[X row.Row] struct {
	Head
	Row X
}

// Person is an identified person record.
type Person struct {
	Of[row.Person]
	Birth        identity.Birth
	Postcode     identity.Postcode
	Verification term.Code // NHS NUMBER STATUS INDICATOR CODE: 01 is verified; empty where the feed has none
	Fault        Fault     // why Number is zero
	Confidential bool      // the person's record is flagged sensitive: the whole person is left out
	Former       []Former  // numbers that the record says the person had before
	Mentioned    bool      // no record of the person's own: a line of activity that names its person by number
}

// Former is a number that a person had before. It names nobody else.
type Former struct {
	Number identity.Number
	Sure   bool // its verification status is one that persons are told apart by
}

// Version is one version of a feed's record, and in how many copies it was met.
type Version struct {
	Feed   Feed
	ID     Ref
	At     term.Time
	Copies int32
}

// Fault says why a person record has no usable number.
type Fault uint8

// The faults of a number.
const (
	NoFault       Fault = iota
	Missing             // there is none
	BadForm             // not ten digits
	BadCheckDigit       // modulus 11 fails
	Disallowed          // a sentinel
	Unverified          // its verification status is not accepted
	Several             // more than one current number
)

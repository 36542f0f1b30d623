// Package report writes the gate report of a run: what the gates made of every
// feed's and every organisation's records, on which lists, and against the run
// before. It is what somebody signs, in Markdown, and the same for a program, in
// JSON.
//
// It names no person, and no count of persons or records in it is exact. From 1
// to 7 a count is "<8"; others are to the nearest 5, as for Hospital Episode
// Statistics. No hidden count can be computed from the others: each record is in
// one figure of a table, sums are of the figures as they are shown, and so are
// differences and per cents; and where a sum that is told elsewhere would tell what
// is hidden, more is hidden (hide.go).
package report

import (
	"time"

	"secondaryuse/pipeline/ledger"
)

// Schema names the form of the JSON, which is that of Report. A field may be
// added under the same number; whatever else changes has another.
const Schema = "ohc-pipeline gate report 1"

// Report is the gate report of one run. Times are UTC. A figure is a number,
// or the text "<8" for 1 to 7 (in Organisations: 0 to 7), or "*" where
// it is not told because others could be computed by it. "several" as an outcome,
// a gate or a reason is small counts that are told together for that reason.
type Report struct {
	Schema string `json:"schema"`

	Run      string    `json:"run"`     // its id
	Command  string    `json:"command"` // run, extract, publish ...
	Kind     string    `json:"kind"`    // which records it judged: whole, delta or staged; empty where none
	Status   string    `json:"status"`  // as ohc-pipeline runs has it
	Failure  string    `json:"failure,omitempty"`
	Job      string    `json:"job,omitempty"` // whose turn it was part of
	Due      time.Time `json:"due,omitzero"`  // the logical time of that
	Step     string    `json:"step,omitempty"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended,omitzero"` // absent where it was cut off
	AsOf     string    `json:"as_of"`          // the day that ages and registers are for
	Purpose  string    `json:"purpose"`
	Who      string    `json:"who"`           // the user of the operating system who called for it
	Config   string    `json:"configuration"` // SHA-256 of the configuration file
	Program  string    `json:"program"`       // the commit that it was built of, or the size and time of its file
	Snapshot string    `json:"snapshot,omitempty"`
	Against  string    `json:"against,omitempty"` // the run it is compared with: the newest before of its kind and purpose that has published

	Lists         []List `json:"lists"`         // what the gates stood on
	Persons       []Line `json:"persons"`       // everybody known, by what was known before their records were read; absent of kind staged
	Records       []Line `json:"records"`       // of each feed, by outcome, but those that a gate left out
	Excluded      []Line `json:"excluded"`      // of each feed, by gate and reason
	Organisations []Line `json:"organisations"` // of each feed and organisation, by gate, as they were judged when they were read
}

// List is what a gate stood on.
type List struct {
	Gate   string    `json:"gate"`
	Text   string    `json:"text"`             // as the manifest has it, with its counts as figures are
	Issued time.Time `json:"issued,omitzero"`  // of a list with a date
	Days   *int      `json:"days,omitempty"`   // how old it was when the run began, in whole days
	SHA256 string    `json:"sha256,omitempty"` // of a list that is a file
	News   string    `json:"news,omitempty"`   // new, changed or gone, against the run before
}

// Line is one figure, and what it is of. What it is not told apart by is absent.
type Line struct {
	Feed         string   `json:"feed,omitempty"`
	Organisation string   `json:"organisation,omitempty"` // its ODS code; "other" for those with fewer than 8 records, or with no code
	Outcome      string   `json:"outcome,omitempty"`      // kept, excluded, rejected, superseded, deleted, deletion, unused, or cut, which are among the others; of persons and organisations: kept or excluded
	Gate         string   `json:"gate,omitempty"`
	Reason       string   `json:"reason,omitempty"`
	Count        Figure   `json:"count"`
	Before       *Figure  `json:"before,omitempty"`   // in the run it is compared with
	Change       *int64   `json:"change,omitempty"`   // of the figures as they are shown; absent where one is hidden
	PerCent      *float64 `json:"per_cent,omitempty"` // of Before
	News         string   `json:"news,omitempty"`     // new or gone: the other run had, or has, no such line
}

// Facts is what the ledger knows of a run.
type Facts struct {
	Run      ledger.Run
	Rules    []string
	Verdicts []ledger.Verdict
	Tallies  []ledger.Tally
	Held     []ledger.Holding
}

// compose makes the report of a run, against that of another, which may be the zero
// Facts.
func compose(now, before Facts) Report {
	r := now.Run
	return Report{
		Schema: Schema, Run: r.ID, Command: r.Command, Kind: r.Kind, Status: r.Status, Failure: r.Failure, Job: r.Job, Due: r.Due, Step: r.Step,
		Began: r.Started.UTC(), Ended: r.Finished.UTC(), AsOf: r.AsOf, Purpose: r.Purpose, Who: r.Who, Config: r.Config, Program: r.Program,
		Snapshot: r.Snapshot, Against: before.Run.ID,
		Lists:         lists(now, before),
		Persons:       compare(persons(now), persons(before), before),
		Records:       compare(records(now), records(before), before),
		Excluded:      compare(excluded(now), excluded(before), before),
		Organisations: compare(organisations(now), organisations(before), before),
	}
}

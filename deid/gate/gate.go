// Package gate decides who and what may be used. A gate is opened once a run,
// which is all its input and output; from then on it answers purely, from any
// number of goroutines. A gate that is missing, stale, empty, short, foreign
// or of the wrong polarity does not open, and the run stops.
//
// Whose a record is, is the first question. A record goes to a person only when
// all its names agree: a reference leads to a record of that person that was
// not deleted, and a number beside it is the person's, now or by the word of
// that record before. A former number never makes a person of its own. What
// names nobody for sure is left out; if it speaks against the use of somebody's
// data, it is heard all the same, and what hangs on it goes if it is sensitive.
//
// The Keeper asks every gate about every person and every record; only its
// desks make Admitted and People, which is all that deid lets across as rows.
package gate

import (
	"errors"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// PersonGate judges a person by number.
type PersonGate interface {
	// Person returns why the person may not be used, or Kept.
	Person(n identity.Number) Reason
}

// RecordGate judges a record of an eligible person.
type RecordGate interface {
	// Record returns why the record may not be used, or Kept. who is the
	// number of the person whose record it is. SensitivePerson takes the person
	// out as well, while that version of the record stands; Unlinked lets the
	// record through, but nobody who reads marts may know whose it is.
	Record(f record.Feed, h *record.Head, who identity.Number) Reason
}

// PartGate judges each row of a record by itself, once the record as a whole has
// been let through: what may not be used is cut out of it.
type PartGate interface {
	// Part returns why a row may not be used, or Kept. who is the number of the
	// person whose it is.
	Part(f record.Feed, h *record.Head, who identity.Number) Reason
}

// Resolver says whose an account was at a time.
type Resolver interface {
	// Whose returns the number of the person whose account (a Ref of kind
	// record.Account) it was at the given time, or why nobody can be named.
	Whose(account record.Ref, at term.Time) (identity.Number, Reason)
	// Numbers lists every person with an account, in any order.
	Numbers() []identity.Number
}

// ErrRefused is wrapped by every error of a gate that does not open. The run
// stops with exit code 3 and nothing is published.
var ErrRefused = errors.New("gate refused")

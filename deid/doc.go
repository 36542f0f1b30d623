// Package deid is the lock: what may see, judge or replace an identity lives
// in this folder, and nothing else does.
//
// # The guarantee
//
// What package stage can store is a Batch, and only Cross and its siblings in
// this package make one, of what a gate.Keeper has admitted. So a record
// reaches the stage only when every gate has let it through, under a person_id
// that cannot be turned back without the key, and in columns that have no
// place for a name, an address, a free text or a local identifier. A program
// that tries another way does not compile; testdata/leaks holds such programs.
//
// # The means
//
// State is a type: record.Of (identified), gate.Admitted (may be used), Batch
// (pseudonymised). Digits of an NHS number are veiled from the moment they are
// parsed (package identity) and only internal/veil can lift the veil. A
// person_id is the top 63 bits of HMAC-SHA-256 under the base key; the feed's
// own keys become SipHash-2-4 values under a key derived from it. A date of
// birth is cut to year and month, and to the year for people over 89; a death
// to its month; a postcode to its LSOA and decile of deprivation.
//
// A number leaves this folder in one way: a Hand writes it, encrypted for the one who
// receives it. What an older study made of numbers leaves so, or as Pseudonyms, which
// cmd/ohc-pipeline encrypts for one extract. Whether it may, cmd/ohc-pipeline asks: the
// configuration, two people, the gates, and the practice's register.
//
// Where deltas follow, who is known is kept from run to run beside the rows,
// those who are left out included: numbers as blocks of AES (identity.Sealed)
// and references as SipHash-2-4 values, under keys derived from the base key.
//
// That it holds is searched for: package trace finds what names a person in bytes of any
// kind, and holds fingerprints alone.
//
// # The limits
//
// This stops accidents, not malice: code in this module that means to leak can
// use package unsafe, and a debugger can read the veil's key. A pseudonymised
// row is still personal data: who knows a person's encounters can find the
// row. What may stand in a column is held to forms and lists, not to registers:
// package term says what they let through. There are only 10^9 NHS numbers, so
// whoever holds the base key can undo every person_id, and read every number
// that is kept; the key is the whole protection. Where it is kept, and for whom
// it is wrapped, is the business of marts/domain/keyring and of who calls NewKey.
//
// # The packages
//
//	identity              NHS number, postcode, date of birth
//	internal/veil         the only code that can read them back
//	record                identified records: what a source hands over
//	row                   what may be stored, and nothing else
//	term                  the words that a stored row may use
//	place                 what may be stored of a postcode
//	gate                  who and what may be used; gatetest for the tests of gates
//	gate/list             lists that gates stand on, read strictly
//	gate/purpose          the register of purposes and their terms
//	gate/optout           the national data opt-out
//	gate/optout/exchange  how its list is asked for, from request to list
//	gate/optout/form      the form of what is exchanged
//	gate/optout/mesh      a client of MESH; mesh/meshtest has the service in tests
//	gate/objection        the local objection and Type 1 opt-outs
//	gate/connection       PHR and wearables, section by section
//	gate/agreement        organisations with a sharing agreement
//	gate/sensitive        codes, places and labels that may not be used
//	trace                 finds what names a person, in bytes of any kind
package deid

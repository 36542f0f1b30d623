// Package disclose lets a table leave: an aggregate leaves as a Released, and
// Control alone makes one.
//
// An author writes a QUERY.sql: a comment header that says what is counted,
// over a SELECT of rows about persons (person_id, the dimensions, values).
// Control does the rest, in one straight line:
//
//	tabulate -> hide what is small -> difference against what was released ->
//	hide what lets one solve for it -> round -> Released
//
// The tool aggregates and not the author, so that a count is one of distinct
// persons and the number of persons behind a mean, a sum or a rate is known
// and not claimed. What is hidden, rounded and left out is told by a Profile:
// no threshold stands in the code.
//
// Two questions have packages of their own, each of which says what it promises
// and what it does not: package margin, whether a hidden figure can be computed
// from totals; and package differ, whether two releases tell together of a few.
//
// Whose records a row is made of is held as well: asked for halves of the persons,
// the SELECT must give the same rows as asked for all, so that none says anything
// of another person than its own.
//
// Limits. Who is counted is what the author's SELECT says, and what it says in words
// of its own is for its reviewers to judge: who may look at a record can write what
// it says into a question as text. Releases of two domains
// cannot be compared, because their persons cannot be. Unseal knows a table by its
// digest: whoever calls it must have that from what two reviewers have signed.
package disclose

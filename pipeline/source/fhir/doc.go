// Package fhir decodes FHIR resources, R4 as UK Core has them and STU3 as
// GP Connect has them, into identified records. It is used by every source
// whose records are FHIR, whatever their files look like.
//
// A resource is read in one pass over its bytes, without allocation. What the
// stage has no column for is passed over, but every code that stands anywhere
// in the resource is collected, so that gates can judge by it.
//
// One resource becomes one record: a row with Part 0 (and a row for each
// component of an observation), a deletion when its status says that it was
// entered in error, a Reject when it cannot be read, or a count in Unused when
// no dataset takes its type. A field that is wanted and of a wrong type, or a
// date that does not exist, rejects the record and is named. A code that has
// not the form of its system is judged and not stored, one that has not the
// shape of any is left out; of a unit that is not known it is stored that it is
// another (package term). Both spellings of a member that STU3 and R4 name
// differently are read alike, and so are one object and a list of one.
//
// Where a resource has a member twice, lists and concepts add up and the last
// of other values holds; but a resource that names two persons, by references
// or by numbers, is rejected.
package fhir

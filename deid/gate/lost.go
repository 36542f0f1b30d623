package gate

import (
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// deletion is that a source has deleted a person's record.
type deletion struct {
	upto   term.Time // every version of it up to this one
	shared bool      // it was the shared record's
}

// remove takes note that a person's record was deleted, up to a version, or
// all of it where that is not known. It may come before or after the record.
func (r *roster) remove(f record.Feed, ref record.Ref, version term.Time) {
	key := r.key(f, ref)
	r.deleted[key] = deletion{max(upto(version), r.deleted[key].upto), f.Kind == record.Shared}
}

// upto is the newest version that a deletion takes.
func upto(version term.Time) term.Time {
	if version == term.Unknown {
		return math.MaxInt64
	}
	return version
}

// bury settles what deletions leave, once all persons are enrolled. A
// reference to a deleted record names nobody, unless a newer version was sent.
// A person of whom the shared record has deleted a record is left out as a
// whole while no other record of their own stands, in any feed.
func (r *roster) bury() {
	lost := make(map[Ordinal]bool)
	for key, d := range r.deleted {
		e, ok := r.byRef.get(key)
		if !ok || e.version > d.upto {
			continue
		}
		if d.shared && e.one() {
			lost[e.who] = true
		}
		e.fault = UnknownPerson
		r.byRef.set(key, e)
	}
	if len(lost) == 0 {
		return
	}
	for _, e := range r.byRef.all() {
		if e.stands() {
			delete(lost, e.who)
		}
	}
	for who := range lost {
		r.bar(who, UnknownPerson)
	}
}

// removedLate returns who was behind the reference of a record whose deletion
// was met only when the records were read, and that has not been sent again.
func (r *roster) removedLate(f record.Feed, ref record.Ref, version term.Time) (Ordinal, bool) {
	e, ok := r.byRef.get(r.key(f, ref))
	return e.who, ok && e.one() && e.fault == Kept && e.version <= upto(version)
}

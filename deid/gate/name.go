package gate

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
)

// name is a number that records behind a reference have named.
type name struct {
	ref uint64
	who Ordinal
}

// name takes note that a record of a version names who. As long as all records
// behind the reference name one person, the entry knows all there is.
func (r *roster) name(key uint64, e *entry, who Ordinal, version term.Time) {
	if e.who != nobody && e.who != who && !e.several {
		e.several = true
		r.named(name{key, e.who}, e.named)
	}
	if e.several {
		r.named(name{key, who}, version)
	}
	e.who, e.named = who, max(version, e.named)
}

func (r *roster) named(n name, version term.Time) {
	if old, ok := r.names[n]; !ok || old < version {
		r.names[n] = version
	}
}

// choose settles the references that have named several numbers: the number of
// the newest version is the person's, and the others were before. Two of one
// version leave it open.
func (r *roster) choose() {
	r.older = r.older[:0]
	chosen := make(map[uint64]entry)
	for n, version := range r.names {
		e, ok := chosen[n.ref]
		switch {
		case !ok:
			e, _ = r.byRef.get(n.ref)
			e.who, e.named, e.several = n.who, version, false
		case version > e.named:
			e.who, e.named, e.several = n.who, version, false
		case version == e.named:
			e.several = true
			e.who = min(e.who, n.who) // the same in whatever order
		}
		chosen[n.ref] = e
	}
	for key, e := range chosen {
		r.byRef.set(key, e)
	}
	for n := range r.names {
		if e := chosen[n.ref]; !e.several && e.who != n.who {
			r.older = append(r.older, claim{r.numbers[n.who], n.ref})
		}
	}
}

// follow adds the numbers that were behind a reference before its present one
// to the former numbers, but for those that are somebody's now: there the
// number was put right, and says nothing of whose it is.
func (r *roster) follow(trails map[identity.Number]trail) {
	if len(r.older) == 0 {
		return
	}
	current := make(map[identity.Number]bool)
	for _, e := range r.byRef.all() {
		if e.stands() {
			current[r.numbers[e.who]] = true
		}
	}
	for _, c := range r.older {
		e, _ := r.byRef.get(c.ref)
		if current[c.number] || !e.stands() {
			continue
		}
		t, ok := trails[c.number]
		if !ok {
			t.who = nobody
		}
		t.doubt = t.doubt || t.who != nobody && t.who != e.who
		t.who, t.sure = e.who, true
		trails[c.number] = t
	}
}

package gate

import "secondaryuse/deid/identity"

// claim is that the record behind a reference calls a number a former one of
// its person.
type claim struct {
	number identity.Number
	ref    uint64
}

// trail is where a former number leads.
type trail struct {
	who   Ordinal
	sure  bool // a verified claim says so
	doubt bool // of two persons, or of one whose number is unusable, or it is somebody's number now
}

// end returns whose the number was, or why nobody can be named.
func (t trail) end() (Ordinal, Reason) {
	switch {
	case t.doubt:
		return nobody, Ambiguous
	case t.who == nobody:
		return nobody, UnknownPerson // the record that said so is deleted
	case !t.sure:
		return nobody, NotVerified
	}
	return t.who, Kept
}

// trace settles the former numbers, once deletions are. A former number never
// makes a person of its own. It stands for the person whose records call it
// theirs if that is certain: they are of one person, one of them gives it as
// verified, and it is nobody's number now. Else whoever it would make is left
// out. gates is asked what a person has said under a former number.
func (r *roster) trace(gates []PersonGate) {
	trails := r.trails()
	r.follow(trails)
	if len(trails) == 0 {
		return
	}
	r.doubtCurrent(trails)
	r.barClaimed(trails) // all before the first inherits, so that the order is of no account
	heirs := make(map[Ordinal]Ordinal)
	for n, t := range trails {
		switch heir, why := t.end(); why {
		case NotVerified: // it may have been that person's: what was said under it is heard
			r.inherit(n, t.who, gates)
		case Kept:
			r.inherit(n, heir, gates)
			if was, enrolled := r.byNumber[n]; enrolled {
				heirs[was] = heir
			}
			r.byNumber[n] = heir
		}
	}
	if len(heirs) == 0 {
		return
	}
	for key, e := range r.byRef.all() {
		if heir, ok := heirs[e.who]; ok {
			e.who = heir
			r.byRef.set(key, e)
		}
	}
}

// trails gathers the claims by number.
func (r *roster) trails() map[identity.Number]trail {
	trails := make(map[identity.Number]trail)
	for c, sure := range r.claims {
		e, _ := r.byRef.get(c.ref)
		if e.stands() && r.numbers[e.who] == c.number {
			continue // an earlier spell of the number the person has
		}
		t, ok := trails[c.number]
		if !ok {
			t.who = nobody
		}
		switch {
		case e.stands():
			t.doubt = t.doubt || t.who != nobody && t.who != e.who
			t.who, t.sure = e.who, t.sure || sure
		case e.several || e.fault != UnknownPerson:
			t.doubt = true
		}
		trails[c.number] = t
	}
	return trails
}

// doubtCurrent doubts what is the number of a record that stands.
func (r *roster) doubtCurrent(trails map[identity.Number]trail) {
	for _, e := range r.byRef.all() {
		if !e.stands() {
			continue
		}
		if t, ok := trails[r.numbers[e.who]]; ok {
			t.doubt = true
			trails[r.numbers[e.who]] = t
		}
	}
}

// barClaimed leaves out who has a number that leads to nobody.
func (r *roster) barClaimed(trails map[identity.Number]trail) {
	for n, t := range trails {
		if who, enrolled := r.byNumber[n]; enrolled {
			if _, why := t.end(); why != Kept {
				r.bar(who, why)
			}
		}
	}
}

// inherit has a person answer for what was said under a former number: an
// objection, a flag. That it is not on an allow list says nothing.
func (r *roster) inherit(n identity.Number, heir Ordinal, gates []PersonGate) {
	take := func(why Reason) {
		if v := r.verdicts[heir]; v == Kept || why < v { // the same in whatever order they come
			r.verdicts[heir] = why
		}
	}
	if was, ok := r.byNumber[n]; ok && r.verdicts[was] == Confidential {
		take(Confidential)
	}
	for _, g := range gates {
		if why := g.Person(n); why != Kept && why != NotAllowed {
			take(why)
		}
	}
}

package gate

import (
	"iter"
	"maps"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Waiter is a Watcher that does not hear some records before a day.
type Waiter interface {
	// Due yields of whom records that were watched in this run will be heard in
	// another way merely because a day comes, and the first such day.
	Due() iter.Seq2[identity.Number, term.Time]
}

// wait takes down that something is due, where it is: the first time counts.
func wait[K comparable](due map[K]term.Time, of K, at term.Time) {
	if first, ok := due[of]; at != term.Unknown && (!ok || at < first) {
		due[of] = at
	}
}

// await adds whose day is yet to come, by what was watched in this run, to
// those who waited before.
func (k *Keeper) await() {
	w, ok := k.gates.Watch.(Waiter)
	if !ok {
		return
	}
	for n, at := range w.Due() {
		wait(k.roster.due, n, at)
	}
}

// expires takes down that a record of a person is read in another way from a
// time on.
func (k *Keeper) expires(h *record.Head, who Ordinal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	wait(k.roster.due, k.roster.numbers[who], h.Expires)
}

// due takes up whose day is yet to come, and who changes because it has.
func (l *loading) due() {
	var d keptDue
	l.tape.due(&d)
	switch n := l.number(d.Number); {
	case l.err != nil:
	case d.At > l.keeper.gates.Now:
		l.keeper.roster.due[n] = d.At
	default:
		l.keeper.memory.overdue[n] = true
	}
}

func (l *loading) end() {
	var e keptEnd
	if l.tape.end(&e); e.at > l.keeper.gates.Now {
		l.keeper.roster.ends[e.key] = e.at
	} else {
		l.keeper.memory.ended[e.key] = true
	}
}

// Renew takes out of a roster that was loaded what persons' own records say
// that are read in another way now, since a period in them has ended. It returns
// the keys of their references: whatever was said of these must be enrolled
// again, before Judge.
func (k *Keeper) Renew() map[uint64]bool {
	r, ended := k.roster, k.memory.ended
	if len(ended) == 0 {
		return nil
	}
	for key := range ended {
		r.byRef.set(key, unheard)
	}
	maps.DeleteFunc(r.flagged, func(n name, _ term.Time) bool { return ended[n.ref] })
	maps.DeleteFunc(r.names, func(n name, _ term.Time) bool { return ended[n.ref] })
	maps.DeleteFunc(r.claims, func(c claim, _ bool) bool { return ended[c.ref] })
	renewed := make(map[uint64]bool)
	for key := range ended {
		renewed[max(key, 1)] = true // as Key has it
	}
	return renewed
}

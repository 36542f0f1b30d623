package gate

import (
	"math"
	"runtime"
	"sync"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/guard"
)

// Watcher looks at every record of a known person for what is only known once
// all have been read, such as an objection coded in the GP record. One that is a
// PersonGate as well says there what its list alone does: whom it leaves out is
// let through until Late, which says it again unless a record has taken it back.
type Watcher interface {
	// Watch looks at one record of a feed. It must be safe for concurrent use.
	// sure is false for a record that is left out because nobody can say whose
	// it is, though it may be this person's: it can speak against the use of
	// the person's data, and never for it.
	Watch(f record.Feed, h *record.Head, who identity.Number, sure bool)
	// Deleted is told of every deletion, in any order with the records.
	Deleted(f record.Feed, id record.Ref, version term.Time)
	// Late yields why the person may not be used after all. It is called when
	// every record has been watched. Where unless is not empty the reason
	// falls away if one of these turns out to stand: if the feed holds no newer
	// version of the record, and no more copies of this one, which then say
	// something else.
	Late(who identity.Number, yield func(why Reason, unless []record.Version))
}

// Gates is what a Keeper asks.
type Gates struct {
	Persons  []PersonGate
	Records  []RecordGate
	Accounts Resolver // nil: no wearable can be named
	Watch    Watcher  // nil: nothing is watched

	Now term.Time // London's wall clock, by which a roster that is kept knows what has come due
}

// Keeper knows the persons of a run and lets through who and what may be used.
// Use it in this order: Enrol and Remove, then Judge once, then Admit (and its
// siblings) and Hear at the keeper's desks, then Late and Accused.
type Keeper struct {
	gates   Gates
	parts   []PartGate // those of the gates that are such
	mu      sync.Mutex
	roster  *roster
	judged  bool
	removed map[Ordinal]bool             // whose own record turned out to be deleted after Judge
	accused map[Ordinal][]record.Version // who has a record that takes the whole person out
	open    []bool                       // by Ordinal: what the watcher's list says against the person, a record may take back
	raw     *raw                         // nil: the roster is not kept
	memory  memory
}

// NewKeeper returns a Keeper that asks the given, opened gates.
func NewKeeper(g Gates) *Keeper {
	k := &Keeper{gates: g, roster: newRoster(), removed: make(map[Ordinal]bool), accused: make(map[Ordinal][]record.Version)}
	for _, r := range g.Records {
		if p, ok := r.(PartGate); ok {
			k.parts = append(k.parts, p)
		}
	}
	if g.Accounts != nil {
		for _, n := range g.Accounts.Numbers() {
			k.roster.person(n)
		}
	}
	return k
}

// Enrol takes up the persons of a feed. It may be called from several
// goroutines at once.
func (k *Keeper) Enrol(f record.Feed, persons []record.Person) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.judged {
		panic("gate: Enrol after Judge") // unreachable: the route enrols first
	}
	for i := range persons {
		p := &persons[i]
		if p.ID.ID != "" {
			k.roster.ref(f, p)
		} else if !p.Number.Zero() {
			who := k.roster.meet(p.Number)
			if p.Confidential {
				k.roster.flagged[name{0, who}] = math.MaxInt64 // nothing can say otherwise
			}
		}
	}
}

// Remove takes note that records of persons were deleted; other deletions are
// passed over. It may be called as Enrol may, before or after the records are
// enrolled.
func (k *Keeper) Remove(f record.Feed, deletions []record.Of[row.Tombstone]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.judged {
		panic("gate: Remove after Judge") // unreachable: the route enrols first
	}
	for i := range deletions {
		if h := &deletions[i].Head; h.ID.Kind == record.Patient {
			k.roster.remove(f, h.ID, h.Version)
		}
	}
}

// removeLate takes note that a person's record was deleted, said in a place
// where nobody looked before Judge. What was admitted since cannot be told
// apart any more, so the person is left out as a whole.
func (k *Keeper) removeLate(f record.Feed, h *record.Head) {
	if h.ID.Kind != record.Patient {
		return
	}
	if who, ok := k.roster.removedLate(f, h.ID, h.Version); ok {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.removed[who] = true
	}
}

// Judge settles who everyone enrolled is, and asks the person gates about
// them, on every core.
func (k *Keeper) Judge() {
	k.judged = true
	k.remember()
	k.roster.choose()
	k.roster.flag()
	k.roster.bury()
	k.roster.trace(k.gates.Persons)
	n := len(k.roster.numbers)
	k.open = make([]bool, n)
	workers := runtime.GOMAXPROCS(0)
	var wg guard.Group
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				k.judge(i)
			}
		})
	}
	wg.Wait()
}

func (k *Keeper) judge(i int) {
	for _, g := range k.gates.Persons {
		if k.roster.verdicts[i] != Kept {
			return
		}
		k.roster.verdicts[i] = g.Person(k.roster.numbers[i])
		if w, ok := k.gates.Watch.(PersonGate); ok && w == g {
			k.open[i] = k.roster.verdicts[i] != Kept
		}
	}
}

// Persons returns how many persons are enrolled; an Ordinal is below it.
func (k *Keeper) Persons() int { return len(k.roster.numbers) }

// Verdicts counts the persons by why they are left out, as Judge has found.
func (k *Keeper) Verdicts() (out [Reasons]int64) {
	for _, why := range k.roster.verdicts {
		out[why]++
	}
	return out
}

// Number returns the number of a person and why the person is left out, or
// Kept.
func (k *Keeper) Number(who Ordinal) (identity.Number, Reason) {
	return k.roster.numbers[who], k.roster.verdicts[who]
}

// Contested reports whether nothing but the watcher's list speaks against a
// person, which a record of theirs may have taken back.
func (k *Keeper) Contested(who Ordinal) bool { return k.open[who] }

// Late calls yield for every person whom a record read in this run has put
// out, once all have been admitted: with the reason, and the versions of
// records of which one that stands makes the reason fall away.
func (k *Keeper) Late(yield func(Ordinal, Reason, []record.Version)) {
	for i, n := range k.roster.numbers {
		who := Ordinal(i)
		if k.roster.verdicts[i] != Kept && !k.open[i] {
			continue
		}
		if k.removed[who] {
			yield(who, UnknownPerson, nil)
		}
		if k.gates.Watch != nil {
			k.gates.Watch.Late(n, func(why Reason, unless []record.Version) { yield(who, why, unless) })
		}
	}
}

// who returns whose record h is, or why that cannot be said.
func (k *Keeper) who(f record.Feed, h *record.Head) (Ordinal, Reason) {
	switch {
	case h.Subject.Kind == record.Account:
		return k.owner(h.Subject, h.At)
	case h.Subject.ID == "":
		return k.roster.numbered(h.Number)
	}
	return k.roster.find(f, h.Subject, h.Number)
}

func (k *Keeper) owner(account record.Ref, at term.Time) (Ordinal, Reason) {
	if k.gates.Accounts == nil {
		return nobody, NotConnected
	}
	n, r := k.gates.Accounts.Whose(account, at)
	if r != Kept {
		return nobody, r
	}
	who, ok := k.roster.byNumber[n]
	if !ok {
		return nobody, UnknownPerson
	}
	return who, Kept
}

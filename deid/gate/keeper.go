package gate

import (
	"runtime"
	"sync"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Watcher looks at every record of a known person for what is only known once
// all have been read, such as an objection coded in the GP record.
type Watcher interface {
	// Watch looks at one record. It must be safe for concurrent use.
	Watch(h *record.Head, who identity.Number)
	// Deleted is told of every deletion, in any order with the records.
	Deleted(id record.Ref, version term.Time)
	// Late returns why the person may not be used after all, or Kept. It is
	// called when every record has been watched.
	Late(who identity.Number) Reason
}

// Gates is what a Keeper asks.
type Gates struct {
	Persons  []PersonGate
	Records  []RecordGate
	Accounts Resolver // nil: no wearable can be named
	Watch    Watcher  // nil: nothing is watched
}

// Keeper knows the persons of a run and lets through who and what may be used.
// Use it in this order: Enrol, then Judge once, then Admit, then Late.
type Keeper struct {
	gates  Gates
	mu     sync.Mutex
	roster *roster
	judged bool
}

// NewKeeper returns a Keeper that asks the given, opened gates.
func NewKeeper(g Gates) *Keeper {
	k := &Keeper{gates: g, roster: newRoster()}
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
			who := k.roster.person(p.Number)
			if p.Confidential {
				k.roster.verdicts[who] = Confidential
			}
		}
	}
}

// Judge asks the person gates about everyone enrolled, on every core.
func (k *Keeper) Judge() {
	k.judged = true
	n := len(k.roster.numbers)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
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
	}
}

// Persons returns how many persons are enrolled; an Ordinal is below it.
func (k *Keeper) Persons() int { return len(k.roster.numbers) }

// Number returns the number of a person and why the person is left out, or
// Kept.
func (k *Keeper) Number(who Ordinal) (identity.Number, Reason) {
	return k.roster.numbers[who], k.roster.verdicts[who]
}

// Late calls yield for every person whom a record read in this run has put
// out, once all have been admitted.
func (k *Keeper) Late(yield func(Ordinal, Reason)) {
	if k.gates.Watch == nil {
		return
	}
	for i, n := range k.roster.numbers {
		if k.roster.verdicts[i] != Kept {
			continue
		}
		if r := k.gates.Watch.Late(n); r != Kept {
			yield(Ordinal(i), r)
		}
	}
}

// who returns whose record h is, or why that cannot be said.
func (k *Keeper) who(f record.Feed, h *record.Head) (Ordinal, Reason) {
	switch {
	case h.Subject.Kind == record.Account:
		return k.owner(h.Subject, h.At)
	case !h.Number.Zero():
		if who, ok := k.roster.byNumber[h.Number]; ok {
			return who, Kept
		}
		return nobody, UnknownPerson
	}
	return k.roster.find(f, h.Subject)
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

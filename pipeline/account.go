package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/ledger"
)

// Account is what became of every input record of a run.
type Account struct {
	feeds []string
	read  []int64 // input records, by feed
	ends  map[end]int64
	held  map[holding]int64
	open  *quarantine

	reread int64 // of read, how many were read in an earlier run as well
}

// end is one end that records can come to.
type end struct{ feed, dataset, outcome, gate, reason string }

// holding is what the gates said of records of an organisation when they were
// read.
type holding struct {
	feed, organisation string
	why                gate.Reason
}

// The outcomes.
const (
	kept       = "kept"
	excluded   = "excluded"
	rejected   = "rejected"
	superseded = "superseded"
	deleted    = "deleted"
	deletion   = "deletion"
	unused     = "unused"

	cut = "cut" // of records that were let through, those of which rows were left out: besides the others, not one of them
)

// ErrUnbalanced says that the tallies of a run do not sum to its input.
var ErrUnbalanced = errors.New("the tallies do not sum to the input")

// quarantine takes down where unreadable records lie.
type quarantine struct {
	mu     sync.Mutex
	ledger *ledger.Ledger
	run    string
	noted  map[end]int
}

// placesNoted is how many places are taken down for one reason in one feed;
// all are counted.
const placesNoted = 10_000

func newAccount(r *Run) Account {
	a := Account{
		read: make([]int64, len(r.Feeds)),
		ends: make(map[end]int64),
		held: make(map[holding]int64),
		open: &quarantine{ledger: r.Ledger, run: r.ID, noted: make(map[end]int)},
	}
	for _, f := range r.Feeds {
		a.feeds = append(a.feeds, string(f.Name))
	}
	return a
}

// block counts what a block holds besides rows: what was read, what could not
// be, and what no dataset takes.
func (a *Account) block(ctx context.Context, feed int, file where, b *record.Block) error {
	q := a.open
	q.mu.Lock()
	defer q.mu.Unlock()
	a.read[feed] += b.Read
	for kind, n := range b.Unused {
		a.ends[end{a.feeds[feed], "", unused, "", string(kind)}] += n
	}
	var places []ledger.Place
	for _, r := range b.Rejects {
		e := end{a.feeds[feed], string(r.Dataset), rejected, "", r.Reason}
		a.ends[e]++
		if q.noted[e]++; q.noted[e] <= placesNoted {
			places = append(places, ledger.Place{
				Feed: e.feed, File: string(file), Line: r.Line, Dataset: e.dataset, Field: r.Field, Reason: r.Reason,
			})
		}
	}
	return q.ledger.Quarantine(ctx, q.run, places)
}

// again counts records that were read in an earlier run as well.
func (a *Account) again(feed int, n int64) {
	a.open.mu.Lock()
	defer a.open.mu.Unlock()
	a.read[feed] += n
	a.reread += n
}

// admitted adds what the gates made of the rows of one goroutine.
func (a *Account) admitted(desks []desk) {
	for feed, d := range desks {
		for set := range record.Datasets {
			for why := range gate.Reason(gate.Reasons) {
				if n := d.judge.Records[set][why]; n > 0 {
					a.ends[admission(a.feeds[feed], set.String(), why)] += n
				}
				if n := d.judge.Cut[set][why]; n > 0 {
					a.ends[end{a.feeds[feed], set.String(), cut, why.Gate(), why.String()}] += n
				}
			}
		}
		for code, held := range d.judge.Organisations {
			for why, n := range held.Records {
				if n > 0 {
					a.held[holding{a.feeds[feed], string(code), gate.Reason(why)}] += n
				}
			}
		}
	}
}

func admission(feed, set string, why gate.Reason) end {
	switch {
	case why != gate.Kept:
		return end{feed, set, excluded, why.Gate(), why.String()}
	case set == "tombstone":
		return end{feed, "", deletion, "", ""}
	}
	return end{feed, set, kept, "", ""}
}

// settle moves records that were admitted to the end they came to when the run
// was settled. What the settler says is kept replaces what had been counted as
// kept by subtraction, so a record it lost shows as an imbalance.
func (a *Account) settle(settled []Settled) {
	for e := range a.ends {
		if e.outcome == kept {
			delete(a.ends, e)
		}
	}
	for _, s := range settled {
		e := end{s.Feed, s.Dataset, s.Outcome, "", ""}
		if s.Outcome == excluded {
			e = end{s.Feed, s.Dataset, excluded, s.Reason.Gate(), s.Reason.String()}
		}
		a.ends[e] += s.Records
	}
}

// Balance returns an error that wraps ErrUnbalanced unless, for every feed,
// the tallies sum to the records read.
func (a *Account) Balance() error {
	sums := make(map[string]int64)
	for e, n := range a.ends {
		if e.outcome != cut {
			sums[e.feed] += n
		}
	}
	var errs []error
	for i, feed := range a.feeds {
		if sums[feed] != a.read[i] {
			how := "fewer" // neither is told: an error goes into logs, which hold no small number
			if sums[feed] > a.read[i] {
				how = "more"
			}
			errs = append(errs, fmt.Errorf("feed %s: %w: %s records are accounted for than were read", feed, ErrUnbalanced, how))
		}
	}
	return errors.Join(errs...)
}

// Read returns how many input records a feed held.
func (a *Account) Read(feed string) int64 {
	if i := slices.Index(a.feeds, feed); i >= 0 {
		return a.read[i]
	}
	return 0
}

// Tallies returns the account line by line, in a fixed order.
func (a *Account) Tallies() []ledger.Tally {
	var out []ledger.Tally
	for e, n := range a.ends {
		if n != 0 {
			out = append(out, ledger.Tally{Feed: e.feed, Dataset: e.dataset, Outcome: e.outcome, Gate: e.gate, Reason: e.reason, Records: n})
		}
	}
	slices.SortFunc(out, func(x, y ledger.Tally) int {
		return cmp.Or(cmp.Compare(x.Feed, y.Feed), cmp.Compare(x.Dataset, y.Dataset), cmp.Compare(x.Outcome, y.Outcome),
			cmp.Compare(x.Gate, y.Gate), cmp.Compare(x.Reason, y.Reason))
	})
	return out
}

// Organisations returns what the gates said of every organisation's records, in
// a fixed order.
func (a *Account) Organisations() []ledger.Holding {
	var out []ledger.Holding
	for h, n := range a.held {
		line := ledger.Holding{Feed: h.feed, Organisation: h.organisation, Records: n}
		if h.why != gate.Kept {
			line.Gate, line.Reason = h.why.Gate(), h.why.String()
		}
		out = append(out, line)
	}
	slices.SortFunc(out, ledger.Holding.Compare)
	return out
}

// judged has the ledger know what the gates said of everybody.
func (r *Run) judged(ctx context.Context, k *gate.Keeper) error {
	var out []ledger.Verdict
	for why, n := range k.Verdicts() {
		switch why := gate.Reason(why); {
		case n > 0 && why == gate.Kept:
			out = append(out, ledger.Verdict{Persons: n})
		case n > 0:
			out = append(out, ledger.Verdict{Gate: why.Gate(), Reason: why.String(), Persons: n})
		}
	}
	return r.Ledger.Judge(ctx, r.ID, out)
}

package desk

import (
	"fmt"
	"slices"
	"strings"
)

// State is how a request stands. The names are those of OpenSAFELY's airlock.
type State string

// The states. Pending is a draft that only its author works on; a request that is
// Returned, Rejected, Withdrawn or Released stands so for ever.
const (
	Pending   State = "PENDING"
	Submitted State = "SUBMITTED"
	Partially State = "PARTIALLY_REVIEWED"
	Reviewed  State = "REVIEWED"
	Approved  State = "APPROVED"
	Released  State = "RELEASED"
	Returned  State = "RETURNED"
	Rejected  State = "REJECTED"
	Withdrawn State = "WITHDRAWN"
)

// What can happen to a request, as the register has it.
const (
	asked     = "requested" // a draft is there
	submitted = "submitted" // its author has signed it
	looked    = "looked"    // a reviewer was shown the unsuppressed table and the findings
	voted     = "voted"     // a reviewer has signed a vote; the register has its digest and not what it says
	revoked   = "revoked"   // that reviewer has taken it back, and signed that
	accepted  = "accepted"  // somebody answers for whom it counts, of which an earlier program kept no proof
	reviewed  = "reviewed"  // both votes are in, and are told
	approved  = "approved"
	returned  = "returned"
	rejected  = "rejected"
	withdrawn = "withdrawn"
	refused   = "refused"  // disclosure control lets nothing of it leave: it never was a request
	issued    = "issued"   // the register has what is released, and to the byte
	recalled  = "recalled" // whoever has it was told not to use it any more
	released  = "released" // its file is in the outbox
)

// moves are the states that an event may find a request in, and what it makes of
// each. What is not here cannot happen.
var moves = map[string]map[State]State{
	asked:     {"": Pending},
	refused:   {"": Rejected},
	submitted: {Pending: Submitted},
	looked:    {Submitted: Submitted, Partially: Partially},
	voted:     {Submitted: Partially, Partially: Reviewed},
	revoked:   {Partially: Submitted, Reviewed: Partially, Approved: Partially},
	accepted:  {Pending: Pending, Submitted: Submitted, Partially: Partially, Released: Released},
	reviewed:  {Reviewed: Reviewed},
	approved:  {Reviewed: Approved},
	rejected:  {Reviewed: Rejected},
	returned:  {Submitted: Returned, Partially: Returned, Reviewed: Returned, Approved: Returned},
	withdrawn: {Pending: Withdrawn, Submitted: Withdrawn, Partially: Withdrawn},
	issued:    {Approved: Approved},
	released:  {Approved: Released},
	recalled:  {Released: Released},
}

// event is one thing that has happened to a request.
type event struct {
	what   string
	by     string // the person's name; empty where the desk did it by itself
	digest string // of the request; with voted and revoked that of the signed vote; with accepted that of whom it counts
	why    string
	at     string
}

// standing is what all events of a request come to.
type standing struct {
	state    State
	author   string
	digest   string // of the request as it was asked; of the question where it was refused
	kept     bool   // there is a request, and a folder of it
	looked   []string
	voters   []string
	votes    []string // digests of the signed votes, in the order of voters
	back     []string // digests of those that were taken back
	told     bool     // both votes have been told
	issued   bool     // the register has it as issued
	recalled bool     // nobody is to use it any more
	accepted string   // SHA-256 of whom it counts, as somebody has accepted it
	why      string
	at       string // when the last event was
	changed  string // who it was by
}

// fold follows a request through its events. An event that could not have happened
// is an error: nothing may be done with the request, since the register is not as
// the desk writes it.
func fold(events []event) (standing, error) {
	var s standing
	for i, e := range events {
		if err := s.follow(e); err != nil {
			return standing{}, fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	return s, nil
}

func (s *standing) follow(e event) error {
	next, can := moves[e.what][s.state]
	if !can && s.state == "" {
		return fmt.Errorf("a request that is not there cannot be %s", e.what)
	}
	if !can {
		return fmt.Errorf("a request that is %s cannot be %s", s.state, e.what)
	}
	if err := s.may(e); err != nil {
		return err
	}
	switch e.what {
	case asked, refused:
		s.author, s.digest, s.kept = e.by, e.digest, e.what == asked
	case looked:
		s.looked = append(s.looked, e.by)
	case voted:
		s.voters, s.votes = append(s.voters, e.by), append(s.votes, e.digest)
	case revoked:
		s.takeBack(e)
	case accepted:
		s.accepted = e.digest
	case reviewed:
		s.told = true
	case issued:
		s.issued = true
	case recalled:
		s.recalled = true
	}
	s.state, s.why, s.at, s.changed = next, e.why, e.at, e.by
	if e.what == revoked {
		s.why = "" // the other reviewer judges by themselves
	}
	return nil
}

// takeBack takes a vote out. Who has taken it back may vote again, and looks again.
func (s *standing) takeBack(e event) {
	i := slices.Index(s.votes, e.digest)
	s.voters, s.votes = slices.Delete(slices.Clone(s.voters), i, i+1), slices.Delete(slices.Clone(s.votes), i, i+1)
	s.looked = slices.DeleteFunc(slices.Clone(s.looked), func(n string) bool { return same(n, e.by) })
	s.back, s.told = append(s.back, e.digest), false
}

// may holds who may do what, by name: the keys are held where a vote is counted.
func (s *standing) may(e event) error {
	switch {
	case !slices.Contains([]string{asked, refused, voted, revoked, accepted, recalled}, e.what) && e.digest != s.digest:
		return fmt.Errorf("%s is of another request than what was asked", e.what)
	case (e.what == submitted || e.what == withdrawn) && !same(e.by, s.author):
		return fmt.Errorf("only the author can have %s it", e.what)
	case (e.what == looked || e.what == voted) && same(e.by, s.author):
		return fmt.Errorf("its own author has %s", e.what)
	case e.what == voted && (contains(s.voters, e.by) || !contains(s.looked, e.by)):
		return fmt.Errorf("%s has voted twice, or without having looked", e.by)
	case e.what == voted && slices.Contains(s.back, e.digest):
		return fmt.Errorf("a vote of %s that was taken back was cast again", e.by)
	case e.what == revoked && (s.issued || e.digest == "" || s.voteOf(e.by) != e.digest):
		return fmt.Errorf("%s has taken back what is not their vote, or was issued", e.by)
	case (e.what == approved || e.what == rejected) && !s.told:
		return fmt.Errorf("it was %s before both votes were told", e.what)
	case e.what == reviewed && s.told:
		return fmt.Errorf("both votes were told twice")
	case e.what == issued && s.issued || e.what == released && !s.issued || e.what == returned && s.issued:
		return fmt.Errorf("it was %s though issued is %v", e.what, s.issued)
	}
	return nil
}

// voteOf is the digest of somebody's vote; empty where there is none.
func (s *standing) voteOf(name string) string {
	i := slices.IndexFunc(s.voters, func(n string) bool { return same(n, name) })
	if i < 0 {
		return ""
	}
	return s.votes[i]
}

// same compares names as people.yaml does.
func same(a, b string) bool { return strings.EqualFold(a, b) }

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return same(n, name) })
}

// open reports whether somebody or the desk has something to do yet.
func (s State) open() bool {
	return slices.Contains([]State{Pending, Submitted, Partially, Reviewed, Approved}, s)
}

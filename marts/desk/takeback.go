package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/people"
	"secondaryuse/marts/register"
)

// TakeBack takes back the vote of who calls it, while the register has not yet what
// comes of it. The request then waits for a vote again, theirs after they have looked
// anew. Nothing that two votes came to is done first: the vote may be why.
func (d *Desk) TakeBack(ctx context.Context, a Actor, id, why string) error {
	if !oneLine(why) || why == "" {
		return refuse("who takes a vote back says why, in one line of text; next: give --reason")
	}
	unlock, err := d.requests.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := d.register.Mend(ctx, theDesk, d.now()); err != nil {
		return err
	}
	s, err := d.stands(id)
	if err != nil {
		return err
	}
	vote := s.voteOf(a.Name)
	if err := revocable(s, vote, id); err != nil {
		return err
	}
	v, err := d.requests.getVote(id, vote)
	if err != nil {
		return err
	}
	if v.Vote.Key != a.Key {
		return refuse("the vote of %s was signed with another key than yours; next: have its request withdrawn or returned", v.Vote.By)
	}
	if err := d.signed(ctx, a, register.Step{What: revoked, Name: id, Subject: vote, Why: why}); err != nil {
		return err
	}
	return os.Remove(d.requests.path(id, votesFolder, vote+".json")) // the register has its digest, by which it is never taken for a vote again
}

// revocable says why a vote cannot be taken back.
func revocable(s standing, vote, id string) error {
	switch {
	case s.issued:
		return refuse("the table is issued: no vote is taken back any more; next: ohc-marts releases --recall %s, which takes it out of the outbox where it still lies there, and write to whoever has it", id)
	case vote == "":
		return refuse("you have no vote on it to take back; next: ohc-marts releases says how it stands")
	case moves[revoked][s.state] == "":
		return refuse("the request is %s: what both votes came to is told, and nothing of it leaves; next: nothing", s.state)
	}
	return nil
}

// signed adds a step that somebody answers for, with their signature.
func (d *Desk) signed(ctx context.Context, a Actor, s register.Step) error {
	s.Kind, s.By, s.At = kind, a.Name, d.now().UTC()
	return d.register.Step(ctx, s.Signed(a.key))
}

// Recall says of a released table that nobody is to use it any more, and takes it out
// of the outbox, where it still lies there. Later tables are compared with it all the
// same: somebody may have it.
func (d *Desk) Recall(ctx context.Context, a Actor, id, why string) error {
	if !oneLine(why) || why == "" {
		return refuse("who recalls a table says why, in one line of text; next: give --reason")
	}
	return d.enter(ctx, id, func(s standing) error {
		if s.state != Released {
			return refuse("the request is %s: there is nothing to recall; next: ohc-marts releases says how it stands", s.state)
		}
		if !same(a.Name, s.author) && !a.Has(people.Reviewer) && !inCharge(a) {
			return refuse("a table is recalled by its author, a reviewer, a custodian or a guardian; %s is none of these", a.Name)
		}
		if err := d.signed(ctx, a, register.Step{What: recalled, Name: id, Subject: s.digest, Why: why}); err != nil {
			return err
		}
		return d.takeOut(id)
	})
}

// takeOut takes a table out of the outbox, and nothing that is none.
func (d *Desk) takeOut(id string) error {
	if !idShape.MatchString(id) {
		return changed(id, "the register has it as recalled, and that is not the id of a request")
	}
	return os.RemoveAll(filepath.Join(d.config.Outbox, id))
}

func inCharge(a Actor) bool { return a.Has(people.Custodian) || a.Has(people.Guardian) }

// Accept has whom a request counts, which an earlier program has kept without the
// register's key, count as true. Who calls it answers for it, with their signature.
func (d *Desk) Accept(ctx context.Context, a Actor, id, why string) error {
	switch {
	case !inCharge(a):
		return refuse("%s is neither custodian nor guardian; next: ask one of them", a.Name)
	case !oneLine(why) || why == "":
		return refuse("who accepts it says by what they know that nobody has changed it, in one line of text; next: give --reason")
	}
	return d.enter(ctx, id, func(s standing) error {
		r, files, err := d.requests.get(id, s.digest)
		if err != nil {
			return err
		}
		if !s.counts() || r.People != "" || s.accepted != "" {
			return refuse("nothing of it is to be accepted: it is compared with already, or not any more")
		}
		question, err := disclose.Load(string(files[queryFile]))
		if err != nil {
			return err
		}
		key, err := d.key()
		if err != nil {
			return err
		}
		digest, err := disclose.Accept(d.figures(), id, question, key)
		if errors.Is(err, os.ErrNotExist) {
			return changed(id, "whom it counts is not kept any more; next: restore %s from a copy", d.figures())
		}
		if err != nil {
			return err
		}
		return d.signed(ctx, a, register.Step{What: accepted, Name: id, Subject: digest, Why: why})
	})
}

package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

func (o *office) takeBack(a Actor, id string) error {
	return o.TakeBack(context.Background(), a, id, "a fault in the denominator")
}

// TestTakeBack: a reviewer takes their approval back while nothing is issued; the
// request waits for two again; and they may approve it once more after they have looked.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.employ("ann author", "bob reviewer", "cyd reviewer", "dan reviewer")
	o.reopen()
	id := o.ask()
	o.approve(o.bob, id)
	before := o.voteFiles(id)
	o.must(o.takeBack(o.bob, id))
	if o.state(id) != Submitted || len(o.voteFiles(id)) != 0 {
		t.Fatal(o.state(id), o.voteFiles(id))
	}
	lines, err := o.List()
	if err != nil || lines[0].Votes != 0 || lines[0].By != "bob" || lines[0].Why != "" {
		t.Errorf("%+v %v", lines, err)
	}
	steps, err := o.register.Steps()
	o.must(err)
	last := steps[len(steps)-1]
	if last.What != revoked || last.By != "bob" || last.Subject+".json" != before[0] || last.Signature == nil || last.Signature.Key != o.bob.Key || last.Why == "" {
		t.Errorf("%+v", last)
	}
	o.refused(o.vote(o.bob, id, Approve), "bob has not looked at it")
	o.approve(o.cyd, id)
	if o.state(id) != Partially {
		t.Fatal(o.state(id))
	}
	o.approve(o.bob, id)
	if o.state(id) != Released {
		t.Error(o.state(id))
	}
	o.must(Verify(o.config))
}

// TestTakeBackRefused: nobody takes back what is not theirs, is not there or has been
// issued, and none twice.
func TestTakeBackRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	o.refused(o.takeBack(o.bob, id), "you have no vote on it")
	o.approve(o.bob, id)
	for _, a := range []Actor{o.ann, o.cyd, o.dan} {
		o.refused(o.takeBack(a, id), "you have no vote on it")
	}
	o.refused(o.TakeBack(context.Background(), o.bob, id, ""), "says why")
	o.refused(o.TakeBack(context.Background(), o.bob, id, "a\nb"), "says why")
	o.refused(o.takeBack(o.bob, newID()), "there is no request")

	o.employ("ann author", "bob=dan reviewer", "cyd reviewer") // who has that name now is another
	o.reopen()
	o.must(os.Link(filepath.Join(o.root, "bob"), filepath.Join(o.root, "bob.before")))
	o.must(os.Rename(filepath.Join(o.root, "dan"), filepath.Join(o.root, "bob")))
	o.refused(o.takeBack(o.as("bob"), id), "signed with another key")
	o.must(os.Rename(filepath.Join(o.root, "bob.before"), filepath.Join(o.root, "bob")))
	o.employ("ann author", "bob reviewer", "cyd reviewer")
	o.reopen()

	o.must(o.takeBack(o.bob, id))
	o.refused(o.takeBack(o.bob, id), "you have no vote on it")
	o.look(o.cyd, id)
	o.must(o.vote(o.cyd, id, Reject))
	o.look(o.bob, id)
	o.must(o.vote(o.bob, id, Approve))
	o.refused(o.takeBack(o.bob, id), "the request is REJECTED")

	id = o.ask()
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	err := o.takeBack(o.bob, id)
	if err == nil || !strings.Contains(err.Error(), "the table is issued") || !strings.Contains(err.Error(), "releases --recall "+id) || o.state(id) != Released {
		t.Errorf("%v; %s", err, o.state(id))
	}
}

// TestTakenBackIsNoVote: who writes a vote that was taken back into the register once
// more has no vote.
func TestTakenBackIsNoVote(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	file := o.voteFiles(id)[0]
	text, err := os.ReadFile(o.requests.path(id, votesFolder, file))
	o.must(err)
	o.must(o.takeBack(o.bob, id))
	o.look(o.bob, id)
	o.must(os.WriteFile(o.requests.path(id, votesFolder, file), text, 0o600))
	o.must(o.step(context.Background(), id, event{what: voted, by: "bob", digest: sum(text)}, nil))
	_, err = o.Look(context.Background(), o.cyd, id)
	o.refused(err, "was taken back was cast again")
	o.refused(Verify(o.config), "was taken back was cast again")
}

// TestTakenBackByNobody: who can write the register, and has not the reviewer's key, takes
// no vote back, and recalls nothing.
func TestTakenBackByNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	s, err := o.stands(id)
	o.must(err)
	o.must(o.step(context.Background(), id, event{what: revoked, by: "bob", digest: s.votes[0]}, nil))
	for _, err := range []error{Verify(o.config), o.vote(o.cyd, id, Approve)} {
		o.refused(err, "cannot be revoked without a signature")
	}
	err = o.register.Step(context.Background(), register.Step{What: revoked, Kind: kind, Name: id, By: "bob", Subject: s.votes[0], At: o.now()}.Signed(o.dan.key))
	o.must(err)
	forged := sign.Sign(o.dan.key, requestLabel, []byte("something else"))
	for _, what := range []string{revoked, accepted, recalled} {
		if o.register.Step(context.Background(), register.Step{What: what, Kind: kind, Name: id, By: "dan", Subject: s.votes[0], At: o.now(), Signature: &forged}) == nil {
			t.Errorf("%s, signed as something else", what)
		}
	}
	found, err := o.register.Strangers(o.people)
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "signed for bob by a key that is not theirs") {
		t.Error(found, err)
	}
}

// TestTakeBackBeforeItIsIssued: with both approvals in, and a desk that died before it
// has issued anything, an approval can still be taken back, and nothing leaves.
func TestTakeBackBeforeItIsIssued(t *testing.T) {
	t.Parallel()
	for _, told := range []int{0, 1, 2} {
		o := newOffice(t)
		id := o.ask()
		o.approve(o.bob, id)
		o.look(o.cyd, id)
		o.lastVote(o.cyd, id)
		s, err := o.stands(id)
		o.must(err)
		for _, what := range []string{reviewed, approved}[:told] {
			o.must(o.step(context.Background(), id, event{what: what, digest: s.digest}, nil))
		}
		o.must(o.takeBack(o.bob, id))
		waiting, err := o.Waiting(context.Background(), o.bob)
		if err != nil || len(waiting) != 1 || o.state(id) != Partially || len(o.outbox()) > 0 {
			t.Fatal(waiting, err, o.state(id), o.outbox())
		}
		o.approve(o.bob, id)
		if o.state(id) != Released {
			t.Error(o.state(id))
		}
		o.must(Verify(o.config))
	}
}

// TestTakeBackRaced: of a second approval and the first one's being taken back at the
// same moment, one comes first. Either the table is released by two approvals that
// stand, or it waits.
func TestTakeBackRaced(t *testing.T) {
	t.Parallel()
	ended := make(map[State]int)
	for i := range 4 {
		o := newOffice(t)
		id := o.ask()
		o.approve(o.bob, id)
		o.look(o.cyd, id)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for j, act := range []func(*Desk) error{
			func(d *Desk) error { return d.TakeBack(context.Background(), o.bob, id, "a fault") },
			func(d *Desk) error { _, err := d.Vote(context.Background(), o.cyd, id, Approve, ""); return err },
		} {
			wg.Go(func() {
				d, err := Open(o.config, o.means())
				if err == nil {
					err = act(d)
				}
				errs[j] = err
			})
		}
		wg.Wait()
		state := o.state(id)
		ended[state]++
		s, err := o.stands(id)
		o.must(err)
		released := slices.Equal(s.voters, []string{"bob", "cyd"}) && errs[0] != nil && len(o.outbox()) == 3 && state == Released
		waits := slices.Equal(s.voters, []string{"cyd"}) && errs[0] == nil && len(o.outbox()) == 0 && state == Partially
		if errs[1] != nil || !released && !waits {
			t.Errorf("%d: %s by %v; %v; %v", i, state, s.voters, errs, o.outbox())
		}
		o.must(Verify(o.config))
	}
	t.Log(ended)
}

// TestRecall: a released table is recalled with a reason and a signature; it goes out of
// the outbox where it still is; and it is compared with all the same.
func TestRecall(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	recall := func(a Actor, why string) error { return o.Recall(context.Background(), a, id, why) }
	o.refused(recall(o.bob, "counts the dead"), "there is nothing to recall")
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	for want, err := range map[string]error{"none of these": recall(o.dan, "counts the dead"), "says why": recall(o.bob, "")} {
		if err == nil || !strings.Contains(err.Error(), want) || len(o.outbox()) != 3 {
			t.Errorf("%v, want %q", err, want)
		}
	}
	o.must(recall(o.bob, "counts the dead"))
	o.must(recall(o.ann, "once more"))
	if with, err := o.comparable(""); err != nil || !slices.Equal(with, []string{id}) || len(o.outbox()) > 0 || o.state(id) != Released {
		t.Error(with, err, o.outbox(), o.state(id))
	}
	if lines, err := o.List(); err != nil || lines[0].Why != "once more" {
		t.Errorf("%+v %v", lines, err)
	}
	o.must(Verify(o.config))
}

// TestRecallTakenUp: where the desk died before a recalled table was out of the outbox, or
// somebody has put it back, the verification tells of it, and the next command takes it out.
func TestRecallTakenUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	s, err := o.stands(id)
	o.must(err)
	o.must(o.signed(context.Background(), o.bob, register.Step{What: recalled, Name: id, Subject: s.digest, Why: "counts the dead"}))
	if err := Verify(o.config); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), id+" lies in the outbox and was recalled") {
		t.Error(err)
	}
	if _, err := o.Waiting(context.Background(), o.cyd); err != nil || len(o.outbox()) > 0 {
		t.Error(err, o.outbox())
	}
	o.must(Verify(o.config))
}

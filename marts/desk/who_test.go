package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"secondaryuse/marts/disclose"
)

// TestNobodyApprovesTheirOwn holds it by name and by key, whatever people.yaml says
// by then.
func TestNobodyApprovesTheirOwn(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.refused(o.vote(o.ann, id, Approve), "nobody reviews what they have asked for")
	_, err := o.Look(context.Background(), o.ann, id)
	o.refused(err, "nobody reviews what they have asked for")
	_, err = o.Own(context.Background(), o.bob, id)
	o.refused(err, "only its author")

	o.employ("Ann=dan reviewer", "bob reviewer") // the same name, another key
	o.reopen()
	o.must(os.Rename(filepath.Join(o.root, "dan"), filepath.Join(o.root, "Ann")))
	_, err = o.Look(context.Background(), o.as("Ann"), id)
	o.refused(err, "nobody reviews what they have asked for")
	o.refused(o.vote(o.as("Ann"), id, Approve), "nobody reviews what they have asked for")

	o.employ("eve=ann reviewer", "bob reviewer") // another name, the same key
	o.reopen()
	eve, err := o.As("eve", filepath.Join(o.root, "ann"))
	o.must(err)
	_, err = o.Look(context.Background(), eve, id)
	o.refused(err, "the key of eve is the one that the request was made with")
	o.refused(o.vote(eve, id, Approve), "the key of eve is the one that the request was made with")
	if o.state(id) != Submitted {
		t.Error(o.state(id))
	}
}

// TestOnlyWhoTheySay holds that a name without its key is nobody.
func TestOnlyWhoTheySay(t *testing.T) {
	o := newOffice(t)
	for name, file := range map[string]string{"bob": "cyd", "nobody": "cyd", "Bob": "bob"} {
		if _, err := o.As(name, filepath.Join(o.root, file)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s with the key of %s: %v", name, file, err)
		}
	}
	id := o.ask()
	_, err := o.Look(context.Background(), o.dan, id)
	o.refused(err, "not the role reviewer")
	o.refused(o.Withdraw(context.Background(), o.dan, id, ""), "only its author")
	_, err = o.Ask(context.Background(), o.bob, Asked{Text: falls, Purpose: "planning"}, o.from)
	o.refused(err, "not the role author")
}

// TestNobodyVotesTwice holds that one person's approval does not do, nor one without
// having looked, nor one by which somebody has two names.
func TestNobodyVotesTwice(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.refused(o.vote(o.bob, id, Approve), "has not looked at it")
	o.approve(o.bob, id)
	o.refused(o.vote(o.bob, id, Approve), "has voted on it already")
	_, err := o.Look(context.Background(), o.bob, id)
	o.refused(err, "has voted on it already")

	o.employ("ann author", "robert=bob reviewer", "cyd reviewer") // under another name
	o.reopen()
	robert, err := o.As("robert", filepath.Join(o.root, "bob"))
	o.must(err)
	o.look(robert, id)
	o.must(o.vote(robert, id, Approve))
	o.refused(why(o), "bob has voted and is not in people.yaml any more")
}

// why is why the newest request stands as it does.
func why(o *office) error {
	lines, err := o.List()
	o.must(err)
	l := lines[len(lines)-1]
	if l.State != Returned {
		o.t.Errorf("it is %s", l.State)
	}
	return fmt.Errorf("%w: %s", ErrRefused, l.Why)
}

// TestTwoReviewersAtOnce holds that of several reviewers who vote at once exactly two
// are counted, and that one release leaves.
func TestTwoReviewersAtOnce(t *testing.T) {
	o := newOffice(t)
	o.employ("ann author", "bob reviewer", "cyd reviewer", "dan reviewer")
	o.reopen()
	id := o.ask()
	all := []Actor{o.as("bob"), o.as("cyd"), o.as("dan")}
	for _, a := range all {
		o.look(a, id)
	}
	errs := make([]error, 2*len(all))
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			d, err := Open(o.config, o.means())
			if err == nil {
				_, err = d.Vote(context.Background(), all[i%len(all)], id, Approve, "")
			}
			errs[i] = err
		})
	}
	wg.Wait()
	counted := 0
	for _, err := range errs {
		if err == nil {
			counted++
		} else if !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	}
	if issued, err := o.register.Issued(); counted != 2 || o.state(id) != Released || len(issued) != 1 || err != nil {
		t.Errorf("%d votes were counted; %s; %d releases; %v", counted, o.state(id), len(issued), err)
	}
}

// TestTheSnapshotMovesOn holds that a release is of the snapshot of its request,
// whatever was published since, while that is kept; and that nothing leaves that nobody
// can compute again.
func TestTheSnapshotMovesOn(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	later := func(n int) {
		for range n {
			o.publish(newID(), "SELECT 1000 + range AS person_id, 'north' AS place, false AS fell FROM range(90)")
		}
	}
	later(2)
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	issued, err := o.register.Issued()
	o.must(err)
	table, err := os.ReadFile(filepath.Join(o.config.Outbox, id, "falls.csv"))
	if err != nil || !strings.Contains(string(table), "north,30,40") || issued[0].Snapshot != "s1" {
		t.Errorf("%s of %s: %v", table, issued[0].Snapshot, err)
	}
}

// TestTheSnapshotIsGone holds that a request of which nobody can compute the figures
// again goes back to its author, whoever finds that, and that the register has why.
func TestTheSnapshotIsGone(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]func(o *office, id string) error{
		"who looks": func(o *office, id string) error {
			o.gone()
			_, err := o.Look(context.Background(), o.bob, id)
			return err
		},
		"who approves": func(o *office, id string) error {
			o.look(o.bob, id)
			o.gone()
			return o.vote(o.bob, id, Approve)
		},
		"the second who approves": func(o *office, id string) error {
			o.approve(o.bob, id)
			o.look(o.cyd, id)
			o.gone()
			return o.vote(o.cyd, id, Approve)
		},
		"the desk, after both": func(o *office, id string) error {
			o.approve(o.bob, id)
			o.look(o.cyd, id)
			o.lastVote(o.cyd, id)
			o.gone()
			_, err := o.Waiting(context.Background(), o.bob)
			o.must(err)
			return why(o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.ask()
			o.refused(find(o, id), "its snapshot s1 is not kept any more")
			o.refused(why(o), "its snapshot s1 is not kept any more")
			if o.state(id) != Returned {
				t.Error(o.state(id))
			}
			o.must(Verify(o.config))
			o.ask() // of the newer one
		})
	}
}

// gone publishes until the first snapshot is not kept any more.
func (o *office) gone() {
	for range 4 {
		o.publish(newID(), "SELECT 1000 + range AS person_id, 'north' AS place, false AS fell FROM range(90)")
	}
}

// TestAuthorsPurpose holds that a snapshot serves only the purpose that it was
// published for.
func TestAuthorsPurpose(t *testing.T) {
	o := newOffice(t)
	_, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "research"}, o.from)
	o.refused(err, `the snapshot is one for "planning"`)
	_, err = o.Ask(context.Background(), o.ann, Asked{Text: strings.Replace(falls, "purpose: planning", "purpose: research", 1), Purpose: "research"}, o.from)
	o.refused(err, `the snapshot is one for "planning"`)
	if lines, err := o.List(); len(lines) > 0 || err != nil {
		t.Error(lines, err)
	}
}

// TestRefusedByControl holds that a table that may not leave is no request, and that
// it is written down that somebody has asked for it.
func TestRefusedByControl(t *testing.T) {
	o := newOffice(t)
	_, err := o.Ask(context.Background(), o.ann, Asked{Text: strings.Replace(falls, "place, fell FROM population", "place, fell FROM population WHERE place = 'west'", 1), Purpose: "planning"}, o.from)
	if !errors.Is(err, disclose.ErrRefused) {
		t.Fatal(err)
	}
	lines, err := o.List()
	if err != nil || len(lines) != 1 || lines[0].State != Rejected || lines[0].Name != "falls" || lines[0].Author != "ann" || !strings.Contains(lines[0].Why, "hidden") {
		t.Errorf("%+v %v", lines, err)
	}
	if entries, _ := os.ReadDir(string(o.requests)); len(entries) != 1 {
		t.Errorf("left: %v", entries)
	}
}

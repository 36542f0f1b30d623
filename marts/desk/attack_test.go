package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

// edit changes a file of a request, as somebody could who owns the folder.
func (o *office) edit(old, new string, path ...string) {
	o.t.Helper()
	name := o.requests.path(path...)
	text, err := os.ReadFile(name)
	o.must(err)
	if !bytes.Contains(text, []byte(old)) {
		o.t.Fatalf("%s does not hold %q", name, old)
	}
	o.must(os.WriteFile(name, bytes.Replace(text, []byte(old), []byte(new), 1), 0o600))
}

// TestNobodyApprovesTheirOwn holds it by name and by key, whatever people.yaml says
// by then.
func TestNobodyApprovesTheirOwn(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.refused(o.vote(o.ann, id, Approve), "nobody reviews what they have asked for")

	o.employ("Ann=dan reviewer", "bob reviewer") // the same name, another key
	o.reopen()
	o.must(os.Rename(filepath.Join(o.root, "dan"), filepath.Join(o.root, "Ann")))
	_, err := o.Look(context.Background(), o.as("Ann"), id)
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

// TestAChangeVoidsIt holds that whatever of a request is changed after a vote,
// nothing of it leaves.
func TestAChangeVoidsIt(t *testing.T) {
	for name, change := range map[string]func(o *office, id string){
		"the question":           func(o *office, id string) { o.edit("place", "placf", id, queryFile) },
		"the table":              func(o *office, id string) { o.edit("west,*", "west,3", id, tableFile) },
		"the sealed table":       func(o *office, id string) { o.edit(`"*"`, `"3"`, id, sealFile) },
		"the true table":         func(o *office, id string) { o.edit(`"40"`, `"41"`, id, keptFile) },
		"the request":            func(o *office, id string) { o.edit(`"board`, `"press`, id, requestFile) },
		"table and request":      func(o *office, id string) { o.swap(id, tableFile, "west,*", "west,3") },
		"a missing file":         func(o *office, id string) { o.must(os.Remove(o.requests.path(id, keptFile))) },
		"a file of another kind": func(o *office, id string) { o.must(os.Truncate(o.requests.path(id, sealFile), 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			id, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning", Context: "board"}, o.from)
			o.must(err)
			o.approve(o.bob, id)
			o.look(o.cyd, id)
			change(o, id)
			o.refused(o.vote(o.cyd, id, Approve), "the request is not what it was")
			_, err = o.Look(context.Background(), o.cyd, id)
			o.refused(err, "the request is not what it was")
		})
	}
}

// swap changes a file and writes the request anew so that it fits.
func (o *office) swap(id, file, old, new string) {
	o.edit(old, new, id, file)
	was, err := os.ReadFile(o.requests.path(id, requestFile))
	o.must(err)
	r, err := parseRequest(was)
	o.must(err)
	text, err := os.ReadFile(o.requests.path(id, file))
	o.must(err)
	o.edit(r.sha256(file), sum(text), id, requestFile)
}

// TestAChangeBetweenTheVotesAndTheRelease holds that what was approved by both, and
// then changed before the desk came to release it, is returned.
func TestAChangeBetweenTheVotesAndTheRelease(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(o *office, id string)
		want   string
	}{
		"the table": {func(o *office, id string) { o.edit("west,*", "west,3", id, tableFile) }, "table.csv has other bytes"},
		"a vote": {func(o *office, id string) {
			o.edit(`"decision":"approve"`, `"decision":"reject"`, id, votesFolder, o.voteFiles(id)[0])
		}, "a vote has other bytes"},
		"a reviewer is gone":     {func(o *office, id string) { o.employ("ann author", "cyd reviewer") }, "bob has voted and is not in people.yaml any more"},
		"a reviewer is none now": {func(o *office, id string) { o.employ("ann author", "bob author", "cyd reviewer") }, "bob has not the role reviewer"},
		"a reviewer's new key":   {func(o *office, id string) { o.employ("ann author", "bob=dan reviewer", "cyd reviewer") }, "another key"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			id := o.ask()
			o.approve(o.bob, id)
			o.look(o.cyd, id)
			o.lastVote(o.cyd, id) // and there the desk died
			tc.change(o, id)
			o.reopen()
			o.must(o.enter(context.Background(), "", func(standing) error { return nil }))
			o.refused(why(o), tc.want)
		})
	}
}

func (o *office) voteFiles(id string) (out []string) {
	entries, err := os.ReadDir(o.requests.path(id, votesFolder))
	o.must(err)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// lastVote writes a second vote down, as a desk does that dies right after.
func (o *office) lastVote(a Actor, id string) {
	o.t.Helper()
	s, err := o.stands(id)
	o.must(err)
	r, _, err := o.requests.get(id, s.digest)
	o.must(err)
	digest, err := o.requests.putVote(id, sealVote(a.key, Vote{Request: id, Digest: r.Digest(), By: a.Name, Decision: Approve, At: r.At}))
	o.must(err)
	o.must(o.step(context.Background(), id, event{what: voted, by: a.Name, digest: digest}, nil))
}

// TestReplay holds that a vote on one request is none on another.
func TestReplay(t *testing.T) {
	o := newOffice(t)
	one, other := o.ask(), o.ask()
	o.approve(o.bob, one)
	file := o.voteFiles(one)[0]
	text, err := os.ReadFile(o.requests.path(one, votesFolder, file))
	o.must(err)
	o.must(os.WriteFile(o.requests.path(other, votesFolder, file), text, 0o600))
	o.look(o.bob, other)
	o.must(o.step(context.Background(), other, event{what: voted, by: "bob", digest: sum(text)}, nil)) // somebody writes into the register
	o.look(o.cyd, other)
	o.must(o.vote(o.cyd, other, Approve))
	o.refused(why(o), "the vote of bob is on another request")
}

// TestForgedVote holds that who can write everything in the register's folder, and
// has no reviewer's key, releases nothing.
func TestForgedVote(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	s, err := o.stands(id)
	o.must(err)
	for _, name := range []string{"bob", "cyd"} {
		p, _ := o.people.Named(name)
		v := sealVote(o.dan.key, Vote{Request: id, Digest: s.digest, By: name, Decision: Approve, At: "2026-11-22T18:00:00Z"})
		v.Vote.Key, v.Signature.Key = p.Key, p.Key
		digest, err := o.requests.putVote(id, v)
		o.must(err)
		o.must(o.step(context.Background(), id, event{what: looked, by: name, digest: s.digest}, nil))
		o.must(o.step(context.Background(), id, event{what: voted, by: name, digest: digest}, nil))
	}
	o.must(o.enter(context.Background(), "", func(standing) error { return nil }))
	o.refused(why(o), "the signature does not hold")
}

// TestUnsigned holds that a request that its author has not signed does not leave.
func TestUnsigned(t *testing.T) {
	o := newOffice(t)
	id, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning", Draft: true}, o.from)
	o.must(err)
	_, err = o.Look(context.Background(), o.bob, id)
	o.refused(err, "the request is PENDING")
	s, err := o.stands(id)
	o.must(err)
	wrong := sign.Sign(o.dan.key, requestLabel, []byte("something else"))
	o.must(o.step(context.Background(), id, event{what: submitted, by: "ann", digest: s.digest}, &wrong))
	o.approve(o.bob, id)
	o.look(o.cyd, id)
	o.must(o.vote(o.cyd, id, Approve))
	o.refused(why(o), "its author's signature")
}

// TestStaleProfile holds that a table that was made by other rules than those of its
// profile today does not leave.
func TestStaleProfile(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	s, err := o.stands(id)
	o.must(err)
	r, _, err := o.requests.get(id, s.digest)
	o.must(err)
	r.Rules = strings.Repeat("0", 64)
	o.refused(o.stillHolds(r), "the disclosure profile hes has other rules")
	r.Profile = "none-such"
	o.refused(o.stillHolds(r), "has other rules")

	p, err := disclose.Choose("hes")
	o.must(err)
	before := sum(canonical(p))
	p.Hide--
	if sum(canonical(p)) == before {
		t.Error("other rules have the same digest")
	}
}

// TestVotesAreBlind holds that nothing of a first vote is shown before the second:
// not in what anybody can list, and not in the register.
func TestVotesAreBlind(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.look(o.bob, id)
	_, err := o.Vote(context.Background(), o.bob, id, Reject, "far too fine")
	o.must(err)
	log, err := os.ReadFile(filepath.Join(o.config.Register, "log.jsonl"))
	o.must(err)
	lines, err := o.List()
	o.must(err)
	waiting, err := o.Waiting(context.Background(), o.cyd)
	o.must(err)
	var shown bytes.Buffer
	o.must(o.look(o.cyd, id).Write(&shown, 0))
	all := string(log) + string(canonical(lines)) + string(canonical(waiting)) + shown.String()
	for _, told := range []string{"far too fine", "reject", "too fine", `"approve"`} {
		if strings.Contains(all, told) {
			t.Errorf("%q is told before the second vote", told)
		}
	}
	o.must(o.vote(o.cyd, id, Approve))
	lines, err = o.List()
	o.must(err)
	if l := lines[0]; l.State != Rejected || l.Why != "bob: reject: far too fine; cyd: approve" {
		t.Errorf("%+v", l)
	}
	o.refused(ErrRefused, "")
}

// TestDigestsDoNotTell holds that nobody finds a hidden figure by trying which true
// table has the digest that the record shows.
func TestDigestsDoNotTell(t *testing.T) {
	o := newOffice(t)
	a, b := o.ask(), o.ask()
	digest := func(id string) string {
		s, err := o.stands(id)
		o.must(err)
		r, _, err := o.requests.get(id, s.digest)
		o.must(err)
		return r.sha256(keptFile)
	}
	if digest(a) == digest(b) {
		t.Error("the same true table has the same digest twice: it can be tried")
	}
}

// TestRecord holds what the record says, that every signature in it can be verified
// by it and people.yaml alone, and that it tells nothing that is hidden.
func TestRecord(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	text, err := os.ReadFile(filepath.Join(o.config.Outbox, id, recordFile))
	o.must(err)
	var r Record
	o.must(json.Unmarshal(text, &r))
	if r.Form != Form || r.Digest != r.Request.Digest() || r.Request.ID != id || r.Request.Snapshot != "s1" || len(r.Votes) != 2 || r.Register == "" || len(r.Files) != 1 {
		t.Errorf("%+v", r)
	}
	all, err := people.Load(o.config.People)
	o.must(err)
	for _, v := range r.Votes {
		o.must(v.counts(r.Request, all))
	}
	o.must(sign.Verify(r.Request.Key, requestLabel, r.Request.statement(), r.Submitted))
	for _, want := range []string{`"name": "hes"`, `"small counts"`, "codonPython", r.Request.sha256(queryFile)} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the record does not say %s", want)
		}
	}
	for _, hidden := range []string{"too small", `"true"`, "west", "persons of"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("the record says %q", hidden)
		}
	}
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
			d, err := Open(o.config)
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

// TestTheSnapshotMovesOn holds that a release is of the snapshot of its request, by
// the tables that were kept of it, whatever was published since.
func TestTheSnapshotMovesOn(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	for i := range 5 {
		o.publish(fmt.Sprint("later", i), "SELECT 1000 + range AS person_id, 'north' AS place, false AS fell FROM range(90)")
	}
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	issued, err := o.register.Issued()
	o.must(err)
	table, err := os.ReadFile(filepath.Join(o.config.Outbox, id, "falls.csv"))
	if err != nil || !strings.Contains(string(table), "north,30,40") || issued[0].Snapshot != "s1" {
		t.Errorf("%s of %s: %v", table, issued[0].Snapshot, err)
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

package desk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
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
	r, files, err := o.requests.get(id, s.digest)
	o.must(err)
	k, err := parseKept(files[keptFile])
	o.must(err)
	digest, err := o.requests.putVote(id, sealVote(a.key, ballot{Request: id, Digest: r.Digest(), By: a.Name, Decision: Approve, Made: k.Digest, At: r.At}))
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
		v := sealVote(o.dan.key, ballot{Request: id, Digest: s.digest, By: name, Decision: Approve, At: "2026-11-22T18:00:00Z"})
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

// TestForgedSnapshot holds that a question is put to nothing but what the installation
// has published.
func TestForgedSnapshot(t *testing.T) {
	for name, forge := range map[string]func(o *office, path string) error{
		"other rows": func(o *office, path string) error { return os.Truncate(filepath.Join(path, "population.parquet"), 100) },
		"another mart": func(o *office, path string) error {
			return os.WriteFile(filepath.Join(path, "more.parquet"), nil, 0o600)
		},
		"its manifest": func(o *office, path string) error {
			return os.WriteFile(filepath.Join(path, "manifest.json"), []byte(`{"id":"s1","purpose":"planning"}`), 0o600)
		},
		"another's key": func(o *office, path string) error {
			return errors.Join(os.Remove(o.config.Signing), sign.Make(o.config.Signing))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.must(forge(o, o.from))
			_, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning"}, o.from)
			if !errors.Is(err, snapshot.ErrDamaged) {
				t.Error(err)
			}
			if lines, err := o.List(); len(lines) > 0 || err != nil {
				t.Error(lines, err)
			}
		})
	}
}

// TestOutboxCannotBeWritten holds that a release that was approved, and could not be
// delivered, is delivered by the next command of the desk.
func TestOutboxCannotBeWritten(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	o.look(o.cyd, id)
	o.must(os.WriteFile(o.config.Outbox, nil, 0o600))
	if err := o.vote(o.cyd, id, Approve); err == nil || !strings.Contains(err.Error(), "next: see that") || o.state(id) != Approved {
		t.Fatalf("%v; it is %s", err, o.state(id))
	}
	o.must(os.Remove(o.config.Outbox))
	o.must(os.MkdirAll(filepath.Join(o.config.Outbox, id), 0o700)) // somebody has put something in its place
	o.must(os.WriteFile(filepath.Join(o.config.Outbox, id, "falls.csv"), []byte("place,fallen\n"), 0o600))
	if _, err := o.Waiting(context.Background(), o.bob); err == nil || !strings.Contains(err.Error(), "falls.csv is not of the release") || o.state(id) != Approved {
		t.Errorf("%v; it is %s", err, o.state(id))
	}
	o.must(os.RemoveAll(filepath.Join(o.config.Outbox, id)))
	_, err := o.Waiting(context.Background(), o.bob)
	o.must(err)
	if o.state(id) != Released || len(o.outbox()) != 3 {
		t.Errorf("it is %s; in the outbox are %v", o.state(id), o.outbox())
	}
	o.must(Verify(o.config))
}

package desk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/register"
)

// TestVerify holds that whatever is done to a request or a release afterwards, or past
// the desk, is found.
func TestVerify(t *testing.T) {
	for name, tc := range map[string]struct {
		harm func(o *office, id string)
		want string
	}{
		"the question":       {func(o *office, id string) { o.edit("place", "placf", id, queryFile) }, "query.sql has other bytes"},
		"the request":        {func(o *office, id string) { o.edit("the board", "the press", id, requestFile) }, "request.json has other bytes"},
		"the true table":     {func(o *office, id string) { o.must(os.Remove(o.requests.path(id, keptFile))) }, "unsuppressed.json is missing"},
		"a vote":             {func(o *office, id string) { o.edit("approve", "reject", id, votesFolder, o.voteFiles(id)[1]) }, "a vote has other bytes"},
		"a vote that is not": {func(o *office, id string) { o.must(os.Remove(o.requests.path(id, votesFolder, o.voteFiles(id)[0]))) }, "is missing"},
		"what was issued":    {func(o *office, id string) { o.edit("west", "east", id, releaseFolder, "falls.csv") }, "falls.csv is not as it was issued"},
		"a folder by hand": {func(o *office, id string) {
			o.must(os.CopyFS(o.requests.path(newID()), os.DirFS(o.requests.path(id))))
		}, "the register does not know it"},
		"a file in the outbox": {func(o *office, id string) {
			o.must(os.WriteFile(filepath.Join(o.config.Outbox, "more.csv"), nil, 0o600))
		}, "more.csv lies in the outbox and was never issued"},
		"a hidden file in the outbox": {func(o *office, id string) {
			o.must(os.WriteFile(filepath.Join(o.config.Outbox, ".more.csv"), nil, 0o600))
		}, ".more.csv lies in the outbox"},
		"a released file": {func(o *office, id string) {
			o.must(os.WriteFile(filepath.Join(o.config.Outbox, id, "falls.csv"), []byte("place,fallen\nnorth,3\n"), 0o600))
		}, "falls.csv in the outbox is not what was issued"},
		"a file more of a release": {func(o *office, id string) {
			o.must(os.WriteFile(filepath.Join(o.config.Outbox, id, "rows.csv"), nil, 0o600))
		}, "rows.csv in the outbox is not what was issued"},
		"whom a release counts": {func(o *office, id string) {
			o.must(os.Remove(filepath.Join(o.config.Register, "figures", id+".people")))
		}, "whom it counts is not kept any more"},
		"a file called as a release": {func(o *office, id string) {
			o.must(os.Rename(filepath.Join(o.config.Outbox, id), filepath.Join(o.root, "taken")))
			o.must(os.WriteFile(filepath.Join(o.config.Outbox, id), nil, 0o600))
		}, "lies in the outbox and was never issued"},
		"a release that nobody asked for": {func(o *office, id string) {
			i, err := o.issuedAs(id)
			o.must(err)
			i.Name = newID()
			o.entered(i)
		}, "a request that is not there cannot be issued"},
		"issued twice": {func(o *office, id string) {
			i, err := o.issuedAs(id)
			o.must(err)
			o.entered(i)
		}, "a request that is RELEASED cannot be issued"},
		"a release by one vote": {func(o *office, id string) {
			o.past(o.ask(), id, o.bob, func(signedVote) {})
		}, "a request that is PARTIALLY_REVIEWED cannot be reviewed"},
		"a release by a vote for another": {func(o *office, id string) {
			o.past(o.ask(), id, o.bob, func(v signedVote) { o.write(v.Vote.Request, o.votesOf(id, 1), "cyd") })
		}, "a vote of cyd is not one that counts on it"},
		"a release that was rejected": {func(o *office, id string) {
			o.past(o.ask(), id, o.bob, func(v signedVote) {
				w := v.Vote
				w.By, w.Decision = "cyd", Reject
				o.write(w.Request, sealVote(o.cyd.key, w), "cyd")
			})
		}, "it was issued without two approvals by two people"},
		"a release under another name": {func(o *office, id string) {
			other := o.ask()
			o.past(other, id, o.bob, func(v signedVote) {
				w := v.Vote
				w.By = "cyd"
				o.write(w.Request, sealVote(o.cyd.key, w), "cyd")
			}, func(i *register.Issue) { i.Title = "births" })
		}, "it was issued as something else than what was asked"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			id := o.ask()
			o.approve(o.bob, id)
			o.approve(o.cyd, id)
			o.must(Verify(o.config))
			o.must(os.Rename(o.config.Outbox, o.config.Outbox+"s")) // what was taken away is in order
			o.must(Verify(o.config))
			o.must(os.Rename(o.config.Outbox+"s", o.config.Outbox))
			tc.harm(o, id)
			if err := Verify(o.config); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// past issues a request past the desk, as somebody could who can write the register:
// with one vote, and whatever else is done, by the entry of another release.
func (o *office) past(id, like string, a Actor, more func(signedVote), change ...func(*register.Issue)) {
	o.t.Helper()
	s, err := o.stands(id)
	o.must(err)
	for _, name := range []string{"bob", "cyd"} {
		o.must(o.step(context.Background(), id, event{what: looked, by: name, digest: s.digest}, nil))
	}
	v := sealVote(a.key, ballot{Request: id, Digest: s.digest, By: a.Name, Decision: Approve, At: "2026-11-22T18:00:00Z"})
	o.write(id, v, a.Name)
	more(v)
	for _, what := range []string{reviewed, approved} {
		o.must(o.step(context.Background(), id, event{what: what, digest: s.digest}, nil))
	}
	i, err := o.issuedAs(like)
	o.must(err)
	i.Name, i.Reference = id, s.digest
	for _, f := range change {
		f(&i)
	}
	o.entered(i)
}

// write writes a vote down.
func (o *office) write(id string, v signedVote, by string) {
	o.t.Helper()
	digest, err := o.requests.putVote(id, v)
	o.must(err)
	o.must(o.step(context.Background(), id, event{what: voted, by: by, digest: digest}, nil))
}

// votesOf is a vote on a request.
func (o *office) votesOf(id string, at int) signedVote {
	o.t.Helper()
	s, err := o.stands(id)
	o.must(err)
	v, err := o.requests.getVote(id, s.votes[at])
	o.must(err)
	return v
}

// TestChangedRegister holds that nothing leaves on the strength of a register that
// somebody has changed.
func TestChangedRegister(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	o.look(o.cyd, id)
	log := filepath.Join(o.config.Register, "log.jsonl")
	text, err := os.ReadFile(log)
	o.must(err)
	o.must(os.WriteFile(log, bytes.Replace(text, []byte(`"why":"falls"`), []byte(`"why":"balls"`), 1), 0o600))
	if err := o.vote(o.cyd, id, Approve); err == nil || !strings.Contains(err.Error(), "the register was changed") || len(o.outbox()) > 0 {
		t.Errorf("%v; in the outbox are %v", err, o.outbox())
	}
}

// entered puts an issue into the register past what the register itself holds it to.
func (o *office) entered(i register.Issue) {
	o.must(o.register.Step(context.Background(), register.Step{What: "issued", Kind: i.Kind, Name: i.Name, By: i.By, At: i.At, Issue: &i}))
}

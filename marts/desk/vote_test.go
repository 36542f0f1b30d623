package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

// who is a person with their key.
type who struct {
	people.Person
	key sign.Private
}

func person(t testing.TB, name string, roles ...people.Role) who {
	k := signtest.New(t)
	return who{people.Person{Name: name, Roles: roles, Key: k.Public()}, k}
}

func (w who) votes(r Request, d Decision) signedVote {
	return sealVote(w.key, ballot{Request: r.ID, Digest: r.Digest(), By: w.Name, Decision: d, At: "2026-11-22T18:00:00Z"})
}

func example(by who) Request {
	zeros := strings.Repeat("0", 64)
	return Request{ID: newID(), Name: "falls", Purpose: "planning", Author: by.Name, Key: by.Key, At: time.Now().UTC().Format(time.RFC3339),
		Snapshot: "s1", Domain: "0123abcd", Profile: "strictest", Rules: zeros, Program: "test", Files: []heldFile{{"query.sql", zeros}, {"table.csv", zeros}}}
}

// TestCounts holds whose vote counts, and that none counts that is of another
// request, or of somebody who may not vote on this one.
func TestCounts(t *testing.T) {
	ann, bob, cyd := person(t, "Ann", people.Author, people.Reviewer), person(t, "Bob", people.Reviewer), person(t, "Cyd", people.Reviewer)
	all := people.People{ann.Person, bob.Person, cyd.Person}
	r := example(ann)
	if err := bob.votes(r, Approve).counts(r, all); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		vote func() signedVote
		all  people.People
		want string
	}{
		"the author": {func() signedVote { return ann.votes(r, Approve) }, all, "what they have asked for"},
		"the author, in other letters": {func() signedVote { return who{people.Person{Name: "ANN"}, ann.key}.votes(r, Approve) },
			people.People{{Name: "ANN", Roles: ann.Roles, Key: ann.Key}, bob.Person}, "what they have asked for"},
		"the author, by another name with the same key": {func() signedVote { return who{people.Person{Name: "Eve"}, ann.key}.votes(r, Approve) },
			people.People{{Name: "Eve", Roles: bob.Roles, Key: ann.Key}, bob.Person}, "the key of Eve is the one that the request was made with"},
		"the author, with another key": {func() signedVote { return who{people.Person{Name: "Ann"}, bob.key}.votes(r, Approve) },
			people.People{{Name: "Ann", Roles: bob.Roles, Key: bob.Key}}, "what they have asked for"},
		"who is no reviewer": {func() signedVote { return bob.votes(r, Approve) }, people.People{{Name: "Bob", Roles: []people.Role{people.Author}, Key: bob.Key}}, "not the role reviewer"},
		"who is gone":        {func() signedVote { return bob.votes(r, Approve) }, people.People{ann.Person, cyd.Person}, "not in people.yaml any more"},
		"who has another key now": {func() signedVote { return bob.votes(r, Approve) }, people.People{{Name: "Bob", Roles: bob.Roles, Key: cyd.Key}},
			"another key than people.yaml has"},
		"in another's name": {func() signedVote { return who{people.Person{Name: "Cyd"}, bob.key}.votes(r, Approve) }, all, "another key than people.yaml has"},
		"in another's name, with their public key": {func() signedVote {
			s := who{people.Person{Name: "Cyd"}, bob.key}.votes(r, Approve)
			s.Vote.Key = cyd.Key
			return s
		}, all, "by another key"},
		"a vote that was turned": {func() signedVote {
			s := bob.votes(r, Reject)
			s.Vote.Decision = Approve
			return s
		}, all, "other bytes"},
		"on another request": {func() signedVote {
			other := r
			other.ID = newID()
			return bob.votes(other, Approve)
		}, all, "on another request"},
		"on another request, called as this": {func() signedVote {
			other := r
			other.Files = []heldFile{{"query.sql", strings.Repeat("1", 64)}}
			return bob.votes(other, Approve)
		}, all, "on another request"},
		"a signature of another kind": {func() signedVote {
			s := bob.votes(r, Approve)
			s.Signature = sign.Sign(bob.key, requestLabel, canonical(s.Vote))
			return s
		}, all, "another kind"},
	} {
		if err := tc.vote().counts(r, tc.all); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	for _, tc := range []struct{ a, b ballot }{
		{bob.votes(r, Approve).Vote, bob.votes(r, Approve).Vote},
		{bob.votes(r, Approve).Vote, who{people.Person{Name: "Robert"}, bob.key}.votes(r, Approve).Vote},
		{bob.votes(r, Approve).Vote, who{people.Person{Name: "BOB"}, cyd.key}.votes(r, Approve).Vote},
	} {
		if err := independent(tc.a, tc.b); !errors.Is(err, ErrRefused) {
			t.Errorf("%s and %s are two people: %v", tc.a.By, tc.b.By, err)
		}
	}
	if err := independent(bob.votes(r, Approve).Vote, cyd.votes(r, Approve).Vote); err != nil {
		t.Error(err)
	}
}

// TestOutcome holds that the stricter of two votes holds, and that nothing but two
// approvals approves.
func TestOutcome(t *testing.T) {
	all := []Decision{Approve, Return, Reject, "", "APPROVE"}
	for _, a := range all {
		for _, b := range all {
			want := returned
			if a == Reject || b == Reject {
				want = rejected
			} else if a == Approve && b == Approve {
				want = approved
			}
			if got := outcome(a, b); got != want {
				t.Errorf("%q and %q: %s, want %s", a, b, got, want)
			}
		}
	}
}

// TestVoteIsBlind holds that two equal votes have two digests, so that nobody can
// tell a vote from its digest by trying.
func TestVoteIsBlind(t *testing.T) {
	ann, bob := person(t, "Ann", people.Author), person(t, "Bob", people.Reviewer)
	r := example(ann)
	if a, b := bob.votes(r, Approve), bob.votes(r, Approve); sum(canonical(a)) == sum(canonical(b)) || len(a.Vote.Blind) < 26 {
		t.Error("two votes have one digest")
	}
}

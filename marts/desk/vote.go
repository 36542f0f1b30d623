package desk

import (
	"crypto/rand"
	"errors"
	"fmt"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

// Decision is what a reviewer says.
type Decision string

// The decisions. Of two votes the stricter holds: one Reject rejects, else one
// Return returns.
const (
	Approve Decision = "approve"
	Reject  Decision = "reject"
	Return  Decision = "return"
)

// ballot is one reviewer's vote on one exact request.
type ballot struct {
	Request  string      `json:"request"` // its id
	Digest   string      `json:"request_sha256"`
	By       string      `json:"by"`
	Key      sign.Public `json:"key"`
	Decision Decision    `json:"decision"`
	Reason   string      `json:"reason,omitempty"`
	Made     string      `json:"released_sha256,omitempty"` // of an approval: the table as the voter's own program has computed it
	At       string      `json:"at"`
	Blind    string      `json:"blind"` // random, so that the digest of a vote does not tell it
}

// The labels that statements are signed under.
const (
	requestLabel = "desk-request"
	voteLabel    = "desk-vote"
	recordLabel  = "desk-record"
)

// signedVote is a vote as it lies in its file.
type signedVote struct {
	Vote      ballot         `json:"vote"`
	Signature sign.Signature `json:"signature"`
}

// sealVote signs a vote, which gets a blind of its own.
func sealVote(k sign.Private, v ballot) signedVote {
	v.Key, v.Blind = k.Public(), rand.Text()
	return signedVote{v, sign.Sign(k, voteLabel, canonical(v))}
}

func parseVote(text []byte) (signedVote, error) {
	var s signedVote
	err := strictly(text, &s)
	return s, err
}

// ErrRefused is wrapped by what somebody may not do.
var ErrRefused = errors.New("refused")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))
}

// mayReview holds that somebody may vote on a request: a reviewer who is not its
// author, neither by name nor by key.
func mayReview(p people.Person, r Request) error {
	switch {
	case !p.Has(people.Reviewer):
		return refuse("%s has not the role reviewer; next: ask a reviewer, or whoever keeps people.yaml", p.Name)
	case same(p.Name, r.Author):
		return refuse("nobody reviews what they have asked for; next: ask two other reviewers")
	case p.Key == r.Key:
		return refuse("the key of %s is the one that the request was made with: nobody reviews what they have asked for; next: ask two other reviewers", p.Name)
	}
	return nil
}

// counts holds that a vote is one of a person who may vote now, on this very
// request, by the key that people.yaml has for them.
func (s signedVote) counts(r Request, all people.People) error {
	p, there := all.Named(s.Vote.By)
	if !there {
		return refuse("%s has voted and is not in people.yaml any more", s.Vote.By)
	}
	if err := mayReview(p, r); err != nil {
		return err
	}
	if s.Vote.Request != r.ID || s.Vote.Digest != r.Digest() {
		return refuse("the vote of %s is on another request", s.Vote.By)
	}
	if p.Key != s.Vote.Key {
		return refuse("%s has voted with another key than people.yaml has", s.Vote.By)
	}
	if err := sign.Verify(p.Key, voteLabel, canonical(s.Vote), s.Signature); err != nil {
		return refuse("the vote of %s: %w", s.Vote.By, err)
	}
	return nil
}

// independent holds that two votes are of two people, by name and by key.
func independent(a, b ballot) error {
	if same(a.By, b.By) || a.Key == b.Key {
		return refuse("both votes are of one person")
	}
	return nil
}

// outcome is what two votes come to.
func outcome(a, b Decision) string {
	for _, o := range []struct {
		d    Decision
		what string
	}{{Reject, rejected}, {Return, returned}} {
		if a == o.d || b == o.d {
			return o.what
		}
	}
	if a == Approve && b == Approve {
		return approved
	}
	return returned // of a vote that is none
}

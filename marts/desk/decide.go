package desk

import (
	"context"
	"errors"
	"fmt"

	"secondaryuse/marts/sign"
)

// proceed takes a request with both votes as far as it goes without anybody. What
// stands in the way of its release returns it, with the reason.
func (d *Desk) proceed(ctx context.Context, id string, s standing) error {
	if s.issued {
		return d.deliver(ctx, id, s)
	}
	c, err := d.counted(id, s)
	if errors.Is(err, ErrChanged) || errors.Is(err, ErrRefused) {
		return d.close(ctx, id, event{what: returned, digest: s.digest, why: err.Error()})
	}
	if err != nil {
		return err
	}
	if !s.told {
		if err := d.step(ctx, id, event{what: reviewed, digest: s.digest, why: c.told()}, nil); err != nil {
			return err
		}
	}
	if what := outcome(c.votes[0].Vote.Decision, c.votes[1].Vote.Decision); what != approved {
		return d.close(ctx, id, event{what: what, digest: s.digest, why: c.told()})
	}
	if _, err := d.held(ctx, c.request, s, c.files); errors.Is(err, ErrDiffers) || errors.Is(err, ErrRefused) {
		return nil // it is returned, and the register has why
	} else if errors.Is(err, ErrChanged) {
		return d.close(ctx, id, event{what: returned, digest: s.digest, why: err.Error()})
	} else if err != nil {
		return err
	}
	if s.state != Approved {
		if err := d.step(ctx, id, event{what: approved, digest: s.digest}, nil); err != nil {
			return err
		}
	}
	return d.issue(ctx, id, s, c)
}

// close ends a request of which nothing leaves. Later tables are compared with it no
// more; where the desk dies before, they are still, and are the more careful for it.
func (d *Desk) close(ctx context.Context, id string, e event) error {
	if err := d.step(ctx, id, e, nil); err != nil {
		return err
	}
	return d.forget()
}

// judged is a request with all that was signed about it, each signature verified.
type judged struct {
	request   Request
	files     map[string][]byte
	submitted sign.Signature
	votes     [2]signedVote
}

// told is what both votes say.
func (c judged) told() string {
	text := ""
	for i, v := range c.votes {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s: %s", v.Vote.By, v.Vote.Decision)
		if v.Vote.Reason != "" {
			text += ": " + v.Vote.Reason
		}
	}
	return text
}

// counted reads a request with its two votes, and holds that both count now.
func (d *Desk) counted(id string, s standing) (c judged, err error) {
	if c.request, c.files, err = d.requests.get(id, s.digest); err != nil {
		return c, err
	}
	if c.submitted, err = d.submission(c.request); err != nil {
		return c, err
	}
	if len(s.votes) != len(c.votes) {
		return c, changed(id, "the register has %d votes", len(s.votes))
	}
	for i, digest := range s.votes {
		if c.votes[i], err = d.requests.getVote(id, digest); err != nil {
			return c, err
		}
		if !same(c.votes[i].Vote.By, s.voters[i]) {
			return c, changed(id, "a vote is by another than the register has")
		}
		if err := c.votes[i].counts(c.request, d.people); err != nil {
			return c, err
		}
	}
	if err := errors.Join(independent(c.votes[0].Vote, c.votes[1].Vote), c.computed()); err != nil {
		return c, err
	}
	return c, d.stillHolds(c.request)
}

// computed holds that who has approved has done so by a program that computed the very
// table which leaves.
func (c judged) computed() error {
	k, err := parseKept(c.files[keptFile])
	if err != nil {
		return changed(c.request.ID, "%s cannot be read", keptFile)
	}
	for _, v := range c.votes {
		if v.Vote.Decision == Approve && v.Vote.Made != k.Digest {
			return refuse("the approval of %s does not say that their own program has computed this table: an earlier program has made it, or another table was computed", v.Vote.By)
		}
	}
	return nil
}

// submission is the author's signature over the request, which must hold.
func (d *Desk) submission(r Request) (sign.Signature, error) {
	steps, err := d.register.Steps()
	if err != nil {
		return sign.Signature{}, err
	}
	for _, s := range steps {
		if s.Kind != kind || s.Name != r.ID || s.What != submitted || s.Signature == nil {
			continue
		}
		if err := sign.Verify(r.Key, requestLabel, r.statement(), *s.Signature); err != nil {
			return sign.Signature{}, changed(r.ID, "its author's signature: %v", err)
		}
		return *s.Signature, nil
	}
	return sign.Signature{}, changed(r.ID, "its author has not signed it")
}

package desk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/people"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// Desk is the release desk of an installation. Several processes may use it at once:
// whoever changes something waits for the others.
type Desk struct {
	config   egress.Config
	requests store
	register *register.Register
	people   people.People
	now      func() time.Time
	key      func() (domain.Key, error)
	memory   string
	computed map[string]string // while it is locked: by the digest of a request, that of the table that again has computed
}

// Open opens the desk that egress.yaml leads to.
func Open(c egress.Config, m Means) (*Desk, error) {
	all, err := people.Load(c.People)
	if err != nil {
		return nil, err
	}
	r, err := register.Open(c.Register)
	if err != nil {
		return nil, err
	}
	return &Desk{config: c, requests: requestsOf(c), register: r, people: all, now: time.Now, key: sync.OnceValues(m.Key), memory: m.Memory}, nil
}

func requestsOf(c egress.Config) store { return store(filepath.Join(c.Register, "desk")) }

// Actor is somebody who has shown that they hold the key that people.yaml has for
// them. Only Desk.As makes one.
type Actor struct {
	people.Person
	key sign.Private
}

// As returns the person of a name, who holds the key in the file.
func (d *Desk) As(name, keyFile string) (Actor, error) {
	p, there := d.people.Named(name)
	if !there {
		return Actor{}, refuse("nobody of that name is in people.yaml; next: give the name as it stands there with --as, or ask whoever keeps that file")
	}
	k, err := sign.Open(keyFile)
	if err != nil {
		return Actor{}, fmt.Errorf("%w; next: name your own key with --key, or make one with ohc-marts people key", err)
	}
	if k.Public() != p.Key {
		return Actor{}, refuse("the key in %s is not the one that people.yaml has for %s; next: name the right file with --key, or have the new key entered in people.yaml", keyFile, name)
	}
	return Actor{p, k}, nil
}

// kind is what the register has the desk's steps as.
const kind = "release"

// theDesk is who has done what no person has.
const theDesk = "the desk"

// history returns what has happened to every request, in the order in which they were
// asked.
func (d *Desk) history() (ids []string, all map[string][]event, err error) {
	steps, err := d.register.Steps()
	if err != nil {
		return nil, nil, err
	}
	all = make(map[string][]event)
	for _, s := range steps {
		if s.Kind != kind {
			continue
		}
		if all[s.Name] == nil {
			ids = append(ids, s.Name)
		}
		all[s.Name] = append(all[s.Name], eventOf(s))
	}
	return ids, all, nil
}

func eventOf(s register.Step) event {
	e := event{s.What, s.By, s.Subject, s.Why, s.At.Format(time.RFC3339)}
	if s.Issue != nil {
		e.digest = s.Issue.Reference
	}
	if slices.Contains([]string{revoked, accepted, recalled}, s.What) && s.Signature == nil {
		e.what += " without a signature" // which nothing can be: the register parses each that is there, and holds it to the step
	}
	return e
}

// stands returns how a request stands.
func (d *Desk) stands(id string) (standing, error) {
	_, all, err := d.history()
	if err != nil {
		return standing{}, err
	}
	if all[id] == nil {
		return standing{}, refuse("there is no request of that id; next: ohc-marts releases lists them")
	}
	s, err := fold(all[id])
	if err != nil {
		return standing{}, changed(id, "the register: %v; next: ohc-marts verify", err)
	}
	return s, nil
}

// step adds an event of a request to the register.
func (d *Desk) step(ctx context.Context, id string, e event, signature *sign.Signature) error {
	if e.by == "" {
		e.by = theDesk
	}
	return d.register.Step(ctx, register.Step{What: e.what, Kind: kind, Name: id, By: e.by, At: d.now(), Why: e.why, Subject: e.digest, Signature: signature})
}

// enter locks the desk, ends what a desk that died has begun, and lets f do something
// about one request.
func (d *Desk) enter(ctx context.Context, id string, f func(standing) error) error {
	unlock, err := d.requests.lock()
	if err != nil {
		return err
	}
	defer unlock()
	d.computed = make(map[string]string)
	if err := d.settle(ctx); err != nil {
		return err
	}
	if id == "" {
		return f(standing{})
	}
	s, err := d.stands(id)
	if err != nil {
		return err
	}
	return f(s)
}

// settle ends what was begun: requests that were being written, votes that are both
// there and not told, approvals of which nothing has left yet, recalled tables that still
// lie in the outbox.
func (d *Desk) settle(ctx context.Context) error {
	if err := d.register.Mend(ctx, theDesk, d.now()); err != nil {
		return err
	}
	ids, all, err := d.history()
	if err != nil {
		return err
	}
	if err := d.requests.sweep(func(id string) bool { return all[id] != nil }, d.drop); err != nil {
		return err
	}
	for _, id := range ids {
		s, err := fold(all[id])
		switch {
		case err == nil && (s.state == Reviewed || s.state == Approved):
			err = d.proceed(ctx, id, s)
		case err == nil && s.recalled:
			err = d.takeOut(id)
		default:
			continue // what cannot have happened is told where it is asked for
		}
		if err != nil {
			return fmt.Errorf("request %s: %w", id, err)
		}
	}
	return nil
}

// Submit signs a draft as its author, and so asks for two reviews of it.
func (d *Desk) Submit(ctx context.Context, a Actor, id string) error {
	return d.enter(ctx, id, func(s standing) error {
		if err := owns(a, s, Pending); err != nil {
			return err
		}
		r, _, err := d.requests.get(id, s.digest)
		if err != nil {
			return err
		}
		if err := d.stillHolds(r); err != nil {
			return err
		}
		return d.submit(ctx, a, r)
	})
}

func (d *Desk) submit(ctx context.Context, a Actor, r Request) error {
	signature := sign.Sign(a.key, requestLabel, r.statement())
	return d.step(ctx, r.ID, event{what: submitted, by: a.Name, digest: r.Digest()}, &signature)
}

// Withdraw takes a request back, which its author may until both have voted.
func (d *Desk) Withdraw(ctx context.Context, a Actor, id, why string) error {
	if !oneLine(why) {
		return refuse("a reason is one line of text")
	}
	return d.enter(ctx, id, func(s standing) error {
		if err := owns(a, s, Pending, Submitted, Partially); err != nil {
			return err
		}
		return d.close(ctx, id, event{what: withdrawn, by: a.Name, digest: s.digest, why: why})
	})
}

// oneLine reports whether a text that somebody has written can be shown as it is: it
// is one line, and holds nothing that a terminal would obey.
func oneLine(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, hiding)
}

// owns holds that somebody is a request's author, and that it stands as it must.
func owns(a Actor, s standing, in ...State) error {
	if !same(a.Name, s.author) {
		return refuse("only its author, %s, can do that", s.author)
	}
	if !slices.Contains(in, s.state) {
		return refuse("the request is %s; next: ohc-marts releases says what it stands at", s.state)
	}
	return nil
}

// reviewable holds that somebody may look at a request, or vote on it.
func reviewable(a Actor, r Request, s standing) error {
	if err := mayReview(a.Person, r); err != nil {
		return err
	}
	if s.state != Submitted && s.state != Partially {
		return refuse("the request is %s: nobody votes on it; next: ohc-marts review lists what waits", s.state)
	}
	if contains(s.voters, a.Name) {
		return refuse("%s has voted on it already; next: nothing, until another reviewer has; or take it back with ohc-marts review --withdraw", a.Name)
	}
	return nil
}

// Vote adds a reviewer's vote. With the second, both are told, and what they come
// to is done before Vote returns. It returns how the request stands then.
func (d *Desk) Vote(ctx context.Context, a Actor, id string, decision Decision, reason string) (State, error) {
	switch {
	case !oneLine(reason):
		return "", refuse("a reason is one line of text")
	case !slices.Contains([]Decision{Approve, Reject, Return}, decision):
		return "", refuse("a vote is to approve, to reject or to return")
	case decision == Approve && reason != "":
		return "", refuse("an approval is of what was asked, as it is: it has no reason")
	case decision != Approve && reason == "":
		return "", refuse("a vote to %s says why; next: give --reason, in words that help the author", decision)
	}
	var after standing
	err := d.enter(ctx, id, func(s standing) error {
		r, files, err := d.open(id, s)
		if err == nil {
			err = reviewable(a, r, s)
		}
		if err != nil {
			return err
		}
		if !contains(s.looked, a.Name) {
			return refuse("%s has not looked at it; next: ohc-marts review %s, and read it", a.Name, id)
		}
		if err := d.stillHolds(r); err != nil {
			return errors.Join(err, d.close(ctx, id, event{what: returned, digest: s.digest, why: err.Error()}))
		}
		b := ballot{Request: r.ID, Digest: r.Digest(), By: a.Name, Decision: decision, Reason: reason, At: d.now().UTC().Format(time.RFC3339)}
		if decision == Approve {
			if b.Made, err = d.held(ctx, r, s, files); err != nil {
				return err
			}
		}
		if err := d.vote(ctx, a, r, b); err != nil {
			return err
		}
		after, err = d.stands(id)
		return err
	})
	return after.state, err
}

func (d *Desk) vote(ctx context.Context, a Actor, r Request, b ballot) error {
	digest, err := d.requests.putVote(r.ID, sealVote(a.key, b))
	if err != nil {
		return err
	}
	if err := d.step(ctx, r.ID, event{what: voted, by: a.Name, digest: digest}, nil); err != nil {
		return err
	}
	s, err := d.stands(r.ID)
	if err != nil || s.state != Reviewed {
		return err
	}
	return d.proceed(ctx, r.ID, s)
}

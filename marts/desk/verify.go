package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/marts/egress"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// Verify holds every request to the register, and every release to what makes it
// one: a history that leads to it, its author's signature, two approvals by two other
// people, and the files that were entered; and that nothing lies in the outbox that was
// never issued, or is not as it was issued. It changes nothing. Each fault that it finds wraps ErrChanged. People
// and profiles may be others by now: a signature is verified by the key that it was
// made with.
func Verify(c egress.Config) error {
	r, err := register.Open(c.Register)
	if err != nil {
		return err
	}
	d := &Desk{config: c, requests: requestsOf(c), register: r}
	return errors.Join(d.verify(), d.delivered())
}

func (d *Desk) verify() error {
	ids, all, err := d.history()
	if err != nil {
		return err
	}
	m, err := d.moments()
	if err != nil {
		return err
	}
	errs := []error{d.unknown(all), d.unasked(m)}
	for _, id := range ids {
		s, err := fold(all[id])
		if err != nil {
			errs = append(errs, changed(id, "the register: %v", err))
			continue
		}
		if s.kept {
			errs = append(errs, d.prove(id, s))
		}
	}
	return errors.Join(errs...)
}

// unknown finds requests in the folder that the register does not know.
func (d *Desk) unknown(all map[string][]event) error {
	entries, err := os.ReadDir(string(d.requests))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if e.IsDir() && idShape.MatchString(e.Name()) && all[e.Name()] == nil {
			errs = append(errs, changed(e.Name(), "the register does not know it"))
		}
	}
	return errors.Join(errs...)
}

// prove holds one request to its digests, and a release to its approvals.
func (d *Desk) prove(id string, s standing) error {
	r, _, err := d.requests.get(id, s.digest)
	if err != nil {
		return err
	}
	var votes []signedVote
	for i, digest := range s.votes {
		v, err := d.requests.getVote(id, digest)
		if err == nil {
			err = v.holds(r, s.voters[i])
		}
		if err != nil {
			return err
		}
		votes = append(votes, v)
	}
	if s.counts() {
		if err := d.remembered(id, s); err != nil {
			return err
		}
	}
	if !s.issued {
		return nil
	}
	if _, err := d.submission(r); err != nil {
		return err
	}
	i, err := d.issuedAs(id)
	if err != nil {
		return err
	}
	return d.proveIssue(r, votes, i)
}

// holds holds a vote to itself: that it is on this request, by this person, who is
// not its author, and signed.
func (s signedVote) holds(r Request, by string) error {
	v := s.Vote
	if v.Request != r.ID || v.Digest != r.Digest() || v.By != by || same(v.By, r.Author) || v.Key == r.Key {
		return changed(r.ID, "a vote of %s is not one that counts on it", by)
	}
	if err := sign.Verify(v.Key, voteLabel, canonical(v), s.Signature); err != nil {
		return changed(r.ID, "the vote of %s: %v", by, err)
	}
	return nil
}

// proveIssue holds what was entered to what was approved, and to the files.
func (d *Desk) proveIssue(r Request, votes []signedVote, i register.Issue) error {
	if len(votes) != 2 || independent(votes[0].Vote, votes[1].Vote) != nil || outcome(votes[0].Vote.Decision, votes[1].Vote.Decision) != approved {
		return changed(r.ID, "it was issued without two approvals by two people")
	}
	if i.Title != r.Name || i.Purpose != r.Purpose || i.Snapshot != r.Snapshot || i.Domain != r.Domain || !same(i.By, r.Author) {
		return changed(r.ID, "it was issued as something else than what was asked")
	}
	for _, f := range i.Files {
		text, err := d.requests.read(r.ID, releaseFolder, f.Name)
		if err != nil {
			return err
		}
		if sum(text) != f.SHA256 || int64(len(text)) != f.Bytes {
			return changed(r.ID, "%s is not as it was issued", f.Name)
		}
	}
	return nil
}

// delivered holds what lies in the outbox to what was issued. What was taken out of it
// is in order; what was put there by hand is not.
func (d *Desk) delivered() error {
	entries, err := os.ReadDir(d.config.Outbox)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	issued, err := d.register.Standings()
	if err != nil {
		return err
	}
	names := make(map[string]register.Standing)
	for _, i := range issued {
		names[i.Name] = i
	}
	var errs []error
	for _, e := range entries {
		if unfinished(e.Name()) {
			continue
		}
		if i, is := names[e.Name()]; is && e.IsDir() {
			errs = append(errs, d.intact(i))
			continue
		}
		errs = append(errs, fmt.Errorf("%w: %s lies in the outbox and was never issued: somebody has put it there; next: find out who has, and who has taken it", ErrChanged, e.Name()))
	}
	return errors.Join(errs...)
}

// intact holds the files of a release that lie in the outbox to those that were
// issued. An extract's are held where extracts are verified.
func (d *Desk) intact(i register.Standing) error {
	switch {
	case i.Kind != kind:
		return nil
	case i.Is(recalled):
		return fmt.Errorf("%w: %s lies in the outbox and was recalled; next: ohc-marts review, or any other command of the desk, takes it away; find out who has put it back", ErrChanged, i.Name)
	}
	dir := filepath.Join(d.config.Outbox, i.Name)
	entries, err := os.ReadDir(dir)
	errs := []error{err}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || !slices.ContainsFunc(i.Files, func(f register.File) bool { return f.Name == e.Name() && f.SHA256 == sum(text) }) {
			errs = append(errs, fmt.Errorf("%w: %s in the outbox is not what was issued; next: find out who has changed it, and who has taken it", ErrChanged, filepath.Join(i.Name, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// unfinished reports whether a name in the outbox is one of what is being written, or
// of who writes: an extract's or a release's.
func unfinished(name string) bool {
	return name == ".lock" || name == ".work" || strings.HasPrefix(name, halfRequest) || strings.HasPrefix(name, halfRelease)
}

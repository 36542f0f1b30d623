package register

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"secondaryuse/marts/sign"
)

var (
	whats = []string{"requested", "approved", "refused", "returned", "withdrawn", "begun", "issued", "recalled", "destroyed",
		"submitted", "looked", "voted", "revoked", "accepted", "reviewed", "rejected", "released"} // these are of the release desk
	kinds = []string{"project", "extract", "release"}
)

// stepLabel is what a step is signed as.
const stepLabel = "register-step"

// Signed returns a step with the signature of who takes it. Verify checks it; whose
// key it is, people.yaml says.
func (s Step) Signed(k sign.Private) Step {
	signature := sign.Sign(k, stepLabel, s.statement())
	s.Signature = &signature
	return s
}

// statement is what is signed of a step: all of it.
func (s Step) statement() []byte {
	s.At, s.Signature = s.At.UTC(), nil
	text, _ := json.Marshal(s) // which is of texts
	return text
}

// forged reports whether a step has a signature of ours that does not hold, or an
// approval of a project that does not.
func (s Step) forged() bool {
	if s.Statement != "" {
		return s.Signature == nil || s.What != "approved" || s.Kind != "project" || Approval{s.By, s.At, s.Subject, s.Statement, *s.Signature}.holds("extract", s.Name) != nil
	}
	another := s.What == "submitted" || s.What == "approved" // whose signature is of what was asked for, and held to that where it is known
	return s.Signature != nil && (s.Signature.Label == stepLabel || !another) && sign.Verify(s.Signature.Key, stepLabel, s.statement(), *s.Signature) != nil
}

// parse reads one step, strictly.
func parse(record []byte) (Step, error) {
	var s Step
	d := json.NewDecoder(bytes.NewReader(record))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Step{}, errors.New("not a step as this program writes it")
	}
	return s, s.check()
}

// check says what is wrong with a step, and none of what it holds.
func (s Step) check() error {
	switch {
	case !slices.Contains(whats, s.What):
		return errors.New("what: not one of " + strings.Join(whats, ", "))
	case !slices.Contains(kinds, s.Kind):
		return errors.New("kind: not one of " + strings.Join(kinds, ", "))
	case !line(s.Name), !line(s.By):
		return errors.New("name and by: each one line of text")
	case s.At.IsZero():
		return errors.New("at: there is none")
	case s.Subject != "" && !digest(s.Subject):
		return errors.New("subject: not a SHA-256")
	case (s.What == "issued") != (s.Issue != nil):
		return errors.New("issue: with the step issued, and with no other")
	case s.Said != "" && (s.What != "approved" || s.Kind != "project" || fmt.Sprintf("%x", sha256.Sum256([]byte(s.Said))) != s.Subject):
		return errors.New("said: not the text that was approved")
	case s.What == "withdrawn" && s.Kind == "project" && (s.Signature == nil || s.Signature.Label != stepLabel || s.Statement != ""):
		return errors.New("signature: there is none of who withdraws an approval")
	case s.forged():
		return errors.New("signature: it does not hold")
	case s.Issue != nil:
		return s.Issue.check(s)
	}
	return nil
}

// check says what an issue lacks that a letter about it, or the proof of it, needs.
func (i Issue) check(s Step) error {
	switch {
	case i.Kind != s.Kind || i.Name != s.Name || i.By != s.By || !i.At.Equal(s.At):
		return errors.New("issue: of something else than the step")
	case i.Kind == "project":
		return errors.New("issue: a project is not issued, only its extracts are")
	case !line(i.Purpose), !line(i.Snapshot):
		return errors.New("purpose and snapshot: each one line of text")
	case !fingerprint.MatchString(i.Domain), !fingerprint.MatchString(i.RegisterKey):
		return errors.New("domain and register_key: the fingerprints of the keys by which persons are digested")
	case len(i.Files) == 0:
		return errors.New("files: there is none")
	case !digest(i.Persons.SHA256) || i.Persons.Count < 0:
		return errors.New("persons: no file of digests")
	case i.Kind == "extract" && (!line(i.Project) || len(i.Recipients) == 0 || !day(i.Ends) || !day(i.Retain)):
		return errors.New("project, recipients, ends and retain: an extract has all of them")
	}
	for n, f := range i.Files {
		if !line(f.Name) || !digest(f.SHA256) || f.Bytes < 0 || f.Rows < 0 {
			return fmt.Errorf("files[%d]: name, size and SHA-256", n)
		}
	}
	for n, a := range i.Approvals {
		if !line(a.By) || a.At.IsZero() || !digest(a.Subject) {
			return fmt.Errorf("approvals[%d]: by, at and subject", n)
		}
	}
	return nil
}

// line reports whether a text is one line of something.
func line(s string) bool {
	return strings.TrimSpace(s) == s && s != "" && !strings.ContainsFunc(s, unicode.IsControl)
}

// digest reports whether a text is a SHA-256.
func digest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func day(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

// Approval is that somebody approved what was issued, with what they signed: who has
// their public key can verify it, and needs nothing else.
type Approval struct {
	By        string         `json:"by"`
	At        time.Time      `json:"at"`
	Subject   string         `json:"subject"`             // SHA-256 of what was approved
	Statement string         `json:"statement,omitempty"` // the very text that was signed
	Signature sign.Signature `json:"signature"`
}

// approvedAs is what approvals are signed as, by what is issued.
var approvedAs = map[string]string{"extract": "project-approval", "release": "desk-vote"}

// approvers is how many people approve what leaves.
const approvers = 2

// statement is what an approval says: of a project, or a vote on a request.
type statement struct {
	Project  string    `json:"project"`
	Digest   string    `json:"digest"`
	Request  string    `json:"request"`
	Asked    string    `json:"request_sha256"`
	Decision string    `json:"decision"`
	Register string    `json:"register"` // its head then
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// holds holds an approval to its signature, and to what it says that it approves: a
// project of that name, or a request.
func (a Approval) holds(kind, name string) error {
	if err := sign.Verify(a.Signature.Key, approvedAs[kind], []byte(a.Statement), a.Signature); err != nil {
		return err
	}
	var s statement
	if json.Unmarshal([]byte(a.Statement), &s) != nil {
		return errors.New("what was signed cannot be read")
	}
	of, subject := s.Project, s.Digest
	if kind == "release" {
		of, subject = s.Request, s.Asked
	}
	if of != name || subject != a.Subject || s.By != a.By || !s.At.Equal(a.At) || s.Decision != "" && s.Decision != "approve" {
		return errors.New("what was signed says something else")
	}
	return nil
}

// approved holds what was issued to approvals of the same thing by two people, neither
// of them who asked, or who gets it.
func (i Issue) approved() error {
	name, keys, names := i.Project, make(map[sign.Public]bool), make(map[string]bool)
	if i.Kind == "release" {
		name = i.Name
	}
	for _, a := range i.Approvals {
		if err := a.holds(i.Kind, name); err != nil {
			return fmt.Errorf("the approval of %s: %w", a.By, err)
		}
		if a.Subject != i.Approvals[0].Subject || a.At.After(i.At) || strings.EqualFold(a.By, i.Applicant) || i.Gets(a.By) || i.Kind == "release" && strings.EqualFold(a.By, i.By) {
			return fmt.Errorf("the approval of %s is of something else, of later, or of who asked or gets it", a.By)
		}
		keys[a.Signature.Key], names[strings.ToLower(a.By)] = true, true
	}
	if len(keys) < approvers || len(names) < approvers {
		return fmt.Errorf("it has not the approvals of %d people", approvers)
	}
	return nil
}

// heads are those that approvals hold, as they were signed: who makes the log anew cannot
// make them, too.
func (r *Register) heads() (out []Known) {
	steps, _ := r.Steps() // whether it can be read is asked elsewhere
	seen := make(map[string]bool)
	from := func(n int64, by, text string) {
		var s statement
		if json.Unmarshal([]byte(text), &s) == nil && s.Register != "" && !seen[s.Register] {
			seen[s.Register], out = true, append(out, Known{fmt.Sprintf("step %d: what %s has signed", n, by), s.Register})
		}
	}
	for _, s := range steps {
		if s.Kind == "project" {
			from(s.Number, s.By, s.Statement)
		}
		if s.Issue != nil && s.Kind == "extract" {
			for _, a := range s.Issue.Approvals {
				from(s.Number, a.By, a.Statement)
			}
		}
	}
	return out
}

// Gets reports whether somebody is a recipient by their name.
func (i Issue) Gets(name string) bool {
	return slices.ContainsFunc(i.Recipients, func(r string) bool {
		who, _, _ := strings.Cut(r, " (")
		return strings.EqualFold(who, name)
	})
}

// Strangers says which steps and approvals were signed by a key that the people do not
// have for who is said to have signed: of people who have left, or have another key by
// now, they keep what is theirs (package people).
func (r *Register) Strangers(all people.People) (found []string, err error) {
	steps, err := r.Steps()
	of := func(n int64, by string, s sign.Signature) {
		if !all.Signs(by, s.Key) {
			found = append(found, fmt.Sprintf("step %d: it is signed for %s by a key that is not theirs in the file of people; who has left stays there as former, and keys of before as former_keys", n, by))
		}
	}
	for _, s := range steps {
		if s.Signature != nil {
			of(s.Number, s.By, *s.Signature)
		}
		if s.Issue != nil {
			for _, a := range s.Issue.Approvals {
				of(s.Number, a.By, a.Signature)
			}
		}
	}
	return found, err
}

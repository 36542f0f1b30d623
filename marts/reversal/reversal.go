// Package reversal is a request to turn person_ids back into numbers for direct
// care, and who has approved it: a practice asks who the people at rising risk
// are, whom an analyst has found in the marts.
//
// This package knows no number: it says what was asked for and approved, exactly.
// A request holds who asks and the public key that they have, the digest of the list of
// ids, the practice and the key that it holds, the domain whose ids they are, the
// reason, the reference of the approval and when it expires. It is signed as it stands
// first by who asks, and then by two people who approve it, so that whoever changes any
// of it afterwards, the list too, has no approval, and nobody asks in another's name.
// Who approves holds one of the roles guardian and custodian, one of the two is a
// guardian, and neither is who asks.
//
// Only package deid, on the operator's side, can do what a request asks for; it
// asks the gates and the practice's register of patients again when it does.
package reversal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

// What is signed, by who asks and by who approves: a signature of anything else stands
// for neither, nor one of these for the other.
const (
	asking    = "reversal-request"
	approving = "reversal"
)

// Request is what is asked for.
type Request struct {
	ID          string      `json:"id"` // random; a request is good for one time
	By          string      `json:"by"` // who asks, as people.yaml names them
	Key         sign.Public `json:"by_key"`
	Practice    string      `json:"practice"`
	To          string      `json:"to"`          // the practice's age public key, which alone opens what is handed back
	Domain      string      `json:"domain"`      // name of the key whose ids are asked about
	Fingerprint string      `json:"fingerprint"` // and its fingerprint
	Reason      string      `json:"reason"`
	Approval    string      `json:"approval"` // reference
	Made        time.Time   `json:"made"`
	Expires     time.Time   `json:"expires"`
	Persons     int         `json:"persons"`
	SHA256      string      `json:"sha256"` // of the list, as List.Digest has it
}

// New completes a request about a list of ids.
func New(r Request, l List) Request {
	var id [16]byte
	rand.Read(id[:]) // which never fails
	r.ID, r.Persons, r.SHA256 = hex.EncodeToString(id[:]), len(l), l.Digest()
	r.Made, r.Expires = r.Made.UTC().Truncate(time.Second), r.Expires.UTC().Truncate(time.Second)
	return r
}

// File is a request with what was signed of it.
type File struct {
	Request    Request          `json:"request"`
	Signatures []sign.Signature `json:"signatures"`
}

// statement is what is signed.
func (f File) statement() []byte {
	text, err := json.Marshal(f.Request)
	if err != nil {
		panic("reversal: " + err.Error()) // unreachable: it has nothing that JSON has not
	}
	return text
}

// Sign adds a signature: of who asks, which comes first, or of somebody who approves.
// Whose that is, Approved finds by the key. What nobody asks for is not approved.
func (f *File) Sign(key sign.Private) error {
	label, first := approving, len(f.Signatures) == 0
	if key.Public() == f.Request.Key {
		label = asking
	}
	switch {
	case first && label == approving:
		return refused("%s, who asks, has not signed it; next: have them do so first", f.Request.By)
	case !first && label == asking:
		return refused("who asks has signed it, and approves nothing that they ask for")
	case !first && !f.asked():
		return refused("it is not as %s, who asks, has signed it; next: have them make another", f.Request.By)
	}
	f.Signatures = append(f.Signatures, sign.Sign(key, label, f.statement()))
	return nil
}

// asked reports whether who asks has signed the request as it stands.
func (f File) asked() bool {
	return len(f.Signatures) > 0 && sign.Verify(f.Request.Key, asking, f.statement(), f.Signatures[0]) == nil
}

// ErrRefused is wrapped by every reason why a request is not done.
var ErrRefused = errors.New("the request is refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// About returns an error, which wraps ErrRefused, unless a request is about that list.
func (r Request) About(l List) error {
	if l.Digest() != r.SHA256 || len(l) != r.Persons {
		return refused("the list is not the one that was asked about")
	}
	return nil
}

// Approved returns the names of those who have approved the request, or an error
// that wraps ErrRefused unless it is good at that moment, for that list.
func (f File) Approved(all people.People, l List, now time.Time) (names []string, err error) {
	if err := f.Request.About(l); err != nil {
		return nil, err
	}
	switch r := f.Request; {
	case now.Before(r.Made):
		return nil, refused("it was made at %s, which has not come", r.Made.Format(time.RFC3339))
	case !now.Before(r.Expires):
		return nil, refused("it has expired, at %s; next: make another, and have it approved", r.Expires.Format(time.RFC3339))
	}
	switch by, ok := all.Named(f.Request.By); {
	case !ok || by.Has(people.Former):
		return nil, refused("who asks is not in the file of people, or has left")
	case by.Key != f.Request.Key:
		return nil, refused("who asks has another key in the file of people; next: make another, and have it approved")
	case !f.asked():
		return nil, refused("who asks has not signed it as it stands; next: ohc-pipeline reidentify sign, with the key of %s", by.Name)
	}
	return f.approvers(all)
}

// approvers returns the names of those who have approved what was asked for.
func (f File) approvers(all people.People) (names []string, err error) {
	guardian := false
	for i, s := range f.Signatures[1:] {
		p, ok := all.Holder(s.Key)
		switch {
		case !ok:
			return nil, refused("signature %d is by nobody in the file of people", i+2)
		case p.Name == f.Request.By:
			return nil, refused("signature %d is by who asks: nobody approves what they ask for", i+2)
		case sign.Verify(p.Key, approving, f.statement(), s) != nil:
			return nil, refused("signature %d is not of this request as it stands", i+2)
		case !p.Has(people.Guardian, people.Custodian):
			return nil, refused("signature %d is by somebody who is neither guardian nor custodian", i+2)
		case slices.Contains(names, p.Name):
			return nil, refused("signature %d is by somebody who has signed before: two people are needed", i+2)
		}
		names, guardian = append(names, p.Name), guardian || p.Has(people.Guardian)
	}
	if len(names) < 2 || !guardian {
		return nil, refused("two people must have approved it, of whom one is a guardian; %d have; next: ohc-pipeline reidentify sign", len(names))
	}
	return names, nil
}

var (
	idForm   = regexp.MustCompile(`^[0-9a-f]{32}$`)
	ods      = regexp.MustCompile(`^[A-Z][0-9A-Z]{2,7}$`)
	keyName  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,60}$`)
	printed  = regexp.MustCompile(`^[0-9a-f]{8}$`)
	digested = regexp.MustCompile(`^[0-9a-f]{64}$`)
	ageForm  = regexp.MustCompile(`^age1[02-9ac-hj-np-z]{58}$`)
	words    = regexp.MustCompile(`^[\pL\pN]([ -~\pL\pN]{0,298}[!-~\pL\pN])?$`)
)

// Check returns what is wrong with a request; nothing names a person.
func (r Request) Check() error {
	whole := func(t time.Time) bool { return t.Equal(t.Truncate(time.Second)) && t.Location() == time.UTC }
	for _, part := range []struct {
		name string
		good bool
	}{
		{"id", idForm.MatchString(r.ID)}, {"practice", ods.MatchString(r.Practice)}, {"to", ageForm.MatchString(r.To)}, {"domain", keyName.MatchString(r.Domain)},
		{"fingerprint", printed.MatchString(r.Fingerprint)}, {"reason", words.MatchString(r.Reason)}, {"approval", words.MatchString(r.Approval)},
		{"by", words.MatchString(r.By)}, {"by_key", r.Key != sign.Public{}}, {"made", whole(r.Made)}, {"expires", whole(r.Expires) && r.Made.Before(r.Expires)},
		{"persons", r.Persons > 0 && r.Persons <= most}, {"sha256", digested.MatchString(r.SHA256)},
	} {
		if !part.good {
			return refused("%s is not as it must be", part.name)
		}
	}
	return nil
}

// limit is how long a file of a request may be.
const limit = 64 << 10

// Read reads the file of a request, which holds the very bytes that Write writes.
func Read(path string) (f File, err error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > limit {
		err = errors.New("too long")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return f, refused("%v", err)
	}
	if f, err = parse(text); err != nil {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func parse(text []byte) (f File, err error) {
	if json.Unmarshal(text, &f) != nil || !bytes.Equal(f.text(), text) {
		return File{}, refused("it is not the file of a request, or was edited")
	}
	return f, f.Request.Check()
}

func (f File) text() []byte {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil // of no file that was read
	}
	return append(text, '\n')
}

// Write writes the file of a request, durable on return.
func (f File) Write(path string) error {
	if err := f.Request.Check(); err != nil {
		return err
	}
	return durable.Replace(path, f.text())
}

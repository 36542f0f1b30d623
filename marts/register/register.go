// Package register keeps what has left the building: every extract and release
// that was issued, with every step on the way to it, and whose records were in it.
//
// A register is a folder that only its owner can read:
//
//	DIR/log.jsonl, lock   the steps: one line each, chained (package audit)
//	DIR/head              number and hash of the newest
//	DIR/turn              whose turn it is to approve, to withdraw or to issue
//	DIR/persons/SHA256    digests of persons, sorted, 16 bytes each
//
// The log is only ever added to, and each line holds the hash of the one before, so
// that whatever is edited, removed, put in or moved is found (Verify); what was cut
// off at the end is found by a head that is kept elsewhere: every extract and
// release holds the head of when it was issued, and commands print it. A file of
// digests is called by its hash, which the log holds.
//
// A person is there as a digest under the register's own key: who has the register
// and not that key can tell that two issues hold the same person, and not who it is.
package register

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/durable"
)

// Digest is what the register knows a person by: HMAC-SHA-256 under the register's
// key of "register", 0x1F, the fingerprint of a snapshot's domain, 0x1F and the
// person's id in that domain, as 8 bytes, big endian; its first 16 bytes.
func Digest(register domain.Key, domainFingerprint string, personID int64) [16]byte {
	in := binary.BigEndian.AppendUint64([]byte(domainFingerprint+"\x1f"), uint64(personID))
	sum := register.MAC("register", in)
	return [16]byte(sum[:])
}

// Step is one step of something on its way out.
type Step struct {
	Number    int64           `json:"-"`    // of the line, when it was read
	What      string          `json:"what"` // requested, approved, refused, returned, withdrawn, begun, issued, recalled, destroyed
	Kind      string          `json:"kind"` // project, extract or release
	Name      string          `json:"name"` // of the project, extract or release
	By        string          `json:"by"`   // who, by name; of people.yaml where they have signed
	At        time.Time       `json:"at"`   // UTC
	Why       string          `json:"why,omitempty"`
	Subject   string          `json:"subject,omitempty"`   // SHA-256 of what was asked for, approved or refused
	Statement string          `json:"statement,omitempty"` // what the signature is of, where that is not the step itself
	Signature *sign.Signature `json:"signature,omitempty"`
	Said      string          `json:"said,omitempty"`  // of a project that is approved: the text of which Subject is the SHA-256
	Issue     *Issue          `json:"issue,omitempty"` // where What is issued
}

// Issue is an extract or a release that was issued. Counts are exact: whoever
// shows one rounds it.
type Issue struct {
	Number         int64            `json:"-"`    // of the line, when it was read
	Kind           string           `json:"kind"` // extract or release
	Name           string           `json:"name"`
	Project        string           `json:"project,omitempty"`
	Reference      string           `json:"reference,omitempty"` // of the project, or of the request
	Title          string           `json:"title,omitempty"`
	Applicant      string           `json:"applicant,omitempty"` // of the project: never one who approves
	Purpose        string           `json:"purpose"`
	Objective      string           `json:"objective,omitempty"`  // of the project: what for, in its own words
	Notice         string           `json:"notice,omitempty"`     // of the project: where the public can read of it
	Controller     string           `json:"controller,omitempty"` // all of them
	Recipients     []string         `json:"recipients,omitempty"` // name (organisation)
	Snapshot       string           `json:"snapshot"`
	Domain         string           `json:"domain"`                    // fingerprint of the snapshot's domain, by whose ids Persons are digested
	RegisterKey    string           `json:"register_key"`              // fingerprint of the register's key, by which Persons are digested, too
	KeyID          string           `json:"key_id,omitempty"`          // of the project's domain
	KeyFingerprint string           `json:"key_fingerprint,omitempty"` // and its fingerprint
	By             string           `json:"by"`
	At             time.Time        `json:"at"`
	Ends           string           `json:"ends,omitempty"`   // the project's last day, YYYY-MM-DD
	Retain         string           `json:"retain,omitempty"` // the last day on which recipients may hold it
	Approvals      []Approval       `json:"approvals,omitempty"`
	Files          []File           `json:"files"`
	Counts         map[string]int64 `json:"counts,omitempty"` // persons, rows, and what was left out, by reason
	Levels         map[string]int   `json:"levels,omitempty"` // of an extract: by column that could find somebody, how coarse it left; 0 is the finest
	Persons        Persons          `json:"persons"`
}

// File is one file of what was issued.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows,omitempty"`
}

// Persons is a file of digests, as Register.Persons has written it.
type Persons struct {
	SHA256 string `json:"sha256"` // its name, too
	Count  int64  `json:"count"`
}

// Register is a register. Several processes may use it at once.
type Register struct{ dir string }

// Open opens the register in a folder, which must be there and be nobody else's to
// read: a register that is looked for where it is not would say that nothing has
// left.
func Open(dir string) (*Register, error) {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("register: %w; next: name the right folder (key register of egress.yaml), or where nothing was ever issued: mkdir -m 700 %s", err, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("register: %s must be a folder that nobody else can read; next: chmod 700 it", dir)
	}
	return &Register{dir}, nil
}

// Step adds a step. It is durable when Step returns; where it returns an error,
// what the step is about may not be done. That the approval of a project is withdrawn,
// is added where there is one.
func (r *Register) Step(ctx context.Context, s Step) error {
	if s.Kind != "project" || s.What != "approved" && s.What != "withdrawn" {
		return r.add(ctx, s)
	}
	return r.decide(ctx, s.Name, s, func(a Agreed) error {
		if s.What == "withdrawn" && len(a.Standing) == 0 {
			return fmt.Errorf("%w: no approval of project %s stands that could be withdrawn", ErrRefused, s.Name)
		}
		return nil
	})
}

// ErrRefused is wrapped where a step may not be taken after those that were.
var ErrRefused = errors.New("the register refuses")

// add adds a step.
func (r *Register) add(ctx context.Context, s Step) error {
	s.At = s.At.UTC()
	record, err := json.Marshal(s)
	if err == nil {
		_, err = parse(record)
	}
	if err != nil {
		return fmt.Errorf("register: not a step: %w", err)
	}
	who := audit.Event{At: s.At, Who: s.By, What: s.What, Record: record}
	if _, err := audit.Append(ctx, r.dir, anchor(r.dir), who); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// Issue adds the step that something was issued. Call it before the files can be
// had by anybody.
func (r *Register) Issue(ctx context.Context, i Issue) error {
	i.At = i.At.UTC()
	if err := r.has(i.Persons); err != nil {
		return err
	}
	if err := i.approved(); err != nil {
		return fmt.Errorf("register: not issued: %w", err)
	}
	s := Step{What: "issued", Kind: i.Kind, Name: i.Name, By: i.By, At: i.At, Issue: &i}
	if i.Kind != "extract" {
		return r.add(ctx, s)
	}
	return r.decide(ctx, i.Project, s, func(a Agreed) error {
		if err := a.refuses(i.Approvals); err != nil {
			return fmt.Errorf("%w: not issued: %w", ErrRefused, err)
		}
		return nil
	})
}

// Steps returns every step, oldest first. It reads what is there: whether anybody
// has changed it, Verify says.
func (r *Register) Steps() ([]Step, error) {
	events, err := audit.List(r.dir)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	var out []Step
	for _, e := range events {
		if len(e.Record) == 0 {
			continue // what Append says of the log itself
		}
		s, err := parse(e.Record)
		if err != nil {
			return nil, fmt.Errorf("register: step %d: %w; next: ohc-marts verify", e.Line, err)
		}
		if s.Number = e.Line; s.Issue != nil {
			s.Issue.Number = e.Line
		}
		out = append(out, s)
	}
	return out, nil
}

// Issued returns everything that was issued, oldest first.
func (r *Register) Issued() ([]Issue, error) {
	steps, err := r.Steps()
	var out []Issue
	for _, s := range steps {
		if s.Issue != nil {
			out = append(out, *s.Issue)
		}
	}
	return out, err
}

// Head is the newest step as what is issued holds it; empty where there is none.
func (r *Register) Head(ctx context.Context) (string, error) {
	line, sum, err := anchor(r.dir).Anchor(ctx)
	if err != nil || line == 0 {
		return "", err
	}
	return audit.Head{Line: line, SHA256: sum}.String(), nil
}

// anchor keeps the head of a register in a file beside the log.
type anchor string

// String is for audit.
func (anchor) String() string { return "the file head" }

func (a anchor) path() string { return filepath.Join(string(a), "head") }

// Anchor is for audit.
func (a anchor) Anchor(context.Context) (int64, string, error) {
	text, err := os.ReadFile(a.path())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	head, whole := strings.CutSuffix(string(text), "\n")
	h, err := audit.ParseHead(head)
	if err != nil || !whole {
		return 0, "", fmt.Errorf("%s: not the head of a log; next: find out who did that, and keep the folder as it is", a.path())
	}
	return h.Line, h.SHA256, nil
}

// SetAnchor is for audit.
func (a anchor) SetAnchor(_ context.Context, line int64, sum string) error {
	return durable.Replace(a.path(), []byte(audit.Head{Line: line, SHA256: sum}.String()+"\n"))
}

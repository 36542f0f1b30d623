package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

// Signed is one person's approval of what a project says: a statement and their
// signature over it.
type Signed struct {
	Statement Statement      `json:"statement"`
	Signature sign.Signature `json:"signature"`
}

// Statement is what is signed.
type Statement struct {
	Project   string    `json:"project"`
	Reference string    `json:"reference"`
	Digest    string    `json:"digest"` // of what the project says
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Despite   string    `json:"despite,omitempty"` // why, where check found something
	Found     []string  `json:"found,omitempty"`   // what that was
	Before    Before    `json:"before,omitzero"`
	Register  string    `json:"register,omitempty"` // its head when it was signed
}

// Excuses reports whether a project was approved although this was found.
func (s Signed) Excuses(f Finding) bool {
	return s.Statement.Despite != "" && slices.Contains(s.Statement.Found, f.text())
}

// text names a finding wherever it stands in the file.
func (f Finding) text() string { return f.Field + ": " + f.What }

// label is what statements are signed as.
const label = "project-approval"

// needed is how many people approve a project.
const needed = 2

// ErrNotApproved is wrapped where a project has not the approvals that it needs,
// as it stands and now.
var ErrNotApproved = errors.New("not approved")

// bytes is what is signed of a statement.
func (s Statement) bytes() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // no field can fail
	}
	return text
}

// Text is what was signed.
func (s Signed) Text() string { return string(s.Statement.bytes()) }

// sealed is where the approvals of a project lie: beside its file.
func sealed(folder, name string) string { return filepath.Join(folder, name+".approval.json") }

// Board is where projects and their approvals are kept, and who may give them.
type Board struct {
	Folder   string             // of the projects
	Register *register.Register // nil where there is none to ask: what was withdrawn is not known then
	People   people.People
}

// Sign makes a person's approval of a project as it stands. It refuses who may
// not approve it: whoever asks, who has approved it already, who has not the role,
// or whose key is not theirs. despite is why it is approved although check found
// something, which is signed with it; nothing that is found later is excused by it.
// What was approved and issued before is part of what is signed.
func (b Board) Sign(ctx context.Context, p Project, name string, key sign.Private, despite string, now time.Time, found ...Finding) (Signed, error) {
	who, err := p.approver(b.People, name)
	switch {
	case err != nil:
		return Signed{}, err
	case who.Key != key.Public():
		return Signed{}, fmt.Errorf("%w: the key is not that of %s in people.yaml; sign with your own", ErrNotApproved, name)
	case len(found) > 0 && strings.TrimSpace(despite) == "":
		return Signed{}, fmt.Errorf("%w: something was found, and no reason is given why it is approved all the same", ErrNotApproved)
	case len(found) > 0 && !line(despite):
		return Signed{}, fmt.Errorf("%w: the reason is no single line of at most 300 signs that are shown", ErrNotApproved)
	case !p.End.After(day(now)):
		return Signed{}, fmt.Errorf("%w: the project has ended; have a new agreement", ErrNotApproved)
	}
	hold, err := b.hold(p, now)
	if err != nil {
		return Signed{}, err
	}
	if slices.ContainsFunc(hold, func(s Signed) bool { return s.Statement.By == name }) {
		return Signed{}, fmt.Errorf("%w: %s has approved it as it stands; somebody else is needed", ErrNotApproved, name)
	}
	s := Statement{Project: p.Name, Reference: p.Reference, Digest: p.Digest(), By: name, At: now.UTC().Truncate(time.Second)}
	if s.Before, err = b.Before(p); err != nil {
		return Signed{}, err
	}
	if b.Register != nil {
		if s.Register, err = b.Register.Head(ctx); err != nil {
			return Signed{}, err
		}
	}
	if len(found) > 0 {
		s.Despite = strings.Join(strings.Fields(despite), " ")
	}
	for _, f := range found {
		s.Found = append(s.Found, f.text())
	}
	return Signed{s, sign.Sign(key, label, s.bytes())}, nil
}

// Enter has the register keep an approval, and then keeps it beside the project.
func (b Board) Enter(ctx context.Context, p Project, s Signed) error {
	if b.Register != nil {
		step := register.Step{What: "approved", Kind: "project", Name: p.Name, By: s.Statement.By, At: s.Statement.At, Why: s.Statement.Despite,
			Subject: s.Statement.Digest, Statement: s.Text(), Signature: &s.Signature, Said: p.said()}
		if err := b.Register.Step(ctx, step); err != nil {
			return err
		}
	}
	return b.keep(p, s)
}

// keep puts an approval beside the project. Approvals of what the project said
// before it was changed are taken out. Of several people who approve at once, none
// takes out another's; and where the project was changed meanwhile, none is kept. It is
// durable when keep returns.
func (b Board) keep(p Project, s Signed) (err error) {
	dir, err := locked(b.Folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	switch is, err := Load(b.Folder, p.Name); {
	case err != nil:
		return err
	case is.Digest() != s.Statement.Digest:
		return fmt.Errorf("%w: the file was changed while %s approved it; look at it again", ErrNotApproved, s.Statement.By)
	}
	have, err := signatures(b.Folder, p.Name)
	if err != nil {
		return err
	}
	have = slices.DeleteFunc(have, func(o Signed) bool {
		return o.Statement.Digest != s.Statement.Digest || o.Statement.By == s.Statement.By
	})
	text, err := json.MarshalIndent(append(have, s), "", "  ")
	if err != nil {
		return err
	}
	return durable.Replace(sealed(b.Folder, p.Name), append(text, '\n'))
}

// locked waits until nobody else changes approvals, and holds the folder until it is
// closed.
func locked(folder string) (*os.File, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("project: %w", err), f.Close())
	}
	return f, nil
}

// approver returns the person of that name, if they may approve the project.
func (p Project) approver(all people.People, name string) (people.Person, error) {
	who, ok := all.Named(name)
	applicant, known := all.Named(p.Applicant)
	switch {
	case !ok:
		return who, fmt.Errorf("%w: nobody in people.yaml has the name that was given; next: give it as it stands there", ErrNotApproved)
	case !known:
		return who, fmt.Errorf("%w: nobody in people.yaml is called as the applicant is, so that it cannot be seen who must not approve", ErrNotApproved)
	case who.Key == applicant.Key: // and so by whatever name
		return who, fmt.Errorf("%w: %s has asked for it, and nobody approves what they ask for", ErrNotApproved, name)
	case slices.ContainsFunc(p.Recipients, func(r recipient) bool { return strings.EqualFold(strings.Join(strings.Fields(r.Name), " "), name) }):
		return who, fmt.Errorf("%w: %s gets the extract, and nobody approves what they get", ErrNotApproved, name)
	case !who.Has(people.Guardian, people.Custodian):
		return who, fmt.Errorf("%w: %s is neither guardian nor custodian in people.yaml", ErrNotApproved, name)
	}
	return who, nil
}

// signatures reads what lies beside a project, whatever it is worth.
func signatures(folder, name string) (out []Signed, err error) {
	text, err := os.ReadFile(sealed(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("%w: %s is not what project approve wrote; take it away, and approve anew", ErrNotApproved, sealed(folder, name))
	}
	return out, nil
}

// hold returns the approvals that hold of the project as it stands, by today's
// people.yaml and by the register: one a person.
func (b Board) hold(p Project, now time.Time) (out []Signed, err error) {
	have, err := signatures(b.Folder, p.Name)
	if err != nil {
		return nil, err
	}
	stands, err := b.standing(p.Name)
	if err != nil {
		return nil, err
	}
	digest := p.Digest()
	for _, s := range have {
		x := s.Statement
		who, err := p.approver(b.People, x.By)
		twice := slices.ContainsFunc(out, func(o Signed) bool { return o.Statement.By == x.By || o.Signature.Key == s.Signature.Key })
		if err != nil || twice || x.Digest != digest || x.Project != p.Name || x.Reference != p.Reference || x.At.After(now) || day(x.At).Before(p.Issued.Time) {
			continue
		}
		if sign.Verify(who.Key, label, x.bytes(), s.Signature) == nil && stands(s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// standing reports of an approval whether it stands in the register.
func (b Board) standing(project string) (func(Signed) bool, error) {
	if b.Register == nil {
		return func(Signed) bool { return true }, nil
	}
	a, err := b.Register.Agreed(project)
	return func(s Signed) bool {
		return slices.ContainsFunc(a.Standing, func(o register.Step) bool { return o.Statement == s.Text() })
	}, err
}

// Approved returns the approvals under which a project may be used now, as it
// stands: two people's, neither of them who asks. The error wraps ErrNotApproved,
// and says what is missing: approvals, or days on which it may be used.
func (b Board) Approved(p Project, now time.Time) ([]Signed, error) {
	if err := p.runs(now); err != nil {
		return nil, err
	}
	hold, err := b.hold(p, now)
	if err != nil {
		return nil, err
	}
	if len(hold) >= needed {
		return hold, nil
	}
	why, err := b.void(p)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %d of the %d approvals hold that project %s needs%s; have it approved: ohc-marts project approve %s", ErrNotApproved, len(hold), needed, p.Name, why, p.Name)
}

// void says why approvals that there were hold no more.
func (b Board) void(p Project) (why string, err error) {
	var a register.Agreed
	if b.Register != nil {
		if a, err = b.Register.Agreed(p.Name); err != nil {
			return "", err
		}
	}
	if w := a.Withdrawn; w != nil {
		return fmt.Sprintf("; its approval was withdrawn by %s on %s: %s", w.By, w.At.Format(time.DateOnly), w.Why), nil
	}
	have, err := signatures(b.Folder, p.Name)
	other := func(digest string) bool { return digest != p.Digest() }
	if slices.ContainsFunc(have, func(s Signed) bool { return other(s.Statement.Digest) }) || len(a.Standing) > 0 && other(a.Standing[0].Subject) {
		why = "; it was approved before, but says something else now, and that approval is void"
	}
	return why, err
}

// runs refuses a day on which the project, or one of the bodies' approvals it
// rests on, does not hold.
func (p Project) runs(now time.Time) error {
	today := day(now)
	switch {
	case today.Before(p.Start.Time):
		return fmt.Errorf("%w: project %s begins on %s", ErrNotApproved, p.Name, p.Start)
	case !today.Before(p.End.Time):
		return fmt.Errorf("%w: project %s ended on %s; have a new agreement", ErrNotApproved, p.Name, p.End)
	}
	if !today.Before(p.Retention.Until.Time) {
		return fmt.Errorf("%w: by %s all copies of project %s were to be destroyed; have a new agreement", ErrNotApproved, p.Retention.Until, p.Name)
	}
	for _, a := range p.Approvals {
		if today.Before(a.From.Time) || !today.Before(a.Until.Time) {
			return fmt.Errorf("%w: approval %s (%s) does not hold today; have it extended, and the project approved anew", ErrNotApproved, a.Reference, a.Kind)
		}
	}
	return nil
}

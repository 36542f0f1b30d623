package project

import (
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

// Sign makes a person's approval of a project as it stands. It refuses who may
// not approve it: whoever asks, who has approved it already, who has not the role,
// or whose key is not theirs. despite is why it is approved although check found
// something, which is signed with it; nothing that is found later is excused by it.
func Sign(folder string, p Project, all people.People, name string, key sign.Private, despite string, now time.Time, found ...Finding) (Signed, error) {
	who, err := p.approver(all, name)
	switch {
	case err != nil:
		return Signed{}, err
	case who.Key != key.Public():
		return Signed{}, fmt.Errorf("%w: the key is not that of %s in people.yaml; sign with your own", ErrNotApproved, name)
	case len(found) > 0 && strings.TrimSpace(despite) == "":
		return Signed{}, fmt.Errorf("%w: something was found, and no reason is given why it is approved all the same", ErrNotApproved)
	case !p.End.After(day(now)):
		return Signed{}, fmt.Errorf("%w: the project has ended; have a new agreement", ErrNotApproved)
	}
	have, err := signatures(folder, p.Name)
	if err != nil {
		return Signed{}, err
	}
	if slices.ContainsFunc(p.hold(have, all, now), func(s Signed) bool { return s.Statement.By == name }) {
		return Signed{}, fmt.Errorf("%w: %s has approved it as it stands; somebody else is needed", ErrNotApproved, name)
	}
	s := Statement{Project: p.Name, Reference: p.Reference, Digest: p.Digest(), By: name, At: now.UTC().Truncate(time.Second)}
	if len(found) > 0 {
		s.Despite = strings.Join(strings.Fields(despite), " ")
	}
	for _, f := range found {
		s.Found = append(s.Found, f.text())
	}
	return Signed{s, sign.Sign(key, label, s.bytes())}, nil
}

// Keep puts an approval beside the project. Approvals of what the project said
// before it was changed are taken out. Of several people who approve at once, none
// takes out another's; and where the project was changed meanwhile, none is kept. It is
// durable when Keep returns.
func Keep(folder string, p Project, s Signed) (err error) {
	dir, err := locked(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	switch is, err := Load(folder, p.Name); {
	case err != nil:
		return err
	case is.Digest() != s.Statement.Digest:
		return fmt.Errorf("%w: the file was changed while %s approved it; look at it again", ErrNotApproved, s.Statement.By)
	}
	have, err := signatures(folder, p.Name)
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
	return durable.Replace(sealed(folder, p.Name), append(text, '\n'))
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
		return who, fmt.Errorf("%w: nobody in people.yaml is called %s", ErrNotApproved, name)
	case !known:
		return who, fmt.Errorf("%w: nobody in people.yaml is called as the applicant is, so that it cannot be seen who must not approve", ErrNotApproved)
	case who.Key == applicant.Key: // and so by whatever name
		return who, fmt.Errorf("%w: %s has asked for it, and nobody approves what they ask for", ErrNotApproved, name)
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
// people.yaml: one a person.
func (p Project) hold(have []Signed, all people.People, now time.Time) (out []Signed) {
	digest := p.Digest()
	for _, s := range have {
		x := s.Statement
		who, err := p.approver(all, x.By)
		twice := slices.ContainsFunc(out, func(o Signed) bool { return o.Statement.By == x.By || o.Signature.Key == s.Signature.Key })
		if err != nil || twice || x.Digest != digest || x.Project != p.Name || x.Reference != p.Reference || x.At.After(now) || day(x.At).Before(p.Issued.Time) {
			continue
		}
		if sign.Verify(who.Key, label, x.bytes(), s.Signature) == nil {
			out = append(out, s)
		}
	}
	return out
}

// Approved returns the approvals under which a project may be used now, as it
// stands: two people's, neither of them who asks. The error wraps ErrNotApproved,
// and says what is missing: approvals, or days on which it may be used.
func Approved(folder string, p Project, all people.People, now time.Time) ([]Signed, error) {
	if err := p.runs(now); err != nil {
		return nil, err
	}
	have, err := signatures(folder, p.Name)
	if err != nil {
		return nil, err
	}
	hold := p.hold(have, all, now)
	if len(hold) >= needed {
		return hold, nil
	}
	why := ""
	if slices.ContainsFunc(have, func(s Signed) bool { return s.Statement.Digest != p.Digest() }) {
		why = "; it was approved before, but says something else now, and that approval is void"
	}
	return nil, fmt.Errorf("%w: %d of the %d approvals hold that project %s needs%s; have it approved: ohc-marts project approve %s", ErrNotApproved, len(hold), needed, p.Name, why, p.Name)
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
	for _, a := range p.Approvals {
		if today.Before(a.From.Time) || !today.Before(a.Until.Time) {
			return fmt.Errorf("%w: approval %s (%s) does not hold today; have it extended, and the project approved anew", ErrNotApproved, a.Reference, a.Kind)
		}
	}
	return nil
}

package project

import (
	"context"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// Withdraw takes back the approval of a project, whatever its file says by now, or whether
// there is one: no extract is issued from then on, until two people approve it anew. Whoever
// may approve it may do so alone, whether the approval is theirs or not: to stop takes one
// person, to go on takes two. It refuses where no approval stands, and whoever may not
// approve. The register has it when Withdraw returns.
func (b Board) Withdraw(ctx context.Context, project, name string, key sign.Private, why string, now time.Time) error {
	if !named.MatchString(project) {
		return fmt.Errorf("%w: that is no name of one", ErrInvalid)
	}
	a, err := b.Register.Agreed(project)
	if err != nil {
		return err
	}
	if err := b.mayWithdraw(a, name, key); err != nil {
		return err
	}
	why = strings.Join(strings.Fields(why), " ")
	if !prose(why) || !line(why) {
		return fmt.Errorf("%w: no reason is given, or none of at most 300 signs", ErrNotApproved)
	}
	step := register.Step{What: "withdrawn", Kind: "project", Name: project, By: name, At: now, Why: why}
	if len(a.Standing) > 0 {
		step.Subject = a.Standing[0].Subject
	}
	return b.Register.Step(ctx, step.Signed(key))
}

// mayWithdraw refuses who may not approve what stands.
func (b Board) mayWithdraw(a register.Agreed, name string, key sign.Private) error {
	who, ok := b.People.Named(name)
	switch {
	case !ok:
		return fmt.Errorf("%w: nobody in people.yaml has the name that was given; next: give it as it stands there", ErrNotApproved)
	case who.Key != key.Public():
		return fmt.Errorf("%w: the key is not that of %s in people.yaml; sign with your own", ErrNotApproved, name)
	case !who.Has(people.Guardian, people.Custodian):
		return fmt.Errorf("%w: %s is neither guardian nor custodian in people.yaml", ErrNotApproved, name)
	case len(a.Standing) == 0 || a.Said[a.Standing[0].Subject] == "": // of who asked then, nothing is kept
		return nil
	}
	p, err := read(a.Said[a.Standing[0].Subject])
	if err != nil {
		return err
	}
	if applicant, known := b.People.Named(p.Applicant); known && applicant.Key == who.Key {
		return fmt.Errorf("%w: %s has asked for it, and decides nothing of its approval", ErrNotApproved, name)
	}
	return nil
}

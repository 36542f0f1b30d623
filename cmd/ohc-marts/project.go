package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/format"
	"secondaryuse/marts/linkage"
	"secondaryuse/marts/people"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

func projectCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "project", Short: "Approved projects: what they lack, what they say, who approves them", Args: cobra.NoArgs,
		Long: `A project is a file in the folder projects of egress.yaml, projects/NAME.yaml. What it
may say, and what it must, is in README, under "Projects"; check says what it lacks.`,
		Example: "  ohc-marts project check falls\n  ohc-marts project show falls\n  ohc-marts project approve falls --as 'Gwen Guardian' --key gwen.key\n  ohc-marts project withdraw falls --as 'Gwen Guardian' --key gwen.key --why 'they were burgled'",
	}
	path := c.PersistentFlags().String("egress", "egress.yaml", "`file` that says where everything is on the way out")
	c.AddCommand(projectCheckCommand(path), projectShowCommand(path), projectApproveCommand(path), projectWithdrawCommand(path))
	return c
}

func projectCheckCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "check NAME", Short: "What a project lacks, or where it is too wide", Args: cobra.ExactArgs(1),
		Long: `Says in plain words what is missing from a project or too wide, by the contracts of
the current marts, today; and what is otherwise since it was approved, and what of it can
be joined to extracts that were issued before. Exits with 2 where anything is missing or
too wide.`,
		Example: "  ohc-marts project check falls",
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := openProject(*path, args[0])
			if err != nil {
				return err
			}
			found, err := o.check(cmd.Context())
			if err != nil {
				return err
			}
			return errors.Join(o.tell(cmd.OutOrStdout(), found), o.notes(cmd.Context(), cmd.OutOrStdout()))
		},
	}
}

func projectShowCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "What a project says, and whether it is approved", Args: cobra.ExactArgs(1),
		Long: `Says who may have which rows and columns, for what, on what basis, from when to when,
and by which digest approvals know that; and who has approved it.`,
		Example: "  ohc-marts project show falls",
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := openProject(*path, args[0])
			if err != nil {
				return err
			}
			return o.show(cmd.OutOrStdout())
		},
	}
}

func projectApproveCommand(path *string) *cobra.Command {
	var a approval
	c := &cobra.Command{
		Use: "approve NAME --as PERSON --key FILE", Short: "Approve a project as it stands: two people must", Args: cobra.ExactArgs(1),
		Long: `Signs what a project says with your key, if people.yaml has you as a guardian or
custodian. It needs two people, and neither may be the applicant. Whoever changes
afterwards what the file says has no approval any more; comments and blank space
may change. Where check finds something, --despite says why it is approved all the
same, and is part of what is signed. --digest refuses where the file is not that which
show or check had when you looked at it. Where it was approved before, and says something
else now, or was withdrawn, what has changed and what can be joined to extracts of before
is shown, and signed with the approval: look at it, and then approve with --digest.`,
		Example: "  ohc-marts project approve falls --as 'Gwen Guardian' --key ~/.ohc/signing",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.as == "" || a.key == "" {
				return coded{exitUsage, errors.New("--as says who you are in people.yaml, --key where your key is; see ohc-marts project approve --help")}
			}
			o, err := openProject(*path, args[0])
			if err != nil {
				return err
			}
			return o.approve(cmd.Context(), cmd.OutOrStdout(), a)
		},
	}
	c.Flags().StringVar(&a.as, "as", "", "the `name` that people.yaml has for you")
	c.Flags().StringVar(&a.key, "key", "", "`file` with your key")
	c.Flags().StringVar(&a.despite, "despite", "", "the `reason` why it is approved although check found something")
	c.Flags().StringVar(&a.digest, "digest", "", "the `digest` of what you have looked at")
	return c
}

// approval is what somebody wants to sign, and with what.
type approval struct{ as, key, despite, digest string }

// opened is a project with what it is held against.
type opened struct {
	egress.Config
	project.Project
	board project.Board
	now   time.Time
}

func openProject(path, name string) (o opened, err error) {
	o.now = time.Now()
	if o.Config, err = loadEgress(path); err != nil {
		return o, err
	}
	if o.board, err = openBoard(o.Config); err != nil {
		return o, err
	}
	o.Project, err = project.Load(o.Projects, name)
	return o, err
}

// openBoard opens where approvals are kept. A register that is not there yet holds none.
func openBoard(c egress.Config) (b project.Board, err error) {
	b.Folder = c.Projects
	if b.People, err = people.Load(c.People); err == nil {
		b.Register, err = register.Open(c.Register)
	}
	if errors.Is(err, fs.ErrNotExist) && b.People != nil {
		return b, nil
	}
	if err != nil {
		return b, coded{exitConfig, err}
	}
	return b, nil
}

// asked is the newest marts, with their contracts.
func (o opened) asked() (folder string, m snapshot.Manifest, marts []catalogue.Mart, err error) {
	if folder, m, err = current(o.Marts); err == nil {
		marts, err = contracts(folder, m)
	}
	return folder, m, marts, err
}

// check holds the project against the current marts.
func (o opened) check(ctx context.Context) ([]project.Finding, error) {
	folder, m, marts, err := o.asked()
	if err != nil {
		return nil, err
	}
	asOf, err := time.Parse(time.DateOnly, m.AsOf)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	known := func(name string) bool { _, ok := o.board.People.Named(name); return ok }
	found := project.Check(o.Project, project.Against{Marts: marts, MadeFor: m.Purpose, AsOf: asOf, Now: o.now, Known: known})
	r, err := reader.Open(ctx, folder, reader.Limits{})
	if err != nil {
		return nil, err
	}
	more, err := o.CheckCohort(ctx, r)
	return append(found, more...), errors.Join(err, r.Close())
}

// tell writes what was found; that there is anything is an error.
func (o opened) tell(w io.Writer, found []project.Finding) error {
	if o.Linkage != nil {
		fmt.Fprintln(w, linkage.Warning)
	}
	if len(found) == 0 {
		_, err := fmt.Fprintf(w, "project %s: nothing is missing, and nothing too wide\ndigest %s\n", o.Name, o.Digest())
		return err
	}
	var rows given
	for _, f := range found {
		rows = append(rows, []any{f.Line, f.Field, f.What, f.Next})
	}
	columns := []format.Column{{Name: "line", Type: "BIGINT"}, {Name: "field", Type: "VARCHAR"}, {Name: "what", Type: "VARCHAR"}, {Name: "next", Type: "VARCHAR"}}
	if err := format.Table(w, columns, rows, 0); err != nil {
		return err
	}
	return coded{exitCheck, fmt.Errorf("project %s: %d findings; put them right, and check again", o.Name, len(found))}
}

// notes says what is as it should be, and must be known all the same.
func (o opened) notes(ctx context.Context, w io.Writer) error {
	_, _, marts, err := o.asked()
	if err != nil {
		return err
	}
	before, err := o.before(ctx)
	for _, line := range append(o.Days(marts), before.Lines()...) {
		fmt.Fprintln(w, "note:", line)
	}
	return err
}

func (o opened) show(w io.Writer) error {
	var rows given
	for _, f := range o.Facts() {
		rows = append(rows, []any{f[0], f[1]})
	}
	rows = append(rows, []any{"state", o.state()})
	if err := format.Table(w, []format.Column{{Name: "what", Type: "VARCHAR"}, {Name: "how", Type: "VARCHAR"}}, rows, 0); err != nil {
		return err
	}
	rows = nil
	for _, t := range o.Tables {
		rows = append(rows, []any{t.Mart, nil, t.Rows(), t.Why})
		for _, c := range t.Columns {
			rows = append(rows, []any{t.Mart, c.Name, c.Level(), c.Why})
		}
	}
	fmt.Fprintln(w)
	return format.Table(w, []format.Column{{Name: "mart"}, {Name: "column"}, {Name: "days, or level"}, {Name: "why"}}, rows, 0)
}

// state is how the project stands. Where there is no register, nobody has approved it.
func (o opened) state() string {
	if o.board.Register == nil {
		return "not approved: there is no register in " + o.Register
	}
	return o.board.State(o.Project, o.now)
}

// approve signs, has the register say so, and keeps the signature beside the
// project, in this order: what is kept was registered. That it was refused, and why,
// the register has as well.
func (o opened) approve(ctx context.Context, w io.Writer, a approval) error {
	r, err := register.Open(o.Register)
	if err != nil {
		return coded{exitConfig, err}
	}
	s, err := o.sign(ctx, w, a)
	if errors.Is(err, project.ErrNotApproved) {
		return errors.Join(coded{exitCheck, err}, refusal(ctx, r, o.Name, o.Digest(), a.as, err))
	}
	if err != nil {
		return err
	}
	if err := o.board.Enter(ctx, o.Project, s); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "project %s, digest %s: %s\n", o.Name, o.Digest(), o.board.State(o.Project, o.now))
	return err
}

// sign makes the approval, where the project has no findings or a reason despite them.
func (o opened) sign(ctx context.Context, w io.Writer, a approval) (project.Signed, error) {
	found, err := o.check(ctx)
	if err != nil {
		return project.Signed{}, err
	}
	if len(found) > 0 && a.despite == "" {
		return project.Signed{}, errors.Join(o.tell(w, found), errors.New("it is approved all the same with --despite and the reason"))
	}
	key, err := sign.Open(a.key)
	if err != nil {
		return project.Signed{}, coded{exitConfig, err}
	}
	before, err := o.before(ctx)
	if err != nil {
		return project.Signed{}, err
	}
	for _, line := range before.Lines() {
		fmt.Fprintln(w, line)
	}
	s, err := o.board.Sign(ctx, o.Project, a.as, key, a.despite, o.now, found...)
	if err != nil {
		return s, err
	}
	return s, o.looked(before, a.digest)
}

// before is what was approved and issued before, by a register that nobody has changed.
func (o opened) before(ctx context.Context) (project.Before, error) {
	if o.board.Register == nil {
		return project.Before{}, nil
	}
	heads, err := register.Elsewhere(o.Outbox, o.Marts)
	if err == nil {
		err = o.board.Register.Whole(ctx, heads...)
	}
	if err != nil {
		return project.Before{}, coded{exitCheck, err}
	}
	return o.board.Before(o.Project)
}

// looked holds that whoever approves has looked at what the file says now; where it was
// approved before, at what has changed as well. What they have signed is kept nowhere
// until then.
func (o opened) looked(before project.Before, digest string) error {
	switch {
	case digest == "" && (before.Digest != "" || before.Withdrawn != ""):
		return coded{exitCheck, fmt.Errorf("project %s was approved before: look at the lines above, which are signed with the approval, and then approve with --digest %s", o.Name, o.Digest())}
	case digest != "" && digest != o.Digest():
		return fmt.Errorf("%w: the file is not what --digest names: it says something else now; look at it again", project.ErrNotApproved)
	}
	return nil
}

// refusal has the register keep that somebody wanted to decide of a project and may not,
// by who runs this, in whose name they wanted to.
func refusal(ctx context.Context, r *register.Register, name, digest, as string, why error) error {
	text := strings.Join(strings.Fields("as "+as+": "+why.Error()), " ")
	return r.Step(ctx, register.Step{What: "refused", Kind: "project", Name: name, By: usage.Caller(), At: time.Now(), Why: text, Subject: digest})
}

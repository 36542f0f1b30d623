package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/format"
	"secondaryuse/marts/linkage"
	"secondaryuse/marts/people"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

func projectCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "project", Short: "Approved projects: what they lack, what they say, who approves them", Args: cobra.NoArgs,
		Long: `A project is a file in the folder projects of egress.yaml, projects/NAME.yaml. What it
may say, and what it must, is in README, under "Projects"; check says what it lacks.`,
		Example: "  ohc-marts project check falls\n  ohc-marts project show falls\n  ohc-marts project approve falls --as 'Gwen Guardian' --key gwen.key",
	}
	path := c.PersistentFlags().String("egress", "egress.yaml", "`file` that says where everything is on the way out")
	c.AddCommand(projectCheckCommand(path), projectShowCommand(path), projectApproveCommand(path))
	return c
}

func projectCheckCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "check NAME", Short: "What a project lacks, or where it is too wide", Args: cobra.ExactArgs(1),
		Long: `Says in plain words what is missing from a project or too wide, by the contracts of
the current marts, today. Exits with 2 where there is anything.`,
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
			return o.tell(cmd.OutOrStdout(), found)
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
show or check had when you looked at it.`,
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
	people people.People
	now    time.Time
}

func openProject(path, name string) (o opened, err error) {
	o.now = time.Now()
	if o.Config, err = loadEgress(path); err != nil {
		return o, err
	}
	if o.people, err = people.Load(o.People); err != nil {
		return o, coded{exitConfig, err}
	}
	o.Project, err = project.Load(o.Projects, name)
	return o, err
}

// check holds the project against the current marts.
func (o opened) check(ctx context.Context) ([]project.Finding, error) {
	folder, m, err := current(o.Marts)
	if err != nil {
		return nil, err
	}
	marts, err := contracts(folder, m)
	if err != nil {
		return nil, err
	}
	asOf, err := time.Parse(time.DateOnly, m.AsOf)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	known := func(name string) bool { _, ok := o.people.Named(name); return ok }
	found := project.Check(o.Project, project.Against{Marts: marts, MadeFor: m.Purpose, AsOf: asOf, Now: o.now, Known: known})
	r, err := reader.Open(ctx, folder, reader.Limits{})
	if err != nil {
		return nil, err
	}
	more, err := project.CheckCohort(ctx, o.Project, r)
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

func (o opened) show(w io.Writer) error {
	var rows given
	for _, f := range o.Facts() {
		rows = append(rows, []any{f[0], f[1]})
	}
	rows = append(rows, []any{"state", project.State(o.Projects, o.Project, o.people, o.now)})
	if err := format.Table(w, []format.Column{{Name: "what", Type: "VARCHAR"}, {Name: "how", Type: "VARCHAR"}}, rows, 0); err != nil {
		return err
	}
	rows = nil
	for _, t := range o.Tables {
		rows = append(rows, []any{t.Mart, nil, days(t), t.Why})
		for _, c := range t.Columns {
			rows = append(rows, []any{t.Mart, c.Name, cmp.Or(c.Coarsen, "as-is"), c.Why})
		}
	}
	fmt.Fprintln(w)
	return format.Table(w, []format.Column{{Name: "mart"}, {Name: "column"}, {Name: "days, or level"}, {Name: "why"}}, rows, 0)
}

// days says by which column a table is cut to the period.
func days(t project.Table) string {
	if t.Date == "" {
		return "every row"
	}
	return "days by " + t.Date
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
		return errors.Join(coded{exitCheck, err}, refusal(ctx, r, o, a.as, err))
	}
	if err != nil {
		return err
	}
	step := register.Step{What: "approved", Kind: "project", Name: o.Name, By: a.as, At: s.Statement.At, Why: s.Statement.Despite, Subject: s.Statement.Digest, Statement: s.Text(), Signature: &s.Signature}
	if err := r.Step(ctx, step); err != nil {
		return err
	}
	if err := project.Keep(o.Projects, o.Project, s); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "project %s, digest %s: %s\n", o.Name, o.Digest(), project.State(o.Projects, o.Project, o.people, o.now))
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
	if a.digest != "" && a.digest != o.Digest() {
		return project.Signed{}, fmt.Errorf("%w: the file is not what --digest names: it says something else now; look at it again", project.ErrNotApproved)
	}
	return project.Sign(o.Projects, o.Project, o.people, a.as, key, a.despite, o.now, found...)
}

// refusal has the register keep that somebody wanted to approve a project and may not,
// by who runs this, in whose name they wanted to.
func refusal(ctx context.Context, r *register.Register, o opened, as string, why error) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	text := strings.Join(strings.Fields("as "+as+": "+why.Error()), " ")
	return r.Step(ctx, register.Step{What: "refused", Kind: "project", Name: o.Name, By: me.Username, At: o.now, Why: text, Subject: o.Digest()})
}

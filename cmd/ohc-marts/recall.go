package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/egress"
	"secondaryuse/marts/register"
)

// recalled is what a letter about one issue says.
type recalled struct {
	told
	Withdrawn string `json:"withdrawn"`         // how many of those who have withdrawn are in it, rounded
	Destroy   string `json:"destroy,omitempty"` // what must be destroyed
	Until     string `json:"until,omitempty"`   // the last day for it
}

type recallOptions struct {
	absent, key, why string
	json             bool
}

func recallCommand() *cobra.Command {
	var o recallOptions
	c := &cobra.Command{
		Use: "recall", Short: "Which extracts hold people who have since withdrawn, and what to write to whom", Args: cobra.NoArgs,
		Long: `Looks for people, as ohc-pipeline digests has written them, in everything that was
issued, and lists each extract that holds one, with the facts for a letter: project,
recipients, dates, what must be destroyed and by when. Releases that count them are
listed, too: they hold no records, and nothing of them is destroyed. How many there are
is rounded; a small number is not told.

That a national data opt-out reaches back to what was issued before is not a rule of the
opt-out's (it is applied again at every onward disclosure); who withdraws a consent, or
objects, may expect it. Whether to write the letters is for the Caldicott Guardian.

With --key and --why the register keeps that each of these extracts was recalled, by a
guardian or a custodian, who signs it.`,
		Example: `  ohc-pipeline digests --withdrawn --since 2026-10-01 --out withdrawn.digests
  ohc-marts recall --absent-digests withdrawn.digests
  ohc-marts recall --absent-digests withdrawn.digests --key gwen.key --why "objections of October"`,
	}
	path := egressFlag(c)
	f := c.Flags()
	f.StringVar(&o.absent, "absent-digests", "", "`file` of ohc-pipeline digests: who has withdrawn")
	f.BoolVar(&o.json, "json", false, "write JSON")
	f.StringVar(&o.key, "key", "", "private key `file` of who recalls them: have the register keep it")
	f.StringVar(&o.why, "why", "", "the `reason`, for the register")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case o.absent == "":
			return coded{exitUsage, errors.New("name the file of who has withdrawn with --absent-digests")}
		case (o.key == "") != (o.why == ""):
			return coded{exitUsage, errors.New("--key and --why go together")}
		}
		return o.run(cmd, *path)
	}
	return c
}

func (o recallOptions) run(cmd *cobra.Command, path string) error {
	sought, err := readSought(o.absent)
	if err != nil {
		return err
	}
	conf, err := loadEgress(path)
	if err != nil {
		return err
	}
	all, r, err := standings(cmd, path)
	if err != nil {
		return err
	}
	t, err := newTeller()
	if err != nil {
		return err
	}
	out, unknown := []recalled{}, []error{}
	for _, s := range all {
		n, err := r.Holds(s.Issue, sought)
		if err != nil {
			return err
		}
		if s.Is("destroyed") {
			continue
		}
		if unknown = append(unknown, known(s, sought)); n > 0 {
			out = append(out, t.letter(s, n, time.Duration(conf.Recall.Within)))
		}
	}
	if err := o.tell(cmd.OutOrStdout(), out, sought); err != nil {
		return err
	}
	return errors.Join(append(unknown, o.keep(cmd.Context(), conf, r, out))...)
}

// keep has the register keep what was recalled, where a key was named.
func (o recallOptions) keep(ctx context.Context, conf egress.Config, r *register.Register, out []recalled) error {
	if o.key == "" {
		return nil
	}
	who, err := inCharge(conf, o.key)
	if err != nil {
		return err
	}
	for _, l := range out {
		if l.Kind == "extract" {
			err = errors.Join(err, who.step(ctx, r, register.Step{What: "recalled", Kind: l.Kind, Name: l.Name, At: time.Now(), Why: o.why}))
		}
	}
	return err
}

// known returns an error where it cannot be told who of the sought is in an issue.
func known(s register.Standing, sought register.Sought) error {
	if sought.Knows(s.Issue) {
		return nil
	}
	return coded{exitCheck, fmt.Errorf("%s %s is of the domain %s, for which the file has no digests: who is in it cannot be told; next: make the file where the key of that domain is; if that is destroyed, write to all who have it", s.Kind, s.Name, s.Domain)}
}

// letter is what to write about an issue that holds people who have withdrawn.
func (t teller) letter(s register.Standing, n int64, within time.Duration) recalled {
	l := recalled{told: t.tell(s), Withdrawn: t.rounded(n)}
	if s.Kind != "extract" {
		return l
	}
	l.Destroy = "every copy of the files below, of what was unpacked from them and of what was made of them that still has a row for a person, in backups as well"
	l.Until = day(t.now.Add(within))
	return l
}

func (o recallOptions) tell(w io.Writer, out []recalled, sought register.Sought) error {
	if o.json {
		return writeJSON(w, out)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "asked about those of the file of %s; some of them are in %d of what was issued\n", sought.Made.Format(time.DateTime), len(out))
	for _, l := range out {
		l.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (l recalled) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%d: %s %s\n", l.Number, l.Kind, l.Name)
	for _, f := range [][2]string{
		{"project", l.Project}, {"reference", l.Reference}, {"title", l.Title}, {"purpose", l.Purpose}, {"what for", l.Objective}, {"controller", l.Controller},
		{"recipients", strings.Join(l.Recipients, "; ")}, {"issued", l.Issued + " by " + l.By}, {"approved", strings.Join(l.Approved, "; ")},
		{"ends", l.Ends}, {"may be held until", l.Retain}, {"state", l.State}, {"persons", l.Persons}, {"withdrawn", l.Withdrawn},
		{"destroy", l.Destroy}, {"by", l.Until}, {"files", strings.Join(l.Files, "\n                   ")},
	} {
		if f[1] != "" {
			fmt.Fprintf(b, "  %-16s %s\n", f[0], f[1])
		}
	}
	if l.Kind == "release" {
		b.WriteString("  a release holds no records: nothing of it is destroyed\n")
	}
}

func readSought(path string) (register.Sought, error) {
	f, err := os.Open(path)
	if err != nil {
		return register.Sought{}, coded{exitUsage, err}
	}
	defer f.Close()
	s, err := register.ReadSought(path, f)
	if err != nil {
		return s, coded{exitUsage, err}
	}
	return s, nil
}

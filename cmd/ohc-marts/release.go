package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"secondaryuse/marts/desk"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/egress"
)

// caller is who calls a command of the way out, and how much memory what it computes
// may take.
type caller struct {
	egress    *string
	name, key string
	memory    string
}

func callerFlags(c *cobra.Command, a *caller) {
	a.egress = egressFlag(c)
	f := c.Flags()
	f.StringVar(&a.name, "as", "", "your `name`, as people.yaml has it")
	f.StringVar(&a.key, "key", "", "the `file` with your private key")
	memoryFlag(f, &a.memory, "how much memory a question may take")
}

// asCaller is callerFlags for a command that is always somebody's.
func asCaller(c *cobra.Command, a *caller) {
	callerFlags(c, a)
	for _, name := range []string{"as", "key"} {
		_ = c.MarkFlagRequired(name) // callerFlags has defined it
	}
}

// desk opens the desk, and holds that the caller is who they say.
func (a caller) desk() (*desk.Desk, desk.Actor, egress.Config, error) {
	d, c, err := openDesk(*a.egress, a.memory)
	if err != nil {
		return nil, desk.Actor{}, c, err
	}
	who, err := d.As(a.name, a.key)
	return d, who, c, err
}

func openDesk(path, memory string) (*desk.Desk, egress.Config, error) {
	c, err := loadEgress(path)
	if err != nil {
		return nil, c, err
	}
	d, err := desk.Open(c, desk.Means{Key: func() (domain.Key, error) { return openKey(c, "register") }, Memory: memory})
	if err != nil {
		return nil, c, coded{exitConfig, err}
	}
	return d, c, nil
}

// wanted is what a call of release asks for.
type wanted struct {
	caller
	desk.Asked
	submit, withdraw, reason string
	rows                     int
}

func releaseCommand() *cobra.Command {
	var w wanted
	c := &cobra.Command{
		Use: "release [QUERY.sql]", Short: "Ask to have a table released", Args: cobra.MaximumNArgs(1),
		Long: `Asks that an aggregate may leave. QUERY.sql says in a comment header what is counted,
over a SELECT of rows about persons: this command does the counting itself, hides what
is too small, and shows you the table as it would leave.

Two reviewers then look at it, independently of each other and of you, while its snapshot
is kept: their programs compute it again. When both have approved, the table is put into
the outbox with a record of every rule that was applied. Nothing leaves before. If you
change the question, that is a new request.

A table that cannot leave under any circumstances is refused at once (exit code 2), with
what to ask for instead; that you have asked is written down.

  -- release: falls-by-age
  -- what: Emergency admissions after a fall, by age band
  -- purpose: planning
  -- dimensions:
  --   age_band: five-year age band
  -- measures:
  --   admitted persons of fell: who was admitted after a fall
  --   population persons: all persons registered
  -- totals: no
  SELECT person_id, age_band, fell FROM ...`,
		Example: `  ohc-marts release falls.sql --purpose planning --context "falls board, January" \
    --as "Ada Asker" --key ada.key
  ohc-marts release falls.sql --purpose planning --draft --as Ada --key ada.key   # look first
  ohc-marts release --submit ID --as "Ada Asker" --key ada.key
  ohc-marts release --withdraw ID --reason "asked too finely" --as "Ada Asker" --key ada.key`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.run(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
	asCaller(c, &w.caller)
	w.flags(c.Flags())
	return c
}

func (w *wanted) flags(f *pflag.FlagSet) {
	f.StringVar(&w.Purpose, "purpose", "", "the `purpose` that the snapshot was published for, as the question's header says it")
	f.StringVar(&w.Profile, "profile", "", "`name` of the rules of disclosure control, instead of those that egress.yaml names; reviewers are told")
	f.StringVar(&w.Context, "context", "", "what the table is for, in your `words`: reviewers judge it by that")
	f.StringVar(&w.Instead, "instead", "", "the `ID` of your request that was returned or withdrawn, and that this takes the place of")
	f.BoolVar(&w.Parquet, "parquet", false, "have it as Parquet as well as CSV")
	f.BoolVar(&w.Draft, "draft", false, "do not ask anybody yet: show what would leave")
	f.StringVar(&w.submit, "submit", "", "have the draft of this `ID` reviewed")
	f.StringVar(&w.withdraw, "withdraw", "", "take back the request of this `ID`")
	f.StringVar(&w.reason, "reason", "", "`why` it is withdrawn")
	f.IntVar(&w.rows, "rows", 40, "show at most this many rows of the table; 0 for all")
}

// check refuses what does not go together.
func (w wanted) check(args []string) error {
	ways := 0
	for _, is := range []bool{len(args) == 1, w.submit != "", w.withdraw != ""} {
		if is {
			ways++
		}
	}
	switch {
	case ways != 1:
		return errors.New("give a QUERY.sql, --submit ID or --withdraw ID, and one of them alone")
	case len(args) == 1 && w.Purpose == "":
		return errors.New("say what the table is for with --purpose")
	case len(args) == 0 && (w.Purpose != "" || w.Profile != "" || w.Context != "" || w.Instead != "" || w.Parquet || w.Draft):
		return errors.New("--submit and --withdraw are of a request that was made: what it asks for cannot be changed any more")
	case w.reason != "" && w.withdraw == "":
		return errors.New("--reason goes with --withdraw")
	}
	return nil
}

func (w wanted) run(ctx context.Context, out io.Writer, args []string) error {
	if err := w.check(args); err != nil {
		return coded{exitUsage, err}
	}
	d, who, c, err := w.desk()
	if err != nil {
		return err
	}
	id := w.submit
	switch {
	case w.withdraw != "":
		return d.Withdraw(ctx, who, w.withdraw, w.reason)
	case w.submit != "":
		err = d.Submit(ctx, who, w.submit)
	default:
		id, err = w.ask(ctx, d, who, c, args[0])
	}
	if err != nil {
		return err
	}
	v, err := d.Own(ctx, who, id)
	if err != nil {
		return err
	}
	return v.Answer(out, w.rows)
}

// ask puts the question of a file to the newest snapshot.
func (w wanted) ask(ctx context.Context, d *desk.Desk, who desk.Actor, c egress.Config, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", coded{exitUsage, err}
	}
	folder, _, err := current(c.Marts)
	if err != nil {
		return "", err
	}
	w.Text = string(text)
	id, err := d.Ask(ctx, who, w.Asked, folder)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return id, err
}

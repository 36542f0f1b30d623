package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"secondaryuse/marts/desk"
	"secondaryuse/marts/format"
)

// listed is what a call of releases does.
type listed struct {
	caller
	json                   bool
	recall, accept, reason string
}

func releasesCommand() *cobra.Command {
	var l listed
	c := &cobra.Command{
		Use: "releases", Short: "What was asked to be released, and what became of it", Args: cobra.NoArgs,
		Long: `Lists every request with its state: PENDING (a draft), SUBMITTED, PARTIALLY_REVIEWED (one
has voted), REVIEWED, APPROVED, RELEASED (it is in the outbox), RETURNED, REJECTED,
WITHDRAWN. Why it stands so is told once both have voted.

--recall ID says of a released table, with your --reason, that nobody is to use it any
more, and takes it out of the outbox where it still lies there; its author, a reviewer, a
custodian or a guardian may. Who has it already must be written to.

--accept ID is for what an earlier program has released: it kept whom the figures count
without the register's key, so that nobody can tell whether somebody has changed that
since. A custodian or a guardian who knows of nothing against it says so with --reason,
signs it, and new requests are compared with it again. Where it shows sums or means of which
was not kept what each person gave to them, none of these persons is in another one.`,
		Example: `  ohc-marts releases
  ohc-marts releases --json
  ohc-marts releases --recall ID --reason "counts the dead" --as Rob --key rob.key
  ohc-marts releases --accept ID --reason "as in the copy of May" --as Gwen --key gwen.key`,
		RunE: func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	callerFlags(c, &l.caller)
	f := c.Flags()
	f.BoolVar(&l.json, "json", false, "as JSON")
	f.StringVar(&l.recall, "recall", "", "the `ID` of a released table that nobody is to use any more")
	f.StringVar(&l.accept, "accept", "", "the `ID` of what an earlier program has released, to be compared with again")
	f.StringVar(&l.reason, "reason", "", "`why` it is recalled, or by what you know that it can be accepted")
	c.MarkFlagsMutuallyExclusive("json", "recall", "accept")
	return c
}

func (l listed) check() error {
	acts := l.recall != "" || l.accept != ""
	switch {
	case acts && (l.name == "" || l.key == "" || l.reason == ""):
		return errors.New("--recall and --accept go with --reason, --as and --key")
	case !acts && (l.name != "" || l.key != "" || l.reason != ""):
		return errors.New("--reason, --as and --key go with --recall or --accept")
	}
	return nil
}

func (l listed) run(ctx context.Context, out io.Writer) error {
	if err := l.check(); err != nil {
		return coded{exitUsage, err}
	}
	if l.recall != "" || l.accept != "" {
		return l.act(ctx, out)
	}
	d, _, err := openDesk(*l.egress, l.memory)
	if err != nil {
		return err
	}
	lines, err := d.List()
	if err != nil {
		return err
	}
	if l.json {
		return json.NewEncoder(out).Encode(append([]desk.Line{}, lines...))
	}
	return tellLines(out, lines, "nothing was asked yet\n")
}

// act does what somebody answers for.
func (l listed) act(ctx context.Context, out io.Writer) error {
	d, who, _, err := l.desk()
	if err != nil {
		return err
	}
	said := "The register has that you recall it, and it is not in the outbox any more. Next: write to whoever has it.\n"
	if l.recall != "" {
		err = d.Recall(ctx, who, l.recall, l.reason)
	} else {
		said, err = "The register has that you answer for it. New requests are compared with it.\n", d.Accept(ctx, who, l.accept, l.reason)
	}
	if err == nil {
		_, err = io.WriteString(out, said)
	}
	return err
}

// tellLines writes a list of requests.
func tellLines(out io.Writer, lines []desk.Line, none string) error {
	if len(lines) == 0 {
		_, err := io.WriteString(out, none)
		return err
	}
	var rows given
	for _, l := range lines {
		rows = append(rows, []any{l.ID, string(l.State), l.Name, l.Author, l.Asked, strconv.Itoa(l.Votes), l.Changed, l.Why})
	}
	var columns []format.Column
	for _, name := range []string{"id", "state", "name", "asked by", "asked", "votes", "since", "why"} {
		columns = append(columns, format.Column{Name: name, Type: "VARCHAR"})
	}
	return format.Table(out, columns, rows, 0)
}

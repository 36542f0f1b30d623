package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"secondaryuse/marts/desk"
	"secondaryuse/marts/format"
)

// judged is what a call of review does.
type judged struct {
	caller
	approve, reject, back bool
	reason                string
	rows                  int
}

func reviewCommand() *cobra.Command {
	var j judged
	c := &cobra.Command{
		Use: "review [ID]", Short: "Look at a request for release, and vote on it", Args: cobra.MaximumNArgs(1),
		Long: `Without ID: lists the requests that wait for you. With ID: shows you the request, what
was found in it, a summary of the true figures, and every figure as it would leave beside
the true one. What you see there is not for release: close the window when you are done.

Then vote, having read it: --approve; --return, which sends it back to its author with
your --reason; or --reject, which says that nothing like it should leave. You vote on
exactly what you were shown: if anything of it changes, your vote is void. You do not see
the other reviewer's vote, nor they yours, until both are in; of the two the stricter
holds. Nobody reviews what they have asked for.

With the second approval the table is put into the outbox.`,
		Example: `  ohc-marts review --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --approve --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --return --reason "bands of ten years" --as "Rob Reviewer" --key rob.key`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return j.run(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
	callerFlags(c, &j.caller)
	f := c.Flags()
	f.BoolVar(&j.approve, "approve", false, "it may leave as it is")
	f.BoolVar(&j.back, "return", false, "its author is to ask otherwise")
	f.BoolVar(&j.reject, "reject", false, "nothing of it is to leave")
	f.StringVar(&j.reason, "reason", "", "`why` it is returned or rejected; its author reads it when both have voted")
	f.IntVar(&j.rows, "rows", 0, "show at most this many `rows` of the table; 0 for all")
	c.MarkFlagsMutuallyExclusive("approve", "return", "reject")
	return c
}

// decision is the vote; empty where there is none.
func (j judged) decision() desk.Decision {
	switch {
	case j.approve:
		return desk.Approve
	case j.back:
		return desk.Return
	case j.reject:
		return desk.Reject
	}
	return ""
}

func (j judged) check(args []string) error {
	vote := j.decision()
	switch {
	case vote != "" && len(args) == 0:
		return errors.New("say which request you vote on")
	case j.reason != "" && (vote == "" || vote == desk.Approve):
		return errors.New("--reason goes with --return or --reject: an approval is of what was asked, as it is")
	}
	return nil
}

func (j judged) run(ctx context.Context, out io.Writer, args []string) error {
	if err := j.check(args); err != nil {
		return coded{exitUsage, err}
	}
	d, who, c, err := j.desk()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		lines, err := d.Waiting(ctx, who)
		if err != nil {
			return err
		}
		return tellLines(out, lines, "nothing waits for you\n")
	}
	if vote := j.decision(); vote != "" {
		state, err := d.Vote(ctx, who, args[0], vote, j.reason)
		if err != nil {
			return err
		}
		said := fmt.Sprintf("Your vote is signed and kept. The request is %s.\n", state)
		if state == desk.Released {
			said += "The table is in " + filepath.Join(c.Outbox, args[0]) + "\n"
		}
		_, err = io.WriteString(out, said)
		return err
	}
	v, err := d.Look(ctx, who, args[0])
	if err != nil {
		return err
	}
	return v.Write(out, j.rows)
}

func releasesCommand() *cobra.Command {
	var conf *string
	var asJSON bool
	c := &cobra.Command{
		Use: "releases", Short: "What was asked to be released, and what became of it", Args: cobra.NoArgs,
		Long: `Lists every request with its state: PENDING (a draft), SUBMITTED, PARTIALLY_REVIEWED (one
has voted), REVIEWED, APPROVED, RELEASED (it is in the outbox), RETURNED, REJECTED,
WITHDRAWN. Why it stands so is told once both have voted.`,
		Example: "  ohc-marts releases\n  ohc-marts releases --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, _, err := openDesk(*conf)
			if err != nil {
				return err
			}
			lines, err := d.List()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(append([]desk.Line{}, lines...))
			}
			return tellLines(cmd.OutOrStdout(), lines, "nothing was asked yet\n")
		},
	}
	conf = egressFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
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

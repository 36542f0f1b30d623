package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"secondaryuse/marts/desk"
)

// judged is what a call of review does.
type judged struct {
	caller
	approve, reject, back bool
	withdraw              bool
	reason                string
	rows                  int
}

func reviewCommand() *cobra.Command {
	var j judged
	c := &cobra.Command{
		Use: "review [ID]", Short: "Look at a request for release, and vote on it", Args: cobra.MaximumNArgs(1),
		Long: `Without ID: lists the requests that wait for you. With ID: computes all of the request
again, from the signed snapshot and its question, and shows you, where that is the same to
the byte, what was found in it, a summary of the true figures, and every figure as it would
leave beside the true one; where it is not, or the snapshot is not kept any more, the
request goes back to its author and you are told why. What you see there is not for
release: close the window when you are done.

Then vote, having read it: --approve; --return, which sends it back to its author with
your --reason; or --reject, which says that nothing like it should leave. You vote on
exactly what you were shown: if anything of it changes, your vote is void. You do not see
the other reviewer's vote, nor they yours, until both are in; of the two the stricter
holds. Nobody reviews what they have asked for.

With the second approval the table is computed once more and put into the outbox. Until
then --withdraw takes your vote back, with your --reason; you may look again, and vote
again. After that: ohc-marts releases --recall.`,
		Example: `  ohc-marts review --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --approve --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --return --reason "bands of ten years" --as "Rob Reviewer" --key rob.key
  ohc-marts review ID --withdraw --reason "counts the dead" --as Rob --key rob.key`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return j.run(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
	asCaller(c, &j.caller)
	f := c.Flags()
	f.BoolVar(&j.approve, "approve", false, "it may leave as it is")
	f.BoolVar(&j.back, "return", false, "its author is to ask otherwise")
	f.BoolVar(&j.reject, "reject", false, "nothing of it is to leave")
	f.BoolVar(&j.withdraw, "withdraw", false, "take back your vote, which you may until the table is issued")
	f.StringVar(&j.reason, "reason", "", "`why` it is returned or rejected, or your vote taken back; its author reads the first when both have voted")
	f.IntVar(&j.rows, "rows", 0, "show at most this many `rows` of the table; 0 for all")
	c.MarkFlagsMutuallyExclusive("approve", "return", "reject", "withdraw")
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
	case (vote != "" || j.withdraw) && len(args) == 0:
		return errors.New("say which request you vote on")
	case j.withdraw && j.reason == "":
		return errors.New("say with --reason why you take your vote back")
	case j.reason != "" && !j.withdraw && (vote == "" || vote == desk.Approve):
		return errors.New("--reason goes with --return, --reject or --withdraw: an approval is of what was asked, as it is")
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
	if j.withdraw {
		if err := d.TakeBack(ctx, who, args[0], j.reason); err != nil {
			return err
		}
		_, err = io.WriteString(out, "Your vote is taken back. The request waits for one again: yours, after you have looked again, or another reviewer's.\n")
		return err
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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate/optout/exchange"
)

func optOutCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "optout", Short: "Exchange with the national data opt-out service: who may be used",
		Long: `Ask the service that checks national data opt-outs, over MESH, about everybody in
the feeds, and collect what it answers: the list that the opt-out gate stands on.
The job optout of the schedules does what is due of it; these commands do it by hand.

Nothing here waits for the service, and nothing prints a number of a person or a
count of persons that is exact.`,
		Example: "  ohc-pipeline optout status\n  ohc-pipeline optout request\n  ohc-pipeline optout collect",
	}
	c.AddCommand(optOutRequestCommand(), optOutCollectCommand(), optOutStatusCommand())
	return c
}

func optOutRequestCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "request", Short: "Ask the service about everybody in the feeds", Args: cobra.NoArgs,
		Long: `Send the service the NHS numbers of everybody in the feeds, each once, in files
whose names and local ids no other ever has, and look for answers once. Where a
request is on its way already, what is left of it is sent and no other is made.

--number N is for when the service says that a file is out of order, or when the
folder work/optout was lost: files are numbered from N on, for the rest of the month.`,
		Example: "  ohc-pipeline optout request\n  ohc-pipeline optout request --number 12",
	}
	path := configFlag(c)
	number := c.Flags().Int("number", 0, "the `number` of the next file, in the month; when absent, the next after the last that was sent")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		given := cmd.Flags().Changed("number")
		return byHand(cmd, *path, func(ctx context.Context, x *exchange.Exchange, who exchange.Numbers) error {
			if given {
				if err := x.Number(*number); err != nil {
					return coded{exitUsage, fmt.Errorf("--number: %w", err)}
				}
			}
			return x.Request(ctx, who)
		})
	}
	return leaving(c, path)
}

func optOutCollectCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "collect", Short: "Collect what the service has answered", Args: cobra.NoArgs,
		Long: `Collect what lies in the inbox about a request: what the service made of it, and
the numbers that may be used. An answer is held to the file that it answers, and
acknowledged once it is safe. When all are there they become the list in use.

Exit code 3 when an answer, or the service, refuses: the request has ended then.`,
		Example: "  ohc-pipeline optout collect",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		return byHand(cmd, *path, func(ctx context.Context, x *exchange.Exchange, _ exchange.Numbers) error { return x.Collect(ctx) })
	}
	return leaving(c, path)
}

// byHand does a part of the exchange, and says how it stands then.
func byHand(cmd *cobra.Command, path string, do func(context.Context, *exchange.Exchange, exchange.Numbers) error) error {
	conf, err := load(path)
	if err == nil {
		err = corresponds(conf)
	}
	if err != nil {
		return err
	}
	_, _, err = begin(cmd.Context(), conf, exchanging(func(ctx context.Context, x *exchange.Exchange, who exchange.Numbers) error {
		err := do(ctx, x, who)
		if err == nil {
			fmt.Fprintln(cmd.OutOrStdout(), x.Standing())
		}
		return err
	}))
	return err
}

func optOutStatusCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "status", Short: "Show what is on its way, and how old the list in use is", Args: cobra.NoArgs,
		Long: `Show the list in use, how old it is and when it expires; what was asked and is
not answered; and why the last request failed, where it did. Counts of persons are
rounded. It asks nobody, and writes nothing.`,
		Example: "  ohc-pipeline optout status",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err == nil {
			err = corresponds(conf)
		}
		if err != nil {
			return err
		}
		of := exchangeOf(conf, func() time.Time { return nowIn(cmd.Context()) })
		s, err := exchange.Look(of)
		if err != nil {
			return err
		}
		return showStanding(cmd.OutOrStdout(), of, s)
	}
	return c
}

// showStanding shows how an exchange stands.
func showStanding(out io.Writer, of exchange.Config, s exchange.Standing) error {
	var err error
	now := of.Now()
	line := func(label, format string, args ...any) {
		_, failed := fmt.Fprintf(out, "%-9s %s\n", label, fmt.Sprintf(format, args...))
		err = errors.Join(err, failed)
	}
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	next := "nothing: the job asks anew when the list is " + inDays(of.Refresh) + " old"
	switch l := s.List; {
	case l == nil:
		line("list", "none in use")
		next = "ohc-pipeline optout request"
	case now.After(l.Until):
		line("list", "%s, issued %s: expired %s, and is refused", l.ID, stamp(l.Issued), stamp(l.Until))
		next = "ohc-pipeline optout request"
	default:
		line("list", "%s, issued %s, %s old; expires %s, in %s", l.ID, stamp(l.Issued), inDays(now.Sub(l.Issued)), stamp(l.Until), inDays(l.Until.Sub(now)))
		line("", "%s asked about, %s may be used", about(int64(l.Sent)), about(int64(l.Returned)))
	}
	if w := s.Pending; w != nil {
		line("pending", "%s, since %s: %s asked about in %d files, of which %d are to be sent, %d may or may not have been taken, %d are answered",
			w.ID, stamp(w.Since), about(int64(w.Sent)), w.Files, w.Left, w.Unsure, w.Answered)
		next = "ohc-pipeline optout collect"
		if w.Left > 0 && w.Unsure == 0 {
			next = "ohc-pipeline optout request, which sends what is left"
		}
	}
	if s.Failed != "" {
		line("failed", "%s", s.Failed)
		next = "put right what the failure names, then ohc-pipeline optout request"
	}
	line("next", "%s", next)
	return err
}

// inDays is a span in days.
func inDays(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }

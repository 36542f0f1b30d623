package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// configFlag adds --config to a command.
func configFlag(c *cobra.Command) *string {
	return c.Flags().StringP("config", "c", "config.yaml", "the configuration `file`")
}

// numberFlag adds --number to a command: how many lines it prints.
func numberFlag(c *cobra.Command, usual uint) *uint {
	return c.Flags().UintP("number", "n", usual, "how many")
}

func load(path string) (config.Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return c, coded{exitConfig, err}
	}
	return c, nil
}

func openLedger(c config.Config) (*ledger.Ledger, error) {
	return ledger.Open(filepath.Join(c.Work, "ledger.db"))
}

// errNoRun says that there is nothing to look back at.
var errNoRun = errors.New("there was no run yet; start one with ohc-pipeline run")

// pastLedger opens the ledger of runs that there were, and makes none.
func pastLedger(c config.Config) (*ledger.Ledger, error) {
	if _, err := os.Stat(filepath.Join(c.Work, "ledger.db")); errors.Is(err, fs.ErrNotExist) {
		return nil, errNoRun
	}
	return openLedger(c)
}

// standing tells how a run stands now: one that counts as running while none
// is going on was cut off, or had published.
func standing(c config.Config, r ledger.Run) ledger.Run {
	if r.Status != ledger.Running || held(c) {
		return r
	}
	r.Status = ledger.CutOff
	if m := served(c); m.Run == r.ID {
		r.Status, r.Snapshot, r.Failure = ledger.Published, m.ID, ledger.Late
	}
	return r
}

// lastRun opens the ledger and finds a run: the named one, or the newest.
func lastRun(ctx context.Context, path string, args []string) (*ledger.Ledger, ledger.Run, error) {
	c, err := load(path)
	if err != nil {
		return nil, ledger.Run{}, err
	}
	l, err := pastLedger(c)
	if err != nil {
		return nil, ledger.Run{}, err
	}
	runs, err := l.Runs(ctx, 10_000)
	if err != nil {
		return nil, ledger.Run{}, errors.Join(err, l.Close())
	}
	for _, r := range runs {
		if len(args) == 0 || r.ID == args[0] {
			return l, standing(c, r), nil
		}
	}
	l.Close()
	if len(runs) == 0 {
		return nil, ledger.Run{}, errNoRun
	}
	return nil, ledger.Run{}, coded{exitUsage, errors.New("no such run; ohc-pipeline runs lists them")}
}

func runsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "runs", Short: "List the runs, newest first", Args: cobra.NoArgs,
		Example: "  ohc-pipeline runs --config config.yaml",
	}
	path := configFlag(c)
	n := numberFlag(c, 20)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		l, err := pastLedger(conf)
		if err != nil {
			return err
		}
		defer l.Close()
		runs, err := l.Runs(cmd.Context(), int(*n))
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "RUN\tSTARTED\tSECONDS\tSTATUS\tSNAPSHOT")
		for _, r := range runs {
			r = standing(conf, r)
			seconds := "-"
			if !r.Finished.IsZero() {
				seconds = fmt.Sprintf("%.1f", r.Finished.Sub(r.Started).Seconds())
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Started.Format("2006-01-02 15:04:05"), seconds, r.Status, cmp.Or(r.Snapshot, "-"))
		}
		return w.Flush()
	}
	return c
}

func showCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show [RUN]", Short: "Show what became of every record of a run", Args: cobra.MaximumNArgs(1),
		Long:    "Show what became of every input record of a run (the newest, unless one is named),\nwhich gates stood on which lists, and how the run ended.",
		Example: "  ohc-pipeline show\n  ohc-pipeline show 20261101T020000Z",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		l, r, err := lastRun(cmd.Context(), *path, args)
		if err != nil {
			return err
		}
		defer l.Close()
		rules, err := l.RulesOf(cmd.Context(), r.ID)
		if err != nil {
			return err
		}
		tallies, err := l.Tallies(cmd.Context(), r.ID)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		fmt.Fprintf(out, "run       %s (%s)\nas of     %s, for %s\nsnapshot  %s\n", r.ID, r.Status, r.AsOf, r.Purpose, cmp.Or(r.Snapshot, "none"))
		if r.Failure != "" {
			fmt.Fprintf(out, "failure   %s\n", r.Failure)
		}
		for _, line := range rules {
			fmt.Fprintf(out, "gate      %s\n", line)
		}
		fmt.Fprintln(out)
		return reconcile(out, tallies)
	}
	return c
}

func quarantineCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "quarantine [RUN]", Short: "List where the unreadable records of a run lie", Args: cobra.MaximumNArgs(1),
		Long:    "List where the unreadable records of a run lie: feed, file, line, field and reason, never a value.\nFiles of feeds that have one for each person are told by their place in the folder's order.",
		Example: "  ohc-pipeline quarantine --number 20",
	}
	path := configFlag(c)
	n := numberFlag(c, 100)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		l, r, err := lastRun(cmd.Context(), *path, args)
		if err != nil {
			return err
		}
		defer l.Close()
		places, err := l.Places(cmd.Context(), r.ID, int(*n))
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "FEED\tFILE\tLINE\tDATASET\tFIELD\tREASON")
		for _, p := range places {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", p.Feed, p.File, p.Line, cmp.Or(p.Dataset, "-"), cmp.Or(p.Field, "-"), p.Reason)
		}
		return w.Flush()
	}
	return c
}

// outcomes are the columns of the reconciliation.
var outcomes = []string{"kept", "excluded", "rejected", "superseded", "deleted", "deletion", "unused"}

// reconcile prints what became of every record: a line for each feed and
// dataset, and then the reasons.
func reconcile(out io.Writer, tallies []ledger.Tally) error {
	lines := make(map[[2]string]map[string]int64)
	reasons := make(map[string]int64)
	for _, t := range tallies {
		for _, key := range [][2]string{{t.Feed, cmp.Or(t.Dataset, "-")}, {"all", ""}} {
			if lines[key] == nil {
				lines[key] = make(map[string]int64)
			}
			lines[key][t.Outcome] += t.Records
		}
		if t.Outcome == "excluded" {
			reasons["excluded\t"+t.Gate+"\t"+t.Reason] += t.Records
		} else if t.Outcome == "rejected" || t.Outcome == "unused" {
			reasons[t.Outcome+"\t-\t"+cmp.Or(t.Reason, "-")] += t.Records
		}
	}
	keys := make([][2]string, 0, len(lines))
	for k := range lines {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "FEED\tDATASET\tREAD\t%s\t\n", strings.ToUpper(strings.Join(outcomes, "\t")))
	for _, k := range keys {
		sum := int64(0)
		cells := ""
		for _, o := range outcomes {
			sum += lines[k][o]
			cells += "\t" + count(lines[k][o])
		}
		fmt.Fprintf(w, "%s\t%s\t%s%s\t\n", k[0], cmp.Or(k[1], "all"), count(sum), cells)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printReasons(out, reasons)
}

func printReasons(out io.Writer, reasons map[string]int64) error {
	keys := make([]string, 0, len(reasons))
	for k := range reasons {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b)) })
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nOUTCOME\tGATE\tREASON\tRECORDS")
	for _, k := range keys {
		fmt.Fprintf(w, "%s\t%s\n", k, count(reasons[k]))
	}
	return w.Flush()
}

// last puts the line of totals after the others.
func last(k [2]string) int {
	if k[1] == "" {
		return 1
	}
	return 0
}

// count prints a number with its thousands apart, and nothing as a dot.
func count(n int64) string {
	if n == 0 {
		return "."
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

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
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
)

// configFlag adds --config to a command.
func configFlag(c *cobra.Command) *string {
	return c.Flags().StringP("config", "c", "config.yaml", "the configuration `file`")
}

// numberFlag adds --number to a command: how many lines it prints.
func numberFlag(c *cobra.Command, usual uint, what string) *uint {
	return c.Flags().UintP("number", "n", usual, what)
}

func load(path string) (config.Config, error) {
	c, err := config.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; name it with --config; ohc-pipeline demo writes one to copy from", err)
	}
	if err != nil {
		return c, coded{exitConfig, err}
	}
	return c, knownPurpose(c)
}

func openLedger(c config.Config) (*ledger.Ledger, error) {
	return ledger.Open(filepath.Join(c.Work, ledger.Name))
}

// errNoRun says that there is nothing to look back at.
var errNoRun = errors.New("there was no run yet; start one with ohc-pipeline run")

// pastLedger opens the ledger of runs that there were, and makes none.
func pastLedger(c config.Config) (*ledger.Ledger, error) {
	if _, err := os.Stat(filepath.Join(c.Work, ledger.Name)); errors.Is(err, fs.ErrNotExist) {
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

// lastRun opens the ledger and finds a run: the named one, or the newest, of a
// command where one is given.
func lastRun(ctx context.Context, path string, args []string, command string) (*ledger.Ledger, ledger.Run, error) {
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
		if len(args) > 0 && r.ID == args[0] || len(args) == 0 && (command == "" && reads(r) || r.Command == command) {
			return l, standing(c, r), nil
		}
	}
	l.Close()
	if len(args) == 0 {
		return nil, ledger.Run{}, errNoRun
	}
	return nil, ledger.Run{}, coded{exitUsage, errors.New("no such run; ohc-pipeline runs lists them")}
}

// reads reports whether a run is one that has an account: of what it read, or of
// what was staged.
func reads(r ledger.Run) bool { return r.Command == extract.command || r.Command == again.command }

func runsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "runs [JOB]", Short: "List the runs, newest first; or the times of a job", Args: cobra.MaximumNArgs(1),
		Long:    runsHelp,
		Example: "  ohc-pipeline runs --config config.yaml\n  ohc-pipeline runs --number 100\n  ohc-pipeline runs nightly",
	}
	path := configFlag(c)
	n := numberFlag(c, 20, "how many runs to list")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		if len(args) > 0 {
			return listTimes(cmd.Context(), cmd.OutOrStdout(), conf, args[0], int(*n))
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
		for i, r := range runs {
			runs[i] = standing(conf, r)
		}
		return listRuns(cmd.OutOrStdout(), runs)
	}
	return c
}

const runsHelp = `List the runs and publications, newest first: when each began (UTC), how long it
took, how it ended, and why, where it has not published.

  running      it is going on
  published    its snapshot is what analysts see, or was until the next one
  done         it has done what it does, which is not to publish
  refused      a gate did not open; nothing was published
  failed       something went wrong; nothing was published
  interrupted  it was told to end; nothing was published
  cut off      it was killed, or the machine stopped; nothing was published

With JOB, list the logical times of that job, newest first: how each stands, how
often it was tried, the runs that it made, and why it failed or was given up.

  waiting      for its time, for another job, or to be tried again
  running      it is going on
  done         all its steps are done; it is not run again
  failed       it is not tried again, unless ohc-pipeline retry has it so
  missed       it was given up, and never begun; times given up together are one line`

func listRuns(out io.Writer, runs []ledger.Run) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tJOB\tCOMMAND\tSTARTED\tSECONDS\tSTATUS\tWHY")
	for _, r := range runs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, cmp.Or(r.Job, "-"), r.Command, r.Started.Format(time.DateTime), seconds(r), r.Status, cmp.Or(brief(r.Failure), "-"))
	}
	return w.Flush()
}

// seconds is how long a run took, where that is known.
func seconds(r ledger.Run) string {
	if r.Finished.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%.1f", r.Finished.Sub(r.Started).Seconds())
}

// brief is the beginning of a text, for a table.
func brief(s string) string {
	const most = 72
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return s
}

func showCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show [RUN]", Short: "Show what became of every record of a run", Args: cobra.MaximumNArgs(1),
		Long: `Show what became of every input record of a run,
which gates stood on which lists, how the run ended, its steps and how long each
took, and what to do next. Unless one is named, the newest run that read records.

Every record that was read is counted once:

  kept        it is in the stage
  excluded    a gate left it out; the second table says which one, and why
  rejected    it cannot be read; ohc-pipeline quarantine says where it lies
  superseded  there is a newer version of it
  deleted     its source has deleted it
  deletion    it is such an instruction to delete
  unused      it is of a kind that no dataset takes

Besides, the second table counts as cut the records of which a part was left out,
such as the sleep of a day's summary where a person shares their activity alone;
whatever became of the rest.
The last table says of which organisations records had no sharing agreement when
they were read, or were outside its dates.`,
		Example: "  ohc-pipeline show\n  ohc-pipeline show 20261101T020000.000Z",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := load(*path)
		if err != nil {
			return err
		}
		l, r, err := lastRun(cmd.Context(), *path, args, "")
		if err != nil {
			return err
		}
		defer l.Close()
		rules, err1 := l.RulesOf(cmd.Context(), r.ID)
		tallies, err2 := l.Tallies(cmd.Context(), r.ID)
		steps, err3 := l.Steps(cmd.Context(), r.ID)
		held, err4 := l.Organisations(cmd.Context(), r.ID)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		return errors.Join(tell(cmd.OutOrStdout(), r, report.Has(reportsOf(c), r.ID), rules, steps, tallies), listOrganisations(cmd.OutOrStdout(), held))
	}
	return c
}

// tell prints what is known of a run.
func tell(out io.Writer, r ledger.Run, written bool, rules []string, steps []ledger.Step, tallies []ledger.Tally) error {
	head(out, r)
	if written {
		fmt.Fprintf(out, "report    ohc-pipeline report %s\n", r.ID)
	}
	if next := afterwards(r); next != "" {
		fmt.Fprintf(out, "next      %s\n", next)
	}
	printRules(out, rules)
	fmt.Fprintln(out)
	if err := listSteps(out, r, steps); err != nil || !reads(r) {
		return err
	}
	if len(tallies) == 0 && r.Status == ledger.Published && r.Kind == ledger.Delta {
		fmt.Fprintln(out, "Nothing had changed, and no record was read.")
		return nil
	}
	if len(tallies) == 0 && r.Status != ledger.Running {
		fmt.Fprintln(out, "It ended before every record was accounted for: there is no account.")
		return nil
	}
	if len(tallies) == 0 {
		fmt.Fprintln(out, "It is going on: there is no account yet.")
		return nil
	}
	return reconcile(out, tallies)
}

// head prints how a run ended.
func head(out io.Writer, r ledger.Run) {
	fmt.Fprintf(out, "run       %s (%s)\nas of     %s, for %s\n", r.ID, r.Status, r.AsOf, r.Purpose)
	fmt.Fprintf(out, "began     %s by ohc-pipeline %s", r.Started.Format(time.DateTime+" UTC"), r.Command)
	if !r.Finished.IsZero() {
		fmt.Fprintf(out, ", took %s s", seconds(r))
	}
	if r.Job != "" {
		fmt.Fprintf(out, "\njob       %s of %s, step %s", r.Job, r.Due.Format(time.DateTime+" UTC"), r.Step)
	}
	fmt.Fprintf(out, "\nsnapshot  %s\n", cmp.Or(r.Snapshot, "none"))
	if r.Failure == "" {
		return
	}
	label := "failure"
	if r.Status == ledger.Published {
		label = "but"
	}
	fmt.Fprintf(out, "%-8s  %s\n", label, strings.ReplaceAll(r.Failure, "\n", "\n          "))
}

// digest is a checksum as lists are told by. Its first digits are enough to
// tell two apart; the whole stands in the manifest of every snapshot.
var digest = regexp.MustCompile(`\b([0-9a-f]{16})[0-9a-f]{48}\b`)

// printRules prints on which lists a run stands.
func printRules(out io.Writer, rules []string) {
	for _, line := range rules {
		line = digest.ReplaceAllString(line, "$1...")
		label := "gate"
		switch name, rest, _ := strings.Cut(line, ": "); name {
		case "places", "base key", "keys":
			label, line = name, rest
		case "domain key":
			label, line = "keys", rest
		}
		fmt.Fprintf(out, "%-8s  %s\n", label, line)
	}
}

func quarantineCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "quarantine [RUN]", Short: "List where the unreadable records of a run lie", Args: cobra.MaximumNArgs(1),
		Long: `List where the unreadable records of a run lie: feed, file, line, field and reason,
never a value. The rest of each file was read. Where a file's name could name a
person, as in feeds that have a file for each, it is told by its place in the
folder's order: "file 6" is the sixth.

Have the source mend the records and send them again, and run again.`,
		Example: "  ohc-pipeline quarantine\n  ohc-pipeline quarantine 20261101T020000.000Z --number 1000",
	}
	path := configFlag(c)
	n := numberFlag(c, 100, "how many records to list")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		l, r, err := lastRun(cmd.Context(), *path, args, extract.command) // a publication reads nothing
		if err != nil {
			return err
		}
		defer l.Close()
		places, err := l.Places(cmd.Context(), r.ID, int(*n))
		if err != nil {
			return err
		}
		tallies, err := l.Tallies(cmd.Context(), r.ID)
		if err != nil {
			return err
		}
		all := totals(tallies)["rejected"]
		if len(places) == 0 && all == 0 {
			fmt.Fprintf(cmd.OutOrStdout(), "No record of run %s (%s) was unreadable.\n", r.ID, r.Status)
			return nil
		}
		return listPlaces(cmd.OutOrStdout(), places, all)
	}
	return c
}

// listPlaces prints where some of all unreadable records lie.
func listPlaces(out io.Writer, places []ledger.Place, all int64) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FEED\tFILE\tLINE\tDATASET\tFIELD\tREASON")
	for _, p := range places {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", p.Feed, p.File, p.Line, cmp.Or(p.Dataset, "-"), cmp.Or(p.Field, "-"), p.Reason)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if more := all - int64(len(places)); more > 0 {
		fmt.Fprintf(out, "\nand %s more; --number says how many to list\n", count(more))
	}
	return nil
}

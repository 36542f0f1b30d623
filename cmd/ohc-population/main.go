// Command ohc-population writes a synthetic population of the One Health and
// Care area: every feed in its real format, the lists that the gates stand on,
// the reference files, a configuration for ohc-pipeline, and the truth about
// what must become of every person and record. Nobody in it exists.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/testdata/population"
)

func main() { os.Exit(realMain(os.Stdout, os.Stderr)) }

// The exit codes, as sysexits.h and the README have them.
const (
	exitFailed      = 1
	exitUsage       = 64
	exitInterrupted = 130
)

// errUsage is wrapped by every error in how the command was called.
var errUsage = errors.New("wrong usage")

// realMain runs the command and returns its exit code.
func realMain(stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := command()
	c.SetOut(stdout)
	c.SetErr(stderr)
	err := c.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "ohc-population: interrupted; what was written so far is of no use")
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "ohc-population:", err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFailed
}

const long = `ohc-population writes a synthetic population of the One Health and Care area:
shared record, GP Connect records, hospital tables, Personal Health Record and
wearables in their real formats, the lists of the gates, the reference files, a
config.yaml for ohc-pipeline, and under truth/ what must become of every person
and every record. The same flags give the same bytes on any number of cores.

With --days the population lives on. What out holds then is day 0 as ever, and
days/0001 and so on hold what each day changed, as the feeds deliver it: of the
shared record an export since the day before, with deleted/ bundles; new and
corrected lines of hospital tables; new GP Connect records of whom anything
changed; additions, corrections and deletions of the PHR; what wearables
pushed; and the whole lists as they are issued that day. days/happened.csv
counts what happened. Day N is the date N days after --from: as_of of a run
that takes it in.

--at writes instead what a server holds at the end of a day, whole: the newest
version of everything and nothing that was deleted, with the truth about it.
All days laid over day 0 come to that. --at with --since writes what changed
between two days, for nights that were missed.

Exit codes: 0 done, 1 failed, 64 wrong usage, 130 interrupted.`

const examples = `  ohc-population --persons 2000 --seed 1 --out demo
  ohc-population --persons 100000 --out big --opted-out 2 --broken 0.01

  # thirty nights of a population of which 1 % changes a day
  ohc-population --persons 2000 --days 30 --from 2026-10-01 --touch 0.01 --out nights
  # what a whole export gives after the last of them
  ohc-population --persons 2000 --at 30 --from 2026-10-01 --touch 0.01 --out last
  # what an export since day 4 gives on day 7
  ohc-population --persons 2000 --at 7 --since 4 --from 2026-10-01 --out missed
  # days on which nobody is entered twice and no Patient is deleted
  ohc-population --days 7 --without "second patient,patient deleted" --out calm`

func command() *cobra.Command {
	p := population.Plan{Faults: population.Usual()}
	w := wanted{at: none, since: none}
	c := &cobra.Command{
		Use:           "ohc-population --persons N --out DIR",
		Short:         "A synthetic population in the real feed formats",
		Long:          long,
		Example:       examples,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := check(&p, &w); err != nil {
				return err
			}
			return write(c.Context(), p, w, c.ErrOrStderr())
		},
	}
	flags(c, &p, &w)
	usage.Strict(c, func(err error) error { return fmt.Errorf("%w: %w", errUsage, err) })
	return c
}

func check(p *population.Plan, w *wanted) error {
	if p.Out == "" {
		return fmt.Errorf("%w: --out: name a folder that is empty or does not exist", errUsage)
	}
	if p.Persons < 1 || p.Persons > population.Most {
		return fmt.Errorf("%w: --persons: must be 1 to %d", errUsage, population.Most)
	}
	if p.Months < 1 || p.Months > 240 {
		return fmt.Errorf("%w: --months: must be 1 to 240", errUsage)
	}
	if err := w.check(p); err != nil {
		return err
	}
	if name := p.Faults.Wrong(); name != "" {
		return fmt.Errorf("%w: --%s: must be between 0 and 1", errUsage, name)
	}
	return nil
}

// write writes the population and says so on a terminal.
func write(ctx context.Context, p population.Plan, w wanted, stderr io.Writer) error {
	var progress func(int)
	f, ok := stderr.(*os.File)
	terminal := ok && isTerminal(f)
	if terminal {
		progress = func(done int) { fmt.Fprintf(stderr, "\r%d of %d persons", done, p.Persons) }
	}
	summary, err := w.write(ctx, p, progress)
	if terminal {
		fmt.Fprintln(stderr)
	}
	if err != nil {
		return err
	}
	if terminal && w.since == none {
		records := int64(0)
		for _, n := range summary.Read {
			records += n
		}
		fmt.Fprintf(stderr, "%d persons, %d records in %s; next: ohc-pipeline run --config %s/config.yaml\n", summary.Persons, records, p.Out, p.Out)
	}
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Command ohc-marts asks questions of published marts. It is the analyst's and
// the researcher's command: it sees a snapshot and nothing else, and links
// neither what can see an identity nor what reads a feed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"secondaryuse/marts/desk"
	"secondaryuse/marts/disclose"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/extract"
	"secondaryuse/marts/project"
	"secondaryuse/marts/proof"
	"secondaryuse/marts/snapshot"
)

func main() { os.Exit(realMain()) }

// The exit codes, as sysexits.h and the README have them.
const (
	exitFailed      = 1
	exitCheck       = 2
	exitRefused     = 3
	exitUsage       = 64
	exitBusy        = 75
	exitConfig      = 78
	exitInterrupted = 130
)

// realMain runs the command and returns its exit code.
func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root().ExecuteContext(ctx)
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return 0
	}
	if ctx.Err() != nil {
		err = coded{exitInterrupted, errors.New("interrupted")}
	}
	fmt.Fprintln(os.Stderr, "ohc-marts:", err)
	return code(err)
}

// coded is an error with an exit code of its own.
type coded struct {
	code int
	error
}

func (c coded) Unwrap() error { return c.error }

func code(err error) int {
	var c coded
	switch {
	case errors.As(err, &c):
		return c.code
	case errors.Is(err, extract.ErrBusy):
		return exitBusy
	case errors.Is(err, extract.ErrRefused), errors.Is(err, eligible.ErrRefused):
		return exitRefused
	case errors.Is(err, reader.ErrRefused):
		return exitUsage
	case errors.Is(err, snapshot.ErrDamaged), errors.Is(err, proof.ErrFound), errors.Is(err, desk.ErrChanged), errors.Is(err, disclose.ErrRefused), errors.Is(err, project.ErrInvalid):
		return exitCheck
	case errors.Is(err, desk.ErrRefused):
		return exitRefused
	case errors.Is(err, snapshot.ErrNone), errors.Is(err, keyring.ErrNone):
		return exitConfig
	}
	return exitFailed
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "ohc-marts",
		Short: "Ask questions of the published marts",
		Long: `ohc-marts answers questions from the newest published snapshot of the marts, in
SQL (DuckDB's). A question sees the marts and nothing else: no file, no network,
and it can change nothing.

Exit codes: 0 done, 1 failed, 2 something is not as it was published or issued, or a
table may not leave, 3 somebody may not do that, 64 wrong usage or a question that may
not be asked, 78 nothing is published there, 130 interrupted.`,
		Example: `  ohc-marts list                 # which marts there are
  ohc-marts describe population  # what one row and each column means
  ohc-marts query "SELECT age_band, count(*) FROM population WHERE registered GROUP BY 1 ORDER BY 1"
  ohc-marts query --plot bar "SELECT kind, sum(activity) FROM activity_monthly GROUP BY 1 ORDER BY 2 DESC"`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return coded{exitUsage, fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	dir := c.PersistentFlags().String("marts", "marts", "`folder` with the published marts")
	c.AddCommand(listCommand(dir), describeCommand(dir), queryCommand(dir), verifyCommand(dir), projectCommand(), extractCommand(),
		releaseCommand(), reviewCommand(), releasesCommand(), peopleCommand(), extractsCommand(), recallCommand(), destroyedCommand(), usesCommand())
	strictArgs(c)
	c.Args = func(cmd *cobra.Command, given []string) error {
		if len(given) > 0 {
			return coded{exitUsage, fmt.Errorf("there is no command %q; see ohc-marts --help", given[0])}
		}
		return nil
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return c
}

// strictArgs has every command below one say what is wrong with its arguments, and
// where help is.
func strictArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		args := sub.Args
		sub.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return coded{exitUsage, fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
			}
			return nil
		}
		strictArgs(sub)
	}
}

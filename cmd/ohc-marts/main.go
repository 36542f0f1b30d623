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
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/marts/desk"
	"secondaryuse/marts/disclose"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/extract"
	"secondaryuse/marts/project"
	"secondaryuse/marts/proof"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/guard"
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
	err := guard.NoCore()
	if err == nil {
		err = guard.Try(func() error { return root().ExecuteContext(ctx) })
	}
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return 0
	}
	if p, ok := err.(*guard.Panic); ok {
		fmt.Fprintln(os.Stderr, strings.Join(p.Stack, "\n"))
	}
	if ctx.Err() != nil {
		err = coded{exitInterrupted, errors.New("interrupted")}
	}
	fmt.Fprintln(os.Stderr, "ohc-marts:", printed(err))
	return code(err)
}

// printed is an error as it is printed. What the engine says of its memory is for who has a
// prompt of it.
func printed(err error) string {
	if short, _, ok := strings.Cut(err.Error(), "\n\nPossible solutions:"); ok {
		return short + "; next: let it have more with --memory, or ask for less"
	}
	return usage.Advice(err)
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
	case errors.Is(err, snapshot.ErrDamaged), errors.Is(err, proof.ErrFound), errors.Is(err, desk.ErrChanged), errors.Is(err, desk.ErrDiffers), errors.Is(err, disclose.ErrRefused), errors.Is(err, project.ErrInvalid):
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
and it can change nothing. What leaves the building goes through it as well: an
extract for an approved project, or a table past two reviewers.

Exit codes: 0 done, 1 failed, 2 something is not as it was published or issued, or
a table may not leave, 3 somebody may not do that, 64 wrong usage or a question
that may not be asked, 75 already running, 78 wrong configuration, or nothing is
published there, 130 interrupted.`,
		Example: `  ohc-marts list                 # which marts there are
  ohc-marts describe population  # what one row and each column means
  ohc-marts query "SELECT age_band, count(*) FROM population GROUP BY 1 ORDER BY 1"
  ohc-marts query --plot bar "SELECT sex, count(*) FROM population GROUP BY 1 ORDER BY 1"
  ohc-marts project check falls  # what a project lacks, or where it is too wide
  ohc-marts review --as "Rob Reviewer" --key rob.key  # the tables that wait for Rob`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	addCommands(c)
	usage.Strict(c, func(err error) error { return coded{exitUsage, err} })
	return c
}

// addCommands adds the commands in the order of their use.
func addCommands(c *cobra.Command) {
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Questions of the marts:", []*cobra.Command{listCommand(), describeCommand(), queryCommand()}},
		{"Extracts for approved projects:", []*cobra.Command{projectCommand(), extractCommand()}},
		{"Tables that leave:", []*cobra.Command{releaseCommand(), reviewCommand(), releasesCommand()}},
		{"What has left:", []*cobra.Command{extractsCommand(), recallCommand(), destroyedCommand(), usesCommand(), verifyCommand()}},
		{"Who may:", []*cobra.Command{peopleCommand()}},
	} {
		c.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, sub := range g.commands {
			sub.GroupID = g.title
			c.AddCommand(sub)
		}
	}
}

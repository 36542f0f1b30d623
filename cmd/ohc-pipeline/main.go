// Command ohc-pipeline takes an English shared care record, its Personal
// Health Record and wearables to pseudonymised marts for planning and
// research. It is the operator's command and the only one that holds the key.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/deid/gate"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/reversal"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/leak"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
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
	if p, ok := err.(*guard.Panic); ok {
		loggerOf(ctx).Error("panic", "type", p.Type, "stack", p.Stack)
	}
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && !errors.As(err, new(coded)) {
		err = coded{exitInterrupted, errors.New("interrupted")}
	}
	fmt.Fprintln(os.Stderr, "ohc-pipeline:", usage.Advice(err))
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
	var f clock.Fault
	switch {
	case errors.As(err, &f) && codes[f.Kind] != 0:
		return codes[f.Kind]
	case errors.As(err, &c):
		return c.code
	case errors.Is(err, gate.ErrRefused), errors.Is(err, reversal.ErrRefused):
		return exitRefused
	case errors.Is(err, pipeline.ErrUnbalanced), errors.Is(err, duckdb.ErrCheck), errors.Is(err, stage.ErrUnfit), errors.Is(err, seal.ErrDamaged), errors.Is(err, snapshot.ErrDamaged), errors.Is(err, keyring.ErrAltered),
		errors.Is(err, leak.ErrNames), errors.Is(err, leak.ErrShown):
		return exitCheck
	}
	return exitFailed
}

// codes are the exit codes of the kinds of failure of a turn.
var codes = map[schedules.Failure]int{
	schedules.Failed: exitFailed, schedules.Check: exitCheck, schedules.Refused: exitRefused, schedules.CutOff: exitFailed,
	clock.Busy: exitBusy, clock.Misconfigured: exitConfig, clock.Interrupted: exitInterrupted, clock.Overdue: exitFailed,
}

// fault is an error of a step with the kind of failure that it is.
func fault(err error) error {
	if err == nil {
		return nil
	}
	switch code(err) {
	case exitCheck:
		return clock.Fault{Kind: schedules.Check, Err: err}
	case exitRefused:
		return clock.Fault{Kind: schedules.Refused, Err: err}
	case exitBusy:
		return clock.Fault{Kind: clock.Busy, Err: err}
	case exitConfig, exitUsage:
		return clock.Fault{Kind: clock.Misconfigured, Err: err}
	case exitInterrupted:
		return clock.Fault{Kind: clock.Interrupted, Err: err}
	}
	return err
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "ohc-pipeline",
		Short: "From the shared care record to pseudonymised marts",
		Long: `ohc-pipeline extracts the shared care record, the Personal Health Record and
connected wearables, leaves out whoever and whatever may not be used, replaces
NHS numbers by pseudonyms, and publishes Parquet marts for planning and research.

Exit codes: 0 done, 1 failed, 2 a check did not hold or the stage is damaged,
3 a gate refused, or does something else all of a sudden, 64 wrong usage,
75 already running, 78 wrong configuration, 130 interrupted. Unless it is 0
nothing was published, and what was published before stays served; should
something go wrong after that, it is said.`,
		Example: `  ohc-pipeline demo                        # a synthetic population, the whole way
  ohc-pipeline check --config config.yaml  # what a run would read, and whether the gates open
  ohc-pipeline run --config config.yaml    # extract, gate, pseudonymise, build, publish
  ohc-pipeline show                        # what became of every record of the last run
  ohc-pipeline serve --config config.yaml  # the daemon: every job of the schedules at its time
  ohc-pipeline run nightly                 # one job, once, where another clock calls for it`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.PersistentPreRun = func(cmd *cobra.Command, _ []string) { cmd.SetContext(called(cmd.Context(), cmd.Name())) }
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
		{"To see how it goes:", []*cobra.Command{demoCommand()}},
		{"Every night:", []*cobra.Command{checkCommand(), runCommand(), publishCommand(), compactCommand()}},
		{"The morning after:", []*cobra.Command{statusCommand(), showCommand(), reportCommand(), quarantineCommand(), runsCommand(), retryCommand()}},
		{"What can be shown:", []*cobra.Command{auditCommand(), proveCommand(), verifyCommand(), signingCommand()}},
		{"What may leave:", []*cobra.Command{eligibleCommand(), digestsCommand(), reidentifyCommand(), linkCommand()}},
		{"Who and what may be used:", []*cobra.Command{optOutCommand(), sensitiveCommand()}},
		{"Keys of the domains:", []*cobra.Command{keysCommand()}},
		{"By the clock:", []*cobra.Command{serveCommand(), scheduleCommand()}},
	} {
		c.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, sub := range g.commands {
			sub.GroupID = g.title
			c.AddCommand(sub)
		}
	}
}

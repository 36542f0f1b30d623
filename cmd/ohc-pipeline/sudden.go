package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/deid/gate"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
	"secondaryuse/pipeline/sudden"
)

// acceptedKey marks the context of a call that accepts a sudden change.
type acceptedKey struct{}

// acceptFlag adds --accept-change to a command.
func acceptFlag(c *cobra.Command) {
	reason := c.Flags().String("accept-change", "", "let a gate that leaves out much more or less than before through, this once, for this `reason`; manifest, report and audit log have it")
	run := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("accept-change") {
			return run(cmd, args)
		}
		text := strings.Join(strings.Fields(*reason), " ")
		if text == "" || len(text) > 200 || manyDigits.MatchString(text) {
			return coded{exitUsage, fmt.Errorf("--accept-change: its reason must be a text of up to 200 bytes, and hold no long number: it is published; see %s --help", cmd.CommandPath())}
		}
		cmd.SetContext(context.WithValue(cmd.Context(), acceptedKey{}, text))
		return run(cmd, args)
	}
}

// manyDigits is a number that may be a person's.
var manyDigits = regexp.MustCompile(`[0-9]([ -]?[0-9]){5}`)

// suddenly looks at a run that has judged its records and has published nothing
// yet: it refuses where a gate does something else than before, unless the call
// has accepted that. The lines it returns are for the manifest.
func suddenly(c config.Config, l *ledger.Ledger, id string) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, kind string) ([]string, error) {
		if c.Change.Off != "" { // which the rules say
			return nil, nil
		}
		found, err := changes(ctx, c, l, ledger.Run{ID: id, Kind: kind})
		if err != nil || len(found) == 0 {
			return nil, err
		}
		var lines []string
		for _, f := range found {
			lines = append(lines, f.String())
		}
		figures := strings.Join(lines, "; ")
		reason, ok := ctx.Value(acceptedKey{}).(string)
		if !ok {
			return nil, fmt.Errorf("%w: sudden change: %s; next: ohc-pipeline report %s has all figures; find out why, and if it is right: --accept-change REASON, with run, publish or retry", gate.ErrRefused, figures, id)
		}
		e := audit.Event{What: "accepted", Run: id, Reason: reason, Why: figures}
		if _, err := attest(ctx, c, l, e); err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("change: ACCEPTED by %s: %s: %s", usage.Caller(), reason, figures)}, nil
	}
}

// changes compares a run with those before.
func changes(ctx context.Context, c config.Config, l *ledger.Ledger, r ledger.Run) ([]sudden.Change, error) {
	whole, err1 := l.Before(ctx, r.ID, ledger.Whole, c.Purpose)
	everybody, err2 := l.Before(ctx, r.ID, ledger.Delta, c.Purpose)
	if everybody.ID < whole.ID {
		everybody = whole
	}
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var facts [3]report.Facts
	for i, of := range []ledger.Run{r, whole, everybody} {
		var err error
		if facts[i], err = report.Gather(ctx, l, of); err != nil {
			return nil, err
		}
	}
	lim := sudden.Limits{Relative: *c.Change.Relative, Points: *c.Change.Points, Fewest: *c.Change.Fewest, Least: *c.Change.Least}
	return sudden.Find(facts[0], facts[1], facts[2], lim), nil
}

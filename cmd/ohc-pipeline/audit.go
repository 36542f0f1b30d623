package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Show and prove the log of who had what done",
		Long: `Every command that changes or releases something is an event in the audit log,
work/audit/log.jsonl: who, which configuration, lists and purpose, and how it ended.
Each event holds the hash of the one before it, and the ledger and every snapshot
that of the newest. Nothing is run whose event cannot be written.`,
		Example: "  ohc-pipeline audit verify\n  ohc-pipeline audit list --number 50",
	}
	c.AddCommand(auditVerifyCommand(), auditListCommand())
	return c
}

func auditVerifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "verify", Short: "Prove that no event was edited, removed, put in or cut off", Args: cobra.NoArgs,
		Long: `Read the whole log, and hold each event to the one before it, and the newest to
what the ledger, the stage and the snapshots know of it. Exit code 2 where an event
was edited, removed, put in, put elsewhere or cut off, or may have been.

Somebody who can write the log, the ledger and every snapshot can make all of them
anew: write the head down that this prints, or send it elsewhere, to find that too.`,
		Example: "  ohc-pipeline audit verify --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		l, err := pastLedger(conf)
		if err != nil {
			return err
		}
		p, err := auditProof(cmd.Context(), conf, l)
		if err = errors.Join(err, l.Close()); err != nil {
			return err
		}
		for _, note := range p.Notes {
			fmt.Fprintln(cmd.OutOrStdout(), "note:", note)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%d events, head %s\n", p.Lines, p.Head)
		return sound(p)
	}
	return c
}

// auditProof verifies the audit log against all that knows of it.
func auditProof(ctx context.Context, c config.Config, l *ledger.Ledger) (audit.Proof, error) {
	return audit.Verify(auditOf(c), func() ([]audit.Claim, error) { return claims(ctx, c, l) })
}

// claims are the heads of the audit log that the ledger, the stage and the
// snapshots keep.
func claims(ctx context.Context, c config.Config, l *ledger.Ledger) ([]audit.Claim, error) {
	var out []audit.Claim
	line, hash, err := l.Anchor(ctx)
	if err != nil {
		return nil, err
	}
	if line > 0 {
		out = append(out, audit.Claim{Where: "the ledger", Head: audit.Head{Line: line, SHA256: hash}, Newest: true})
	}
	know := func(where, head string) {
		if h, err := audit.ParseHead(head); err == nil {
			out = append(out, audit.Claim{Where: where, Head: h})
		}
	}
	if live, err := seal.Current(stageOf(c)); err == nil {
		know("the stage", live.Audit)
	}
	folders, err := filepath.Glob(filepath.Join(c.Marts, "snapshots", "*"))
	for _, folder := range folders {
		if m, err := snapshot.Read(folder); err == nil { // whether it is damaged, the job verify asks
			know("the snapshot "+m.ID, m.Audit)
		}
	}
	return out, err
}

// sound returns an error where something was done to the audit log.
func sound(p audit.Proof) error {
	if len(p.Findings) == 0 {
		return nil
	}
	return coded{exitCheck, fmt.Errorf("audit: %s; next: find out who did that, and keep the folder as it is", strings.Join(p.Findings, "\naudit: "))}
}

func auditListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List the newest events, newest first", Args: cobra.NoArgs,
		Long:    "List the newest events of the audit log, newest first, with times in UTC. The file\nitself has all of each: lists, hashes, reasons.",
		Example: "  ohc-pipeline audit list --number 50",
	}
	path := configFlag(c)
	n := numberFlag(c, 20, "how many events to list")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		events, err := audit.List(auditOf(conf))
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "EVENT\tAT\tWHO\tWHAT\tCOMMAND\tCALL\tRUN\tJOB\tOUTCOME\tWHY")
		for i := len(events) - 1; i >= max(0, len(events)-int(*n)); i-- {
			e := events[i]
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Line, e.At.Format(time.DateTime), e.Who, e.What, cmp.Or(e.Command, "-"), cmp.Or(e.Call, "-"),
				cmp.Or(e.Run, "-"), cmp.Or(e.Job, "-"), cmp.Or(e.Outcome, "-"), cmp.Or(brief(cmp.Or(e.Reason, e.Why, e.Key, e.Note)), "-"))
		}
		return w.Flush()
	}
	return c
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/cmd/usage"
	"secondaryuse/marts/egress"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
)

func auditOf(c config.Config) string { return filepath.Join(c.Work, "audit") }

type (
	callKey struct{}
	headKey struct{}
)

// called marks the context of a command with what was called.
func called(ctx context.Context, command string) context.Context {
	return context.WithValue(ctx, callKey{}, command)
}

// headIn is the head of the audit log when the run of a context began.
func headIn(ctx context.Context) audit.Head {
	head, _ := ctx.Value(headKey{}).(audit.Head)
	return head
}

// attest adds events to the audit log. Where it cannot, nothing may be done that
// they are about.
func attest(ctx context.Context, c config.Config, l *ledger.Ledger, events ...audit.Event) (audit.Head, error) {
	version, err := program()
	if err != nil {
		return audit.Head{}, err
	}
	call, _ := ctx.Value(callKey{}).(string)
	for i := range events {
		e := &events[i]
		e.At, e.Who, e.Call, e.Config, e.Program, e.Purpose = nowIn(ctx), usage.Caller(), call, c.Digest(), version, c.Purpose
	}
	return audit.Append(ctx, auditOf(c), l, events...)
}

// eventOf is an event of a run.
func eventOf(r ledger.Run, what string) audit.Event {
	return audit.Event{What: what, Command: r.Command, Run: r.ID, Job: r.Job, Due: r.Due, Step: r.Step}
}

// attestBegun has the audit log know that a run begins, with which keys if it uses any,
// and the context of the head.
func attestBegun(ctx context.Context, c config.Config, l *ledger.Ledger, r ledger.Run) (context.Context, error) {
	e := eventOf(r, "began")
	switch r.Command {
	case extract.command, again.command:
		e.Key = keysNamed(c, keysOfRun(c)...)
	case verifying:
		e.Key = keysNamed(c, egress.SigningKey)
	}
	head, err := attest(ctx, c, l, e)
	return context.WithValue(ctx, headKey{}, head), err
}

// attestEnded has the audit log know how a run has ended, on which lists it stood,
// and which keys it has made.
func attestEnded(ctx context.Context, c config.Config, l *ledger.Ledger, r ledger.Run, had []string, digest string) error {
	var events []audit.Event
	for _, name := range keyFiles(c) {
		if !slices.Contains(had, name) {
			e := eventOf(r, "key made")
			e.Key = name
			events = append(events, e)
		}
	}
	rules, err := l.RulesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	e := eventOf(r, "ended")
	for _, rule := range rules {
		e.Lists = append(e.Lists, report.Told(rule))
	}
	e.Outcome, e.Why, e.Snapshot, e.Report = r.Status, r.Failure, r.Snapshot, digest
	_, err = attest(ctx, c, l, append(events, e)...)
	return err
}

// keyFiles are the names of the key files.
func keyFiles(c config.Config) (names []string) {
	entries, _ := os.ReadDir(c.Keys) // where there are none there are none
	for _, e := range entries {
		if (strings.HasSuffix(e.Name(), ".key") || e.Name() == egress.SigningKey) && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// outcome is how something has ended that is no run.
func outcome(err error) string {
	if err != nil {
		return ledger.Failed
	}
	return ledger.Done
}

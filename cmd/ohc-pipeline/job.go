package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
)

// jobCall is how a job is called for.
type jobCall struct {
	asOf       *string
	plan, wait *bool
}

func jobFlags(c *cobra.Command) jobCall {
	return jobCall{
		c.Flags().String("as-of", "", "the job's logical `time`, or the newest one of that day: YYYY-MM-DD, YYYY-MM-DD HH:MM by its clock, or RFC 3339"),
		c.Flags().Bool("plan", false, "only say what would be done; touch no data"),
		c.Flags().Bool("wait", false, "wait for what the job comes after, and for its next tries"),
	}
}

func (j jobCall) given(cmd *cobra.Command) bool { return *j.asOf != "" || *j.plan || *j.wait }

var jobName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// findJob loads an installation and one of its jobs.
func findJob(path, name string) (c config.Config, set schedules.Set, j schedules.Job, err error) {
	none := coded{exitUsage, errors.New("no such job; ohc-pipeline schedule list lists them; see ohc-pipeline run --help")}
	if !jobName.MatchString(name) {
		return c, set, j, none
	}
	if c, err = load(path); err != nil {
		return c, set, j, err
	}
	if set, err = jobs(c); err != nil {
		return c, set, j, err
	}
	j, ok := set.Find(name)
	switch {
	case !ok:
		return c, set, j, none
	case j.Off != "":
		return c, set, j, coded{exitConfig, fmt.Errorf("the job %s is off: %s (%s)", j.Name, j.Off, j.From)}
	}
	return c, set, j, nil
}

// run does what a job owes, or its turn at a time.
func (call jobCall) run(cmd *cobra.Command, path, name string, summary bool) error {
	c, set, j, err := findJob(path, name)
	if err != nil {
		return err
	}
	var at time.Time
	if *call.asOf != "" {
		if at, err = logical(j, *call.asOf, time.Now()); err != nil {
			return err
		}
	}
	if *call.plan {
		return showPlan(cmd.Context(), cmd.OutOrStdout(), c, set, j, at)
	}
	return withHands(c, set, func(h *clock.Hands, l *ledger.Ledger) error {
		h.Patient = *call.wait
		began, out := h.Now(), cmd.OutOrStdout()
		err := h.Once(cmd.Context(), j.Name, at)
		if err == nil && (summary || terminal(os.Stdout)) {
			return summarise(cmd.Context(), out, l, j, began)
		}
		return settled(out, err)
	})
}

// summarise says which turns of a job are done since a call has begun.
func summarise(ctx context.Context, out io.Writer, l *ledger.Ledger, j schedules.Job, began time.Time) error {
	turns, err := l.Turns(ctx, j.Name, 1000)
	for _, t := range slices.Backward(turns) {
		if t.Status == ledger.Done && !t.Ended.Before(began.Truncate(time.Millisecond)) {
			fmt.Fprintf(out, "done: %s of %s, in %.1f s; more: ohc-pipeline show %s\n", j.Name, t.At.In(j.Zone).Format(moment), t.Ended.Sub(began).Seconds(), t.Run())
		}
	}
	return err
}

// withHands opens the ledger for a call.
func withHands(c config.Config, set schedules.Set, f func(h *clock.Hands, l *ledger.Ledger) error) error {
	l, err := openLedger(c)
	if err != nil {
		return err
	}
	defer l.Close()
	log := logger(os.Stderr, slog.LevelError) // what goes well is not told
	w := newWatcher(c, log)
	defer w.end()
	return f(newHands(c, set, l, log, w), l)
}

// settled says it, where there was nothing to do, and that is no error.
func settled(out io.Writer, err error) error {
	if !errors.Is(err, clock.ErrSettled) {
		return err
	}
	fmt.Fprintln(out, err)
	return nil
}

// logical is the newest logical time of a job up to what --as-of says.
func logical(j schedules.Job, text string, now time.Time) (time.Time, error) {
	wrong := func(why string) (time.Time, error) {
		return time.Time{}, coded{exitUsage, errors.New("--as-of: " + why + "; see ohc-pipeline run --help")}
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		if err != nil {
			if at, err = time.ParseInLocation(layout, text, j.Zone); err == nil && twice(at) {
				return wrong("the clocks show that time twice, or not at all; write it with its offset, as 2026-10-25T01:30:00+01:00")
			}
		}
	}
	if err != nil {
		if at, err = time.ParseInLocation(time.DateOnly, text, j.Zone); err == nil {
			at = at.AddDate(0, 0, 1).Add(-time.Second)
			if at.After(now) && now.In(j.Zone).Format(time.DateOnly) == text {
				at = now
			}
		}
	}
	switch {
	case err != nil:
		return wrong("not a time written YYYY-MM-DD, YYYY-MM-DD HH:MM or as RFC 3339")
	case at.After(now):
		return wrong("it has not come yet")
	}
	if at = j.Latest(at); at.IsZero() {
		return wrong("the job was never due by then")
	}
	return at, nil
}

// twice reports whether the clock of a zone shows what it shows at a time a
// second time, or has shown something else than was asked for.
func twice(at time.Time) bool {
	for _, by := range []time.Duration{-time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour} {
		if at.Add(by).Format("15:04") == at.Format("15:04") {
			return true
		}
	}
	return false
}

// showPlan says what a call would do.
func showPlan(ctx context.Context, out io.Writer, c config.Config, set schedules.Set, j schedules.Job, at time.Time) error {
	var l clock.Ledger = blank{}
	if past, err := pastLedger(c); err == nil {
		defer past.Close()
		l = past
	} else if !errors.Is(err, errNoRun) {
		return err
	}
	h := newHands(c, set, l, nil, nil)
	turns, err := planned(ctx, h, j, at)
	if err != nil {
		return err
	}
	line := func(label, text string) { fmt.Fprintf(out, "%-9s  %s\n", label, text) }
	line("job", j.Name+" ("+j.From+")")
	if len(turns) == 0 {
		line("due", "nothing now; next: "+j.Next(time.Now()).Format(moment))
		return nil
	}
	for _, t := range turns {
		if err := foretell(ctx, line, c, h, j, t); err != nil {
			return err
		}
	}
	return nil
}

// blank is the ledger of an installation that has none yet.
type blank struct{}

func (blank) Past(context.Context, string, time.Time, time.Time) (ledger.Past, error) {
	return ledger.Past{}, nil
}

func (blank) Decide(context.Context, string, time.Time, time.Time, func(ledger.Past) ([]ledger.Turn, error)) error {
	return errNoRun
}

// planned are the turns that a call would run, or which have ended.
func planned(ctx context.Context, h *clock.Hands, j schedules.Job, at time.Time) ([]ledger.Turn, error) {
	owed, err := h.Owed(ctx, j, at.IsZero())
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = j.Latest(h.Now())
	}
	p, err := h.Ledger.Past(ctx, j.Name, at, h.Now())
	if err != nil {
		return nil, err
	}
	out := p.Open
	for _, t := range owed {
		if t.Status == clock.Waiting && t.Times == 0 && len(t.Runs) == 0 {
			out = append(out, t)
		}
	}
	if len(out) == 0 && !at.IsZero() {
		t := p.Asked
		if t.At.IsZero() {
			t = ledger.Turn{Job: j.Name, At: at, Status: clock.Waiting}
		}
		out = append(out, t)
	}
	return out, nil
}

// foretell says what would be done for a turn.
func foretell(ctx context.Context, line func(label, text string), c config.Config, h *clock.Hands, j schedules.Job, t ledger.Turn) error {
	line("due", t.At.In(j.Zone).Format(moment)+" ("+t.Status+")")
	if t.Failure != "" {
		line("", t.Failure)
	}
	blocked, err := h.Blocked(ctx, j, t.At)
	if err != nil {
		return err
	}
	waived, err := h.Waived(ctx, j, t.At)
	if err != nil {
		return err
	}
	line("waits for", cmp.Or(blocked, waived, "nothing"))
	for _, s := range j.Runs {
		if slices.Contains(t.Done, s.String()) {
			line("step", s.String()+": is done")
			continue
		}
		line("step", s.String()+":")
		for _, text := range foresee(ctx, c, j, s) {
			line("", "  "+text)
		}
	}
	return nil
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/schedules"
)

func scheduleExplainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "explain JOB", Short: "Say in words what a job does, when, and what if it cannot", Args: cobra.ExactArgs(1),
		Long: `Say in words what a job runs, when it is due, what it waits for, what becomes of
times that are missed while the machine is off, after which failures it is tried
again, and by when it must be done.`,
		Example: "  ohc-pipeline schedule explain nightly\n  ohc-pipeline schedule explain compact --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		set, err := loadJobs(*path)
		if err != nil {
			return err
		}
		j, ok := set.Find(args[0])
		if !ok {
			return coded{exitUsage, errors.New("no such job; ohc-pipeline schedule list lists them")}
		}
		explain(cmd.OutOrStdout(), set, j, time.Now())
		return nil
	}
	return c
}

// explain prints a job in words.
func explain(out io.Writer, set schedules.Set, j schedules.Job, now time.Time) {
	line := func(label, text string) { fmt.Fprintf(out, "%-9s  %s\n", label, text) }
	line("job", j.Name+" ("+j.From+")")
	if j.Off != "" {
		line("off", j.Off)
		return
	}
	line("runs", cmp.Or(chain(j), "-"))
	line("when", j.When())
	at := now
	for i := range 3 {
		at = j.Next(at)
		line([]string{"due", "", ""}[i], at.Format(moment))
	}
	if need, ok := set.Needs(j, j.Next(now)); ok {
		line("after", fmt.Sprintf("%s: the run that is due %s waits for that of %s", j.After, j.Next(now).Format(moment), need.At.Format(moment)))
	}
	line("missed", missed(j.CatchUp))
	line("failed", retried(j.Retry))
	line("deadline", deadline(j))
}

func missed(c schedules.CatchUp) string {
	switch c {
	case 0:
		return fmt.Sprintf("none: a time that is missed by more than %s is given up", span(schedules.OnTime))
	case 1:
		return "latest: of the times that are missed the latest is run, the others are given up"
	}
	return c.String() + ": of the times that are missed so many are run, the newest, each by itself and in order"
}

func retried(r schedules.Retry) string {
	if r.Times == 0 {
		return "it is not tried again before it is due again"
	}
	words := make([]string, len(r.On))
	for i, f := range r.On {
		words[i] = map[schedules.Failure]string{
			schedules.Failed: "something broke", schedules.Check: "a check did not hold",
			schedules.Refused: "a gate refused", schedules.CutOff: "it was cut off",
		}[f]
	}
	return fmt.Sprintf("it is tried again up to %d times, each %s after it ended, when %s", r.Times, span(r.Every), strings.Join(words, " or "))
}

func deadline(j schedules.Job) string {
	if j.Deadline == 0 {
		return "none"
	}
	then := "that is said, and it goes on"
	if j.AtDeadline == schedules.Stop {
		then = "that is said, and it is told to end"
	}
	return fmt.Sprintf("%s after it is due, or after it could begin where it is caught up; if it is not done then, %s", span(j.Deadline), then)
}

// span is a span of whole minutes, as it stands in a file.
func span(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

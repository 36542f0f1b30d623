package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// listTimes lists the turns of a job, newest first.
func listTimes(ctx context.Context, out io.Writer, c config.Config, job string, n int) error {
	set, err := jobs(c)
	if err != nil {
		return err
	}
	if _, ok := set.Find(job); !ok {
		return coded{exitUsage, errors.New("no such job; ohc-pipeline schedule list lists them; see ohc-pipeline runs --help")}
	}
	l, err := pastLedger(c)
	if err != nil {
		return err
	}
	defer l.Close()
	turns, err := l.Turns(ctx, job, n)
	if err != nil {
		return err
	}
	if len(turns) == 0 {
		fmt.Fprintf(out, "The job has not run yet. Next: ohc-pipeline run %s, or ohc-pipeline serve\n", job)
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DUE\tSTATUS\tTRIES\tENDED\tRUNS\tWHY")
	for _, t := range turns {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", dueOf(t), t.Status, t.Tries, dateTime(t.Ended), cmp.Or(t.Run(), "-"), cmp.Or(brief(t.Failure), "-"))
		for i := len(t.Runs) - 2; i >= 0; i-- {
			fmt.Fprintf(w, "-\t-\t-\t-\t%s\t-\n", t.Runs[i]) // of the time above
		}
	}
	return w.Flush()
}

// dueOf is the logical time of a turn, or how many it stands for.
func dueOf(t ledger.Turn) string {
	if t.Times > 1 {
		return fmt.Sprintf("%s and %d before", t.At.Format("2006-01-02 15:04Z"), t.Times-1)
	}
	return t.At.Format("2006-01-02 15:04Z")
}

func dateTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateTime)
}

// listSteps prints the steps of a run.
func listSteps(out io.Writer, r ledger.Run, steps []ledger.Step) error {
	if len(steps) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tBEGAN\tSECONDS\tSTATUS")
	for _, s := range steps {
		took := "-"
		if !s.Ended.IsZero() {
			took = fmt.Sprintf("%.1f", s.Ended.Sub(s.Began).Seconds())
		} else if r.Status != ledger.Running {
			s.Status = r.Status
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, s.Began.Format(time.TimeOnly), took, s.Status)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// afterwards is what to do about how a run ended; empty when there is nothing.
func afterwards(r ledger.Run) string {
	again := "ohc-pipeline retry " + r.ID
	switch r.Status {
	case ledger.Refused:
		return "put right what the gate names, ohc-pipeline check, then " + again
	case ledger.Failed:
		return "put right what the failure names, then " + again
	case ledger.Interrupted, ledger.CutOff:
		if r.Job != "" {
			return "serve goes on with it as the job's file says, or: " + again
		}
		return again
	}
	return ""
}

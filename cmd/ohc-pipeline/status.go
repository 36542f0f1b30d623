package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
)

func statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "status", Short: "Show on one screen what ran, what is late, and what comes next", Args: cobra.NoArgs,
		Long: `Show on one screen whether the clock moves, how each job's newest time stands,
what the newest publication left out in totals, what is late and why, and what
comes next. It writes nothing.`,
		Example: "  ohc-pipeline status --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		set, err := jobs(conf)
		if err != nil {
			return err
		}
		l, err := pastLedger(conf)
		if errors.Is(err, errNoRun) {
			fmt.Fprintln(cmd.OutOrStdout(), "Nothing has run yet. Next: ohc-pipeline serve, or ohc-pipeline run JOB")
			return comesNext(cmd.OutOrStdout(), set, time.Now())
		}
		if err != nil {
			return err
		}
		defer l.Close()
		s := screen{out: cmd.OutOrStdout(), c: conf, set: set, l: l, h: newHands(conf, set, l, nil, nil), now: time.Now()}
		return errors.Join(s.clock(cmd.Context()), s.ran(cmd.Context()), s.leftOut(cmd.Context()), s.overdue(), s.late(cmd.Context()), comesNext(s.out, set, s.now))
	}
	return c
}

// screen is what status shows.
type screen struct {
	out io.Writer
	c   config.Config
	set schedules.Set
	l   *ledger.Ledger
	h   *clock.Hands
	now time.Time
}

// clock says who serves, if anybody does.
func (s screen) clock(ctx context.Context) error {
	turns, err := s.l.Turns(ctx, clock.Itself, 1)
	if err != nil {
		return err
	}
	text := "nobody serves: jobs run when another clock calls for them; or start ohc-pipeline serve"
	switch {
	case len(turns) == 0:
	case turns[0].Status == ledger.Running && s.now.Before(turns[0].Lease):
		text = turns[0].Holder + " serves, since " + dateTime(turns[0].Seen) + " UTC"
	case turns[0].Status == ledger.Running:
		text = turns[0].Holder + " served, and was not heard of since " + dateTime(turns[0].Lease) + " UTC; start ohc-pipeline serve"
	}
	fmt.Fprintf(s.out, "clock     %s\n", text)
	if held(s.c) {
		text = "a run is going on in the work folder"
	} else {
		text = "no run is going on in the work folder"
	}
	fmt.Fprintf(s.out, "now       %s UTC; %s\n\n", s.now.UTC().Format(time.DateTime), text)
	return nil
}

// ran lists how the newest time of each job stands.
func (s screen) ran(ctx context.Context) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "JOB\tDUE\tSTATUS\tTRIES\tENDED\tRUN\tWHY")
	for _, j := range s.set.Jobs() {
		turns, err := s.l.Turns(ctx, j.Name, 1)
		if err != nil {
			return err
		}
		switch {
		case len(turns) > 0:
			t := turns[0]
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", j.Name, t.At.In(zone(j)).Format(moment), t.Status, t.Tries, dateTime(t.Ended), cmp.Or(t.Run(), "-"), cmp.Or(brief(t.Failure), "-"))
		case j.Off != "":
			fmt.Fprintf(w, "%s\t-\toff\t-\t-\t-\t%s\n", j.Name, brief(j.Off))
		default:
			fmt.Fprintf(w, "%s\t-\tnever ran\t-\t-\t-\t-\n", j.Name)
		}
	}
	return w.Flush()
}

func zone(j schedules.Job) *time.Location {
	if j.Zone == nil {
		return time.UTC
	}
	return j.Zone
}

// leftOut says what the newest publication left out, in totals.
func (s screen) leftOut(ctx context.Context) error {
	runs, err := s.l.Runs(ctx, 1000)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Status != ledger.Published {
			continue
		}
		tallies, err := s.l.Tallies(ctx, r.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "\npublished %s UTC by run %s: %s\n", dateTime(r.Finished), r.ID, became(r, tallies))
		fmt.Fprintln(s.out, byGate(tallies)+"; more: ohc-pipeline show "+r.ID)
		return nil
	}
	return nil
}

// became says what became of the records of a run: of all, or of those of persons
// of whom something had changed.
func became(r ledger.Run, tallies []ledger.Tally) string {
	of, sums := "", totals(tallies)
	switch {
	case r.Kind == ledger.Delta && len(tallies) == 0:
		return "nothing had changed, and no record was read"
	case r.Kind == ledger.Delta:
		of = "of whom something had changed "
	}
	return fmt.Sprintf("%s%s records kept, %s excluded, %s rejected, %s superseded, %s deleted", of,
		number(sums["kept"]), number(sums["excluded"]), number(sums["rejected"]), number(sums["superseded"]), number(sums["deleted"]))
}

// overdue warns of what is published that must not be any more.
func (s screen) overdue() error {
	lines, err := overdue(s.c, s.now)
	for _, l := range lines {
		fmt.Fprintln(s.out, "\nWARNING: "+l)
	}
	return err
}

// byGate says how many records each gate left out.
func byGate(tallies []ledger.Tally) string {
	gates := make(map[string]int64)
	for _, t := range tallies {
		if t.Outcome == "excluded" {
			gates[t.Gate] += t.Records
		}
	}
	var words []string
	for _, g := range slices.Sorted(maps.Keys(gates)) {
		words = append(words, g+" "+number(gates[g]))
	}
	return "excluded by gate: " + cmp.Or(strings.Join(words, ", "), "none")
}

func number(n int64) string {
	if n == 0 {
		return "0"
	}
	return count(n)
}

// late lists what ought to be done and is not.
func (s screen) late(ctx context.Context) error {
	var lines []string
	for _, j := range s.set.Jobs() {
		of, err := s.lateOf(ctx, j)
		if err != nil {
			return err
		}
		lines = append(lines, of...)
	}
	if len(lines) == 0 {
		fmt.Fprintln(s.out, "\nNothing is late.")
		return nil
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nLATE\tDUE\tWHY")
	for _, l := range lines {
		fmt.Fprintln(w, l)
	}
	return w.Flush()
}

// lateOf says which turns of a job ought to be done and are not, a line each.
func (s screen) lateOf(ctx context.Context, j schedules.Job) (lines []string, err error) {
	if j.Off != "" {
		return nil, nil
	}
	turns, err := s.unsettled(ctx, j)
	if err != nil {
		return nil, err
	}
	told := make(map[time.Time]bool)
	for _, t := range turns {
		why, err := s.why(ctx, j, t)
		if err != nil {
			return nil, err
		}
		if why != "" && !told[t.At] {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s", j.Name, t.At.In(j.Zone).Format(moment), why))
		}
		told[t.At] = true
	}
	return lines, nil
}

// unsettled are the turns of a job that may be late: those that have not ended,
// those that nobody has taken down yet, and the newest where it has failed.
func (s screen) unsettled(ctx context.Context, j schedules.Job) ([]ledger.Turn, error) {
	p, err := s.l.Past(ctx, j.Name, time.Time{}, s.now)
	if err != nil || p.Seen.IsZero() {
		return nil, err
	}
	owed, err1 := s.h.Owed(ctx, j, false)
	newest, err2 := s.l.Turns(ctx, j.Name, 1)
	if len(newest) > 0 && newest[0].Status == ledger.Failed {
		owed = append(owed, newest[0])
	}
	return append(owed, p.Open...), errors.Join(err1, err2)
}

// why is why a turn is late; empty where it is not.
func (s screen) why(ctx context.Context, j schedules.Job, t ledger.Turn) (string, error) {
	by := j.By(t.At, t.Seen)
	past := ""
	if !by.IsZero() && s.now.After(by) {
		past = "; its deadline was " + by.In(j.Zone).Format(moment)
	}
	switch {
	case t.Status == ledger.Failed:
		return "it has failed: " + inLine(t.Failure) + "; next: ohc-pipeline retry " + j.Name, nil
	case t.Status == ledger.Running && past != "":
		return "it is going on" + past, nil
	case t.Status == clock.Waiting && t.Tries > 0:
		return "it has failed, and is tried again at " + dateTime(t.Again) + " UTC: " + inLine(t.Failure) + past, nil
	case t.Status == clock.Waiting && (s.now.Sub(t.At) > schedules.OnTime || past != ""):
		blocked, err := s.h.Blocked(ctx, j, t.At)
		if blocked != "" {
			return "it waits for " + blocked + past, err
		}
		return "it has not begun" + past, err
	}
	return "", nil
}

// inLine is all that is known of a failure, in one line: what to do about it comes last.
func inLine(failure string) string { return strings.ReplaceAll(failure, "\n", "; ") }

// comesNext lists the next time of each job.
func comesNext(out io.Writer, set schedules.Set, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nNEXT\tDUE\tRUNS\tAFTER")
	all := slices.DeleteFunc(set.Jobs(), func(j schedules.Job) bool { return j.Next(now).IsZero() })
	slices.SortStableFunc(all, func(a, b schedules.Job) int { return a.Next(now).Compare(b.Next(now)) })
	for _, j := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", j.Name, j.Next(now).Format(moment), chain(j), cmp.Or(j.After, "-"))
	}
	return w.Flush()
}

package main

import (
	"context"
	"slices"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules/clock"
)

// listed is the plain list of when each job is due: the clock of London, minute
// by minute.
var listed = map[string]func(london time.Time) bool{
	"nightly": func(l time.Time) bool { return l.Format("15:04") == "02:00" },
	"noon": func(l time.Time) bool {
		return l.Format("15:04") == "12:00" && l.Weekday() != time.Saturday && l.Weekday() != time.Sunday
	},
	"compact": func(l time.Time) bool { return l.Format("Mon 15:04") == "Sun 09:00" },
	"verify":  func(l time.Time) bool { return l.Format("Mon 15:04") == "Sun 09:00" },
	"reload":  func(l time.Time) bool { return l.Format("2 15:04") == "1 20:00" },
}

// kept holds that each job ran once for each time of the list, or that the
// ledger says why it did not; that it did on days on which nothing went wrong;
// and that it ran at no other time.
func (y *year) kept() {
	y.t.Helper()
	london, err := time.LoadLocation("Europe/London")
	y.must(err)
	l, err := openLedger(y.config)
	y.must(err)
	defer l.Close()
	for job, due := range listed {
		turns, err := l.Turns(context.Background(), job, 10_000)
		y.must(err)
		runs, err := l.RunsOf(context.Background(), job, 100_000)
		y.must(err)
		var times []time.Time
		for at := y.begins(0); at.Before(y.ends(y.day)); at = at.Add(time.Minute) {
			if due(at.In(london)) {
				times = append(times, at)
			}
		}
		for _, at := range times {
			y.once(job, at, turns, runs)
		}
		y.noOther(job, times, turns, runs)
	}
}

// once holds what became of one time of a job.
func (y *year) once(job string, at time.Time, turns []ledger.Turn, runs []ledger.Run) {
	y.t.Helper()
	var of []ledger.Turn
	for _, t := range turns {
		first := t.First
		if first.IsZero() {
			first = t.At
		}
		if !at.Before(first) && !at.After(t.At) {
			of = append(of, t)
		}
	}
	day := int(at.Sub(y.plan.Clock(0)) / (24 * time.Hour))
	if len(of) != 1 {
		y.t.Errorf("%s of %s has %d turns: %+v", job, at.Format(time.RFC3339), len(of), of)
		return
	}
	t := of[0]
	y.counts[job+" "+t.Status]++
	calm := !slices.ContainsFunc([]int{day - 2, day - 1, day}, func(d int) bool { return y.rough[d] })
	switch t.Status {
	case ledger.Done:
		for _, step := range t.Done {
			if n := doneRuns(runs, at, step); n != 1 {
				y.t.Errorf("%s of %s: the step %s was done %d times", job, at.Format(time.RFC3339), step, n)
			}
		}
		if len(t.Done) == 0 || calm && (t.Tries != 1 || len(t.Runs) != len(t.Done)) {
			y.t.Errorf("%s of %s was done in %d tries, the steps %q, by the runs %q", job, at.Format(time.RFC3339), t.Tries, t.Done, t.Runs)
		}
	case ledger.Failed, clock.Missed:
		if t.Failure == "" || t.Ended.IsZero() {
			y.t.Errorf("%s of %s is %s, and does not say why", job, at.Format(time.RFC3339), t.Status)
		}
		if calm && job != "compact" && job != "verify" {
			y.t.Errorf("%s of %s is %s, on a day on which all was well: %s", job, at.Format(time.RFC3339), t.Status, t.Failure)
		}
		y.t.Logf("%s of %s is %s after %d tries: %s", job, at.Format(time.RFC3339), t.Status, t.Tries, t.Failure)
	default:
		y.t.Errorf("%s of %s is %s at the end: %s", job, at.Format(time.RFC3339), t.Status, t.Failure)
	}
}

// doneRuns is how many runs did a step well.
func doneRuns(runs []ledger.Run, at time.Time, step string) (n int) {
	for _, r := range runs {
		if r.Due.Equal(at) && r.Step == step && (r.Status == ledger.Published || r.Status == ledger.Done) {
			n++
		}
	}
	return n
}

// noOther holds that nothing is there of a job but of the times of the list.
func (y *year) noOther(job string, times []time.Time, turns []ledger.Turn, runs []ledger.Run) {
	y.t.Helper()
	covered := 0
	for _, t := range turns {
		if !slices.ContainsFunc(times, t.At.Equal) {
			y.t.Errorf("%s has a turn of %s, when it is not due", job, t.At.Format(time.RFC3339))
		}
		covered += max(1, t.Times)
	}
	if covered != len(times) {
		y.t.Errorf("%s: the turns stand for %d times, of %d", job, covered, len(times))
	}
	for _, r := range runs {
		if !slices.ContainsFunc(times, r.Due.Equal) || r.Status == ledger.Running {
			y.t.Errorf("%s: the run %s for %s is %s", job, r.ID, r.Due.Format(time.RFC3339), r.Status)
		}
	}
}

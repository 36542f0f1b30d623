package clock

import (
	"fmt"
	"slices"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// plan is what has to be written of a job now: turns that have come due, turns
// and times that are given up, and turns whose holder is not heard of any more.
// called says that somebody calls for the job: one that was never seen then
// owes its latest time, however long ago that was.
func plan(j schedules.Job, p ledger.Past, now time.Time, called bool) []ledger.Turn {
	if j.Off != "" {
		return nil
	}
	var out, unbegun []ledger.Turn
	for _, t := range p.Open {
		switch {
		case t.At.After(now): // the clock was set back: its time comes again
		case t.Status == ledger.Running && !now.Before(t.Lease):
			out = append(out, cutOff(j, t, now))
		case t.Status == Waiting && len(t.Runs) == 0 && t.Tries == 0:
			unbegun = append(unbegun, t)
		}
	}
	due, gap := owed(j, since(j, p, now, called), now)
	fresh := make(map[time.Time]bool)
	for _, at := range due {
		unbegun = append(unbegun, ledger.Turn{Job: j.Name, At: at.UTC(), Status: Waiting, Seen: now, Again: now})
		fresh[at.UTC()] = true
	}
	if gap.Times > 0 {
		gap.Ended, gap.Seen, gap.Failure = now, now, why(j)
		out = append(out, gap)
	}
	slices.SortFunc(unbegun, func(a, b ledger.Turn) int { return a.At.Compare(b.At) })
	return append(out, weigh(j, unbegun, fresh, now)...)
}

// weigh is what has to be written of turns that were never begun, oldest first:
// those that are new, and those that are given up because newer ones are due, or
// because nobody was there to begin them.
func weigh(j schedules.Job, unbegun []ledger.Turn, fresh map[time.Time]bool, now time.Time) (out []ledger.Turn) {
	for i, t := range unbegun {
		newer := len(unbegun) - 1 - i
		switch {
		case newer >= max(1, int(j.CatchUp)):
			out = append(out, giveUp(t, now, why(j)))
		case j.CatchUp == 0 && now.Sub(t.Again) > schedules.OnTime:
			out = append(out, giveUp(t, now, "nobody was there to begin it (catch_up: none)"))
		case fresh[t.At]:
			out = append(out, t)
		case j.CatchUp == 0 && now.Sub(t.Again) > schedules.OnTime/4:
			t.Again = now // it is watched, and not missed
			out = append(out, t)
		}
	}
	return out
}

// why is the policy by which times are given up.
func why(j schedules.Job) string {
	if j.CatchUp == 0 {
		return "missed by more than " + schedules.OnTime.String() + " (catch_up: none)"
	}
	return "newer times were due before it could begin (catch_up: " + j.CatchUp.String() + ")"
}

// since is the time up to which a job owes nothing any more.
func since(j schedules.Job, p ledger.Past, now time.Time, called bool) time.Time {
	begin := p.Seen.Add(-schedules.OnTime)
	switch {
	case p.Seen.IsZero() && called:
		begin = j.Latest(now).Add(-time.Second)
	case p.Seen.IsZero(), p.Seen.After(now): // where the clock was set back, all that was before is not known
		begin = now.Add(-schedules.OnTime)
	}
	if p.Newest.After(begin) {
		return p.Newest
	}
	return begin
}

// owed are the logical times that are to be run, and those that are given up,
// as one turn.
func owed(j schedules.Job, last, now time.Time) (run []time.Time, gap ledger.Turn) {
	run, missed := j.Owed(last, now)
	if missed == 0 {
		return run, gap
	}
	until := now
	if len(run) > 0 {
		until = run[0].Add(-time.Second)
	}
	return run, ledger.Turn{Job: j.Name, First: j.Next(last).UTC(), At: j.Latest(until).UTC(), Times: missed, Status: Missed}
}

func giveUp(t ledger.Turn, now time.Time, why string) ledger.Turn {
	t.Status, t.Ended, t.Failure = Missed, now, why
	return t
}

// cutOff is a turn whose holder is not heard of any more.
func cutOff(j schedules.Job, t ledger.Turn, now time.Time) ledger.Turn {
	heard := t.Lease
	if now.Before(heard) {
		heard = now
	}
	return failed(j, t, schedules.CutOff, fmt.Sprintf("nothing was heard of %s any more", t.Holder), heard, now)
}

// failed is a turn whose try has failed, as its retry policy has it. ended is
// when that was, and now when it became known.
func failed(j schedules.Job, t ledger.Turn, kind schedules.Failure, reason string, ended, now time.Time) ledger.Turn {
	t.Kind, t.Failure, t.Lease = string(kind), reason, time.Time{}
	again, ok := j.Again(t.Tries, kind, ended, j.By(t.At, t.Seen))
	if ok {
		t.Status, t.Again = Waiting, again
		return t
	}
	t.Status, t.Ended = ledger.Failed, now
	return t
}

// split takes one time out of those that were given up together, so that it can
// be a turn of its own: the last of them, whose key it would take.
func split(j schedules.Job, gap ledger.Turn, at time.Time) []ledger.Turn {
	if gap.Times < 2 || !gap.At.Equal(at) {
		return nil
	}
	gap.At = j.Latest(at.Add(-time.Second)).UTC()
	gap.Times--
	return []ledger.Turn{gap}
}

// done reports whether a step of a turn is done.
func done(t ledger.Turn, s schedules.Step) bool { return slices.Contains(t.Done, s.String()) }

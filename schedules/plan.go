package schedules

import (
	"iter"
	"slices"
	"time"
)

// Next is the first logical time of a job after a time, in the job's zone. It
// is the zero time when the job is off.
func (j Job) Next(after time.Time) time.Time {
	if j.Off != "" {
		return time.Time{}
	}
	return j.times.next(after)
}

// Due are the logical times of a job after since, up to until and with it, in
// order.
func (j Job) Due(since, until time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for t := j.Next(since); !t.IsZero() && !t.After(until); t = j.Next(t) {
			if !yield(t) {
				return
			}
		}
	}
}

// Owed are the logical times that are to be run now, oldest first, when last is
// the newest one that was run or given up, and how many older ones are given up
// by the policy for missed times. A job that never ran owes only what is due
// now: what was before it was there was not missed.
func (j Job) Owed(last, now time.Time) (run []time.Time, missed int) {
	if last.IsZero() {
		last = now.Add(-OnTime)
	}
	keep := max(1, int(j.CatchUp))
	for t := range j.Due(last, now) {
		run = append(run, t)
		if len(run) > keep {
			run = slices.Delete(run, 0, 1)
			missed++
		}
	}
	if j.CatchUp == 0 && len(run) > 0 && now.Sub(run[0]) > OnTime {
		return nil, missed + 1
	}
	return run, missed
}

// By is when a run must be done: so long after its logical time, or after it
// could begin, where it is caught up later. It is the zero time when the job
// has no deadline.
func (j Job) By(logical, could time.Time) time.Time {
	if j.Deadline == 0 {
		return time.Time{}
	}
	if could.After(logical) {
		logical = could
	}
	return logical.Add(j.Deadline)
}

// Again says whether, and when, a run is tried again that has been tried so
// often, and has ended so. None is begun at its deadline or later; by is the
// zero time where there is none.
func (j Job) Again(tries int, why Failure, ended, by time.Time) (time.Time, bool) {
	at := ended.Add(j.Retry.Every)
	if tries > j.Retry.Times || !slices.Contains(j.Retry.On, why) || !by.IsZero() && !at.Before(by) {
		return time.Time{}, false
	}
	return at, true
}

// Latest is the newest logical time of a job up to a time and with it; the zero
// time where there is none.
func (j Job) Latest(until time.Time) time.Time {
	for span := time.Hour; span < 13*365*24*time.Hour; span *= 8 {
		var last time.Time
		for t := range j.Due(until.Add(-span), until) {
			last = t
		}
		if !last.IsZero() {
			return last
		}
	}
	return time.Time{}
}

// Set is the jobs of an installation, each after the one that it waits for.
type Set struct{ jobs []Job }

// Jobs are the jobs, each after the one that it waits for, else by name.
func (s Set) Jobs() []Job { return slices.Clone(s.jobs) }

// Find finds a job by its name.
func (s Set) Find(name string) (Job, bool) {
	for _, j := range s.jobs {
		if j.Name == name {
			return j, true
		}
	}
	return Job{}, false
}

// Due is a job and one of its logical times.
type Due struct {
	Job Job
	At  time.Time
}

// Due are the logical times of all jobs after since, up to until and with it:
// in order of time, and at one time each job after the one that it waits for.
func (s Set) Due(since, until time.Time) []Due {
	var out []Due
	for _, j := range s.jobs {
		for t := range j.Due(since, until) {
			out = append(out, Due{j, t})
		}
	}
	slices.SortStableFunc(out, func(a, b Due) int { return a.At.Compare(b.At) })
	return out
}

// Needs is what a job waits for at one of its logical times: the newest time of
// the job that it comes after. There is none when it waits for nobody.
func (s Set) Needs(j Job, at time.Time) (Due, bool) {
	other, ok := s.Find(j.After)
	if !ok {
		return Due{}, false
	}
	t := other.Latest(at)
	return Due{other, t}, !t.IsZero()
}

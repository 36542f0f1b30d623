package schedules

import (
	"fmt"
	"time"
)

// Job is one schedule as it was loaded. It is data, and is not changed.
type Job struct {
	Name string
	Cron string         // as it is written; empty when the job only follows another
	Zone *time.Location // whose clock it goes by
	Runs []Step         // in this order
	// After is the job that must have done its own latest time first. A job
	// without Cron is due at the times of the job that it follows.
	After      string
	Ended      bool // that one has only to have ended, well or not, or to be past its deadline
	CatchUp    CatchUp
	Retry      Retry
	Deadline   time.Duration // none when zero; see By
	AtDeadline string        // Warn or Stop, where there is a deadline
	Off        string        // why it never runs; empty when it does
	From       string        // the file that it stands in

	times spec
}

// Step is one thing that a job does: extract, reload, publish, compact, optout
// or verify. Feed is the feed of an extract or a reload; empty for all of them.
type Step struct{ Word, Feed string }

// String is the step as it stands in a file.
func (s Step) String() string {
	if s.Feed == "" {
		return s.Word
	}
	return s.Word + " " + s.Feed
}

// CatchUp is how many of the times that were missed are run, the newest ones:
// 0 is none, 1 is latest.
type CatchUp int

// String is the policy as it stands in a file.
func (c CatchUp) String() string {
	switch c {
	case 0:
		return "none"
	case 1:
		return "latest"
	}
	return fmt.Sprintf("all up to %d", int(c))
}

// OnTime is how late a logical time is still run as if on time, whatever the
// policy for missed times says.
const OnTime = 5 * time.Minute

// What is done about a job that is not done by its deadline.
const (
	Warn = "warn" // it is said; the job goes on
	Stop = "stop" // it is said, and the job is told to end as if interrupted
)

// Retry says how often a job that failed is tried again, how long after each
// failure, and after which kinds of failure.
type Retry struct {
	Times int
	Every time.Duration
	On    []Failure
}

// Failure is a kind of failure. What somebody has interrupted and what is wrongly
// configured is not tried again; what finds another one at work waits for it, and
// that is no try.
type Failure string

// The kinds of failure.
const (
	Failed  Failure = "failed"  // something broke: exit code 1
	Check   Failure = "check"   // a check or contract did not hold: exit code 2
	Refused Failure = "refused" // a gate refused: exit code 3
	CutOff  Failure = "cut-off" // it was killed, or the machine stopped
)

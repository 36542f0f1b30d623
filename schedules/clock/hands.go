package clock

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// Ledger is what the hands keep, as package ledger has it. Decide is one
// transaction, durable when it returns, and alone of its kind in all processes.
type Ledger interface {
	Past(ctx context.Context, job string, at, now time.Time) (ledger.Past, error)
	Decide(ctx context.Context, job string, at, now time.Time, f func(ledger.Past) ([]ledger.Turn, error)) error
}

// Perform does one step of a job, for its turn at a logical time. It is called
// again where a process died before it was noted that the step was done; one
// that is told to end ends soon. Run says under which id it goes.
type Perform func(ctx context.Context, job schedules.Job, at time.Time, step schedules.Step) error

// Watcher is told what the hands do. Alive is called at least every quarter of
// a lease as long as they move, Failed after each try that has failed, and when
// a deadline has passed. Both return at once.
type Watcher interface {
	Alive(doing string)
	Failed(ctx context.Context, f Failure)
}

// Failure is a try of a turn that has failed, or a turn that is late.
type Failure struct {
	Job    string
	Due    time.Time
	Step   string
	Run    string            // the run that failed; empty where there was none
	Kind   schedules.Failure // Overdue, where it is late
	Reason string            // without any identifier
	Tries  int               // of the turn, so far
	Again  time.Time         // when it is tried again; zero where it is not
	Late   bool              // it goes on, or is still to begin, after its deadline
	By     time.Time         // its deadline; zero where it has none
}

// The kinds of failure that no retry policy names.
const (
	Busy          schedules.Failure = "busy"          // another is at it; it waits, and that is no try
	Misconfigured schedules.Failure = "configuration" // not tried again
	Interrupted   schedules.Failure = "interrupted"   // somebody ended it; not tried again
	Overdue       schedules.Failure = "deadline"      // it was told to end at its deadline; not tried again
)

// Fault is an error of a kind. Without it an error of Perform is Failed.
type Fault struct {
	Kind schedules.Failure
	Err  error
}

// Error is that of the error within.
func (f Fault) Error() string { return f.Err.Error() }

// Unwrap is the error within.
func (f Fault) Unwrap() error { return f.Err }

// kind is that of an error.
func kind(err error) schedules.Failure {
	var f Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return schedules.Failed
}

// How a turn stands, beside Running, Done and Failed of package ledger.
const (
	Waiting = "waiting" // for its time, for another turn, or to be tried again
	Missed  = "missed"  // given up, and never begun
)

// ErrSettled says that a turn is not to be done, for it has ended.
var ErrSettled = errors.New("nothing to do")

// Itself is what stands for the hands among the jobs: its only turn is held by
// whoever serves.
const Itself = "(clock)"

// Hands move the jobs of a set. All fields but Lease, Grace and Patient must be
// set.
type Hands struct {
	Set     schedules.Set
	Ledger  Ledger
	Perform Perform
	Watcher Watcher
	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) // until the time is over, or the context
	Log     *slog.Logger
	Holder  string        // names this process among all that there were
	Lease   time.Duration // how long a process of which nothing is heard is thought to live; a minute when zero
	Grace   time.Duration // how long a step may go on when Serve is told to end
	Patient bool          // Once waits for what it comes after, and for the next try

	saidLate map[string]bool // the turns that were said to be late
	named    time.Time       // what the last run was named for
}

func (h *Hands) lease() time.Duration { return cmp.Or(h.Lease, time.Minute) }

// beat is how often it is heard of who holds something.
func (h *Hands) beat() time.Duration { return h.lease() / 4 }

// decide is a transaction on a job and, where that is not zero, one of its turns.
func (h *Hands) decide(ctx context.Context, job string, at time.Time, f func(p ledger.Past, now time.Time) ([]ledger.Turn, error)) error {
	now := h.Now()
	return h.Ledger.Decide(ctx, job, at, now, func(p ledger.Past) ([]ledger.Turn, error) { return f(p, now) })
}

// moment is a logical time as it is told, by the clock of its job.
func moment(j schedules.Job, at time.Time) string {
	return j.Name + " of " + at.In(j.Zone).Format("Mon 2006-01-02 15:04 MST")
}

type runKey struct{}

// Run is the id under which a step is performed; empty outside of Perform.
func Run(ctx context.Context) string {
	id, _ := ctx.Value(runKey{}).(string)
	return id
}

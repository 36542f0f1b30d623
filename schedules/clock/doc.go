// Package clock moves the hands: it has the jobs of package schedules run at
// their times, each logical time once, whatever happens to the machine.
//
// # One turn, followed from its time to its end
//
// A turn is a job and one of its logical times. It is in the ledger from the
// moment it is due (plan.go), and only what the ledger says counts: of all
// processes that want it the one whose transaction claims it has it (claim.go),
// for as long as it is heard of. Its steps are performed in their order
// (turn.go); each that is done is noted, so that a turn that was cut off, parked
// or tried again goes on where it stopped. A turn ends as done, as failed when
// the retry policy of its job has no more to say, or as missed when the policy
// for missed times gives it up. It never ends twice.
//
// A turn waits for the turn of another job where its schedule says so (wait.go).
// That one has to be done. Where it was given up, or was before that job was
// there, there is nothing to wait for. Where it has failed, the turn waits until
// somebody has it tried again, or until a newer one takes its place.
//
// Serve (serve.go) is the daemon; Once (once.go) is a single call, for a clock
// of somebody else. They differ in who waits, and in nothing else.
//
// # What is promised when a process dies
//
// Nobody hears of the holder of a turn any more: when its lease has run out
// somebody else takes the turn up again, where the job's retry policy names
// cut-off. What the process did between the end of a step and the note of it is
// done again, unless Perform can tell that it was done. A machine whose clock
// jumps ahead lets leases run out early: Perform must refuse to begin while
// another is at it (Busy), and the one who was robbed finds out within a quarter
// of a lease and stops, or takes the turn back where nobody has it.
package clock

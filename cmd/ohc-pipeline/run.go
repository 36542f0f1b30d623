package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/deid/gate"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/metric"
	"secondaryuse/pipeline/stage/seal"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "run [JOB]", Short: "Extract, gate, pseudonymise, build and publish; or run a job once", Args: cobra.MaximumNArgs(1),
		Long: `Take every record of every configured feed the whole way: past the gates,
across to pseudonyms, into the stage and the marts, and publish a snapshot. Of a
feed that is fetched, what has changed is fetched first, and where every other
feed is as it was only the persons of whom something has changed take the way
anew; --reload has everything fetched and read.

With JOB, do what that job of the schedules owes now: once, and as serve would,
for a crontab, a systemd timer or a Kubernetes CronJob. A logical time that is
done is not done again, whoever calls, and however often: that is said, and the
exit code is 0. One that is going on, or has to wait for another job, ends with
75, unless --wait has it wait, and try again as the job's file says.

Nothing is published unless every gate opened, every record is accounted for and
every mart holds its checks; what was published before stays served until then.
Silent on success unless it runs on a terminal or --summary is given.`,
		Example: "  ohc-pipeline run --config config.yaml\n  ohc-pipeline run --summary >> /var/log/ohc.log\n" +
			"  ohc-pipeline run nightly --wait\n  ohc-pipeline run nightly --as-of 2026-11-20\n  ohc-pipeline run nightly --plan",
	}
	path := configFlag(c)
	summary := summaryFlag(c)
	reload := c.Flags().Bool("reload", false, "fetch and read everything, whatever has changed")
	job := jobFlags(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 && *reload {
			return coded{exitUsage, errors.New("--reload is for a run without a job; a job has the step reload; see ohc-pipeline run --help")}
		}
		if len(args) > 0 {
			return job.run(cmd, *path, args[0], *summary)
		}
		if job.given(cmd) {
			return coded{exitUsage, errors.New("--as-of, --plan and --wait are for a job; name one; see ohc-pipeline run --help")}
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		result, took, err := begin(cmd.Context(), conf, everything(*reload))
		if err != nil {
			return err
		}
		return tellResult(cmd.OutOrStdout(), result, took, "read", *summary)
	}
	acceptFlag(c)
	return leaving(c, path)
}

// summaryFlag adds --summary to a command.
func summaryFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("summary", false, "print one line at the end, terminal or not; its counts are rounded")
}

// tellResult says what a run came to: all of it on a terminal, one line where that
// is asked for, else nothing.
func tellResult(out io.Writer, r pipeline.Result, took time.Duration, read string, summary bool) error {
	watched := terminal(os.Stdout)
	if watched {
		fmt.Fprintln(out)
		if err := reconcile(out, r.Account.Tallies()); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	if watched || summary {
		fmt.Fprintln(out, sentence(r, took, read))
	}
	if watched && totals(r.Account.Tallies())["rejected"] > 0 {
		fmt.Fprintln(out, "where the rejected records lie: ohc-pipeline quarantine")
	}
	return nil
}

// sentence is the line an operator reads in the morning. It ends in logs and
// mails, so no count in it is exact.
func sentence(r pipeline.Result, took time.Duration, read string) string {
	sums, all := totals(r.Account.Tallies()), int64(0)
	for _, o := range outcomes {
		all += sums[o]
	}
	of := ""
	if r.Resumed {
		read = "that had been read and staged by an earlier run"
	}
	if r.Delta {
		of = fmt.Sprintf(" of %s persons of whom something has changed", about(int64(r.Touched)))
	}
	return fmt.Sprintf("published %s: %s persons and %s records%s %s, %s kept, %s excluded, %s rejected; %.1f s", r.Snapshot,
		about(int64(r.Persons)), about(all), of, read, about(sums["kept"]), about(sums["excluded"]), about(sums["rejected"]), took.Seconds())
}

// about tells a count of persons or records as metrics do.
func about(n int64) string {
	if told, ok := metric.Rounded(n); ok {
		return strconv.FormatInt(told, 10)
	}
	return "fewer than 8"
}

// unwatched marks the context of runs that show no progress, on a terminal or not.
type unwatched struct{}

// watch takes down a run's steps, and shows its progress on a terminal. end ends
// that.
func watch(ctx context.Context, r *pipeline.Run) (end func()) {
	r.Progress, end = follow(ctx, r.Ledger, r.ID)
	return end
}

// The ways to run.
var (
	extract = attempt{"run", runFeeds, ledger.Published, part{}}
	again   = attempt{"publish", runStaged, ledger.Published, part{}}
)

// reloads is the step of a run by hand that fetches everything anew.
const reloads = "reload"

// everything fetches what is fetched, all of it where reload is set, and then
// runs. Every gate opens before anything is fetched, and once.
func everything(reload bool) attempt {
	way := extract
	if reload {
		way.of.step = reloads
	}
	way.try = func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
		if !fetched(c) {
			return runAll(ctx, c, l, id, asOf, now, reload)
		}
		r, _, err := prepare(c, asOf, now, true)
		if err != nil {
			return pipeline.Result{}, err
		}
		if _, err := extractFeeds("", reload)(ctx, c, l, id, asOf, now); err != nil {
			return pipeline.Result{}, err
		}
		return goAll(ctx, c, l, id, r, now, reload)
	}
	return way
}

// attempt is a way to run, and the command that is for it.
type attempt struct {
	command string
	try     try
	well    string // how it ends when it ends well
	of      part   // the turn that it is part of
}

// part is a step of a turn of a job; the zero part is none.
type part struct {
	run, job, step string
	due            time.Time
}

// did reports whether the step was done already, by a run that could not say so
// before it died.
func (p part) did(ctx context.Context, l *ledger.Ledger) (bool, error) {
	if p.job == "" {
		return false, nil
	}
	runs, err := l.RunsOf(ctx, p.job, 100)
	return slices.ContainsFunc(runs, func(r ledger.Run) bool {
		return r.Due.Equal(p.due) && r.Step == p.step && (r.Status == ledger.Published || r.Status == ledger.Done)
	}), err
}

// begin does one run under the lock, and has the ledger know of it.
func begin(ctx context.Context, c config.Config, way attempt) (pipeline.Result, time.Duration, error) {
	unlock, err := lock(c)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	defer unlock()
	began := nowIn(ctx).UTC()
	asOf, err := day(c, began)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	l, err := openLedger(c)
	if err != nil {
		return pipeline.Result{}, 0, err
	}
	defer l.Close()
	if err := l.Recover(ctx, served(c).Run, served(c).ID); err != nil {
		return pipeline.Result{}, 0, err
	}
	if done, err := way.of.did(ctx, l); done || err != nil {
		return pipeline.Result{}, 0, err
	}
	entry := ledger.Run{ID: cmp.Or(way.of.run, seal.Name(began)), Command: way.command, Started: began, AsOf: asOf.Format(time.DateOnly), Purpose: c.Purpose,
		Job: way.of.job, Due: way.of.due, Step: way.of.step, Who: usage.Caller(), Config: c.Digest()}
	if ctx, err = noted(ctx, c, l, &entry); err != nil {
		return pipeline.Result{}, 0, err
	}
	had := keyFiles(c)
	var result pipeline.Result
	if err = errors.Join(sweep(c), outdated(c, began), retired(c, began)); err == nil {
		result, err = way.guarded(ctx, c, l, entry.ID, asOf, began)
	}
	entry.Snapshot, entry.Status = result.Snapshot, way.well
	entry, err = ended(ctx, c, entry, err)
	// The context may be what ended the run; that it ended is noted all the same.
	entry, err = concluded(context.WithoutCancel(ctx), c, l, entry, had, err)
	return result, nowIn(ctx).Sub(began), errors.Join(err, finish(context.WithoutCancel(ctx), l, entry))
}

// noted has the audit log and the ledger know of a run before anything of it is
// done.
func noted(ctx context.Context, c config.Config, l *ledger.Ledger, r *ledger.Run) (context.Context, error) {
	err := reportLast(ctx, c, l)
	if err != nil {
		return ctx, err
	}
	if r.Program, err = program(); err != nil {
		return ctx, err
	}
	if ctx, err = attestBegun(ctx, c, l, *r); err != nil {
		return ctx, err
	}
	return logged(ctx, loggerOf(ctx).With("run", r.ID)), l.Begin(ctx, *r)
}

// guarded is try, but that a panic is a failure of the step that the run had come
// to.
func (a attempt) guarded(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (r pipeline.Result, err error) {
	err = guard.Try(func() error {
		r, err = a.try(ctx, c, l, id, asOf, now)
		return err
	})
	p, ok := errors.AsType[*guard.Panic](err)
	if !ok {
		return r, err
	}
	loggerOf(ctx).Error("panic", "type", p.Type, "stack", p.Stack)
	if steps, _ := l.Steps(context.WithoutCancel(ctx), id); len(steps) > 0 {
		err = fmt.Errorf("step %s: %w", steps[len(steps)-1].Name, err)
	}
	return r, err
}

// finish notes how a run has ended, and the step that it was at.
func finish(ctx context.Context, l *ledger.Ledger, r ledger.Run) error {
	status, note := r.Status, r.Failure
	if r.Status == ledger.Published {
		status = ledger.Done
	}
	return errors.Join(l.EndStep(ctx, r.ID, status, note, r.Finished), l.Finish(ctx, r))
}

// served is what the current snapshot says of itself: nothing where there is
// none that can be read.
func served(c config.Config) snapshot.Manifest {
	_, m, _ := snapshot.Current(c.Marts)
	return m
}

// ended says how a run ended: by what is published, whatever went wrong.
func ended(ctx context.Context, c config.Config, r ledger.Run, err error) (ledger.Run, error) {
	r.Finished = nowIn(ctx)
	if m := served(c); m.Run == r.ID {
		r.Snapshot, r.Status = m.ID, ledger.Published
		if err != nil {
			r.Failure = "after it had published: " + err.Error()
			err = coded{exitFailed, fmt.Errorf("published %s, and then: %w", r.Snapshot, err)}
		}
		return r, err
	}
	if err != nil {
		r.Snapshot, r.Status, r.Failure = "", status(ctx, err), err.Error()
	}
	if r.Status == ledger.Interrupted {
		err = coded{exitInterrupted, errors.New("interrupted; nothing was published; run it again")}
	}
	return r, err
}

// sweep takes away what runs that died have left. What is not ours stays.
func sweep(c config.Config) error {
	err := errors.Join(pipeline.Sweep(stageOf(c)), snapshot.Sweep(c.Marts))
	if errors.Is(err, seal.ErrDamaged) {
		err = fmt.Errorf("%w; next: move %s away and start ohc-pipeline run, which reads the feeds again", err, stageOf(c))
	}
	return err
}

func status(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return ledger.Interrupted
	case errors.Is(err, gate.ErrRefused):
		return ledger.Refused
	}
	return ledger.Failed
}

// runFeeds takes up what there is of every feed.
func runFeeds(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
	return runAll(ctx, c, l, id, asOf, now, false)
}

// runAll opens everything a run of all feeds needs, and goes.
func runAll(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time, reload bool) (pipeline.Result, error) {
	r, _, err := prepare(c, asOf, now, true)
	if err != nil {
		return pipeline.Result{}, err
	}
	return goAll(ctx, c, l, id, r, now, reload)
}

// goAll takes up what there is of all feeds by now.
func goAll(ctx context.Context, c config.Config, l *ledger.Ledger, id string, r pipeline.Run, now time.Time, reload bool) (pipeline.Result, error) {
	if err := arrived(ctx, c); err != nil {
		return pipeline.Result{}, err
	}
	r, err := gather(c, now, r, newest)
	if err == nil {
		err = feedsThere(c, r.Feeds)
	}
	if err != nil {
		return pipeline.Result{}, err
	}
	r.Reload = reload
	r.ID, r.Ledger, r.Audit, r.Check = id, l, headIn(ctx).String(), suddenly(c, l, id)
	defer watch(ctx, &r)()
	result, err := goOrResume(ctx, c, &r)
	if err == nil {
		err = arrived(ctx, c)
	}
	return result, err
}

// goOrResume takes every record the whole way; or only what is staged to the
// marts, where a run before has staged all of it and then failed or died.
func goOrResume(ctx context.Context, c config.Config, r *pipeline.Run) (pipeline.Result, error) {
	live, err := seal.Current(r.Stage)
	if err != nil || live.Run == served(c).Run {
		return r.Go(ctx)
	}
	staged, err := r.Staged(ctx, live)
	if err != nil {
		return pipeline.Result{}, err
	}
	if staged {
		return r.Resume(ctx, live)
	}
	return r.Go(ctx)
}

// feedsThere returns an error where a feed has no folder, or was never fetched.
func feedsThere(c config.Config, feeds []pipeline.Feed) error {
	for i, f := range c.Feeds {
		if f.Fetch.Some() {
			if len(feeds[i].Landed) == 0 {
				return fmt.Errorf("feed %s: nothing of it was fetched yet; next: ohc-pipeline run, which fetches it", f.Name)
			}
			continue
		}
		if err := folderThere(c, i); err != nil {
			return err
		}
	}
	return nil
}

// folderThere returns an error where a feed that is not fetched has no folder.
func folderThere(c config.Config, feed int) error {
	if _, err := os.Stat(c.Feeds[feed].Path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("feed %s: there is no such folder; next: put it there, or correct %s", c.Feeds[feed].Name, c.Where(fmt.Sprintf("feeds[%d].path", feed)))
	}
	return nil
}

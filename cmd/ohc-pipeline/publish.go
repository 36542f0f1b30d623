package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/identity"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
)

func publishCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "publish", Short: "Apply new opt-outs and objections, and publish again", Args: cobra.NoArgs,
		Long: `Apply the opt-out and objection lists as they are now to what is already staged,
and publish. Nothing is fetched. Whoever is not on the allow list any more, or has
objected, is gone from every mart and from the stage's files. Where an agreement, a
connection, the sensitive policy or the register of purposes says something else than
when it was staged, every record is judged anew: those that lie here are read, and
nothing is fetched. What is known of former numbers stays as it is until the next run.

Ages and registers are those of today, or of as_of where that is configured.
Somebody who may be used again comes back with the next run, which reads the feeds.

Where feeds are fetched, every list is applied to whoever it says something else
of than before, the connections too, and who may be used again is back at once.
Rows of who is out stay on the disk, in a lower layer, until the job compact. Where
what is staged cannot be gone on from, such as after a change of the configuration,
its layers become one, and publish does what it does where no feed is fetched.
Silent on success unless it runs on a terminal or --summary is given.`,
		Example: "  ohc-pipeline publish --config config.yaml\n  ohc-pipeline publish --summary",
	}
	path := configFlag(c)
	summary := summaryFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		result, took, err := begin(cmd.Context(), conf, again)
		if err != nil {
			return err
		}
		return tellResult(cmd.OutOrStdout(), result, took, "staged", *summary)
	}
	acceptFlag(c)
	return leaving(c, path)
}

// runStaged opens what a publication needs, and goes. What has landed since it was
// staged does not count.
func runStaged(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
	live, err := seal.Current(stageOf(c))
	if err != nil {
		return pipeline.Result{}, fmt.Errorf("%w; start with ohc-pipeline run", err)
	}
	r, o, err := prepare(c, asOf, now, true)
	if err == nil {
		r, err = gather(c, now, r, func(feed string) int64 { return readOf(live, feed) })
	}
	if err != nil {
		return pipeline.Result{}, err
	}
	r.ID, r.Ledger, r.Audit, r.Check = id, l, headIn(ctx).String(), suddenly(c, l, id)
	defer watch(ctx, &r)()
	if r.Keep {
		if _, plan, err := r.Plan(ctx); err == nil && !plan.Whole {
			return r.Go(ctx)
		}
	}
	if r.Judged != live.Judged {
		return rejudged(ctx, c, &r, live)
	}
	if r.Keep {
		err = flat(ctx, stageOf(c), id, now, live)
	}
	r.Feeds = nil // no feed is read
	r.Rules = standOn(r.Rules, live.Rules)
	var result pipeline.Result
	if err == nil {
		result, err = r.Again(ctx, known(o), o.optout != nil)
	}
	if errors.Is(err, seal.ErrDamaged) {
		err = fmt.Errorf("%w; next: start ohc-pipeline run, which reads the feeds again", err)
	}
	return result, err
}

// rejudged has every record judged anew by gates of records that say something
// else than when it was staged. No row says all that they judge by, so the records
// are read, where they lie here already: nothing is fetched. Where they do not lie
// here any more it fails, rather than publish what may not be used.
func rejudged(ctx context.Context, c config.Config, r *pipeline.Run, live seal.Manifest) (pipeline.Result, error) {
	if err := errors.Join(feedsThere(c, r.Feeds), r.Gone(ctx, live)); err != nil {
		return pipeline.Result{}, fmt.Errorf("an agreement, a connection, the sensitive policy or the terms of the purpose have changed, and what is staged must be judged anew: %w", err)
	}
	r.Reload = true
	return r.Go(ctx)
}

// flat makes one layer of those of the live run, for what follows knows but one:
// under a name that neither that run has nor the one that is going on.
func flat(ctx context.Context, dir, id string, now time.Time, live seal.Manifest) error {
	if live.Layer == live.Since {
		return nil
	}
	if err := seal.Verify(ctx, dir, live); err != nil { // or what is damaged would be sealed anew
		return err
	}
	for {
		now = now.Add(-time.Millisecond)
		if name := seal.Name(now); name != id && name != live.Run {
			return compacted(ctx, dir, name)
		}
	}
}

// standOn returns what a publication stands on: the lists of the person gates
// as they are now, and the others as they were when the feeds were read, for
// records are not judged again.
func standOn(now, staged []string) []string {
	out := make([]string, 0, len(now))
	for _, rule := range now {
		name, _, _ := strings.Cut(rule, ": ")
		switch name {
		case "purpose", "register", "optout", "objection", "base key", "domain key", "keys", "change", "leak":
		default:
			rule = name + ": not known"
			for _, then := range staged {
				if strings.HasPrefix(then, name+": ") {
					rule = then
				}
			}
		}
		out = append(out, rule)
	}
	return out
}

// known is every number that the lists of the person gates name.
func known(o opened) []identity.Number {
	var out []identity.Number
	if o.optout != nil {
		out = slices.AppendSeq(out, o.optout.Numbers())
	}
	if g, ok := o.gates.Watch.(*objection.Gate); ok {
		out = slices.AppendSeq(out, g.Numbers())
	}
	return out
}

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"secondaryuse/deid/gate/optout/exchange"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/schedules"
)

// foresee is what a step of a job would do now, in words, a line each. It
// touches no data, and writes nothing but that it opens keys.
func foresee(ctx context.Context, c config.Config, j schedules.Job, s schedules.Step) []string {
	switch way, _ := wayOf(j, s); {
	case s.Word == "extract", s.Word == "reload":
		return foreseeFetch(ctx, c, s)
	case way.command == extract.command:
		return foreseeRun(ctx, c)
	case way.command == again.command:
		return []string{"nothing is fetched; new opt-outs and objections are applied to what is staged; the marts are published"}
	case s.Word == "verify":
		return []string{"every file of the stage and of the snapshot is read and compared with its seal", "the audit log is held to its chain, and to all that knows its head"}
	case s.Word == "optout":
		return foreseeExchange(ctx, c)
	case s.Word == "compact":
		return []string{"the layers of the stage become one, without the rows that do not count any more", "what has been over for 400 days is taken out of the ledger, and its gate reports go"}
	}
	return []string{"it cannot be done yet"}
}

// foreseeExchange says how the exchange stands; what is due follows from that and
// from what has come meanwhile, which is not looked for.
func foreseeExchange(ctx context.Context, c config.Config) []string {
	if err := corresponds(c); err != nil {
		return []string{"it cannot be done: " + err.Error()}
	}
	s, err := exchange.Look(exchangeOf(c, func() time.Time { return nowIn(ctx) }))
	if err != nil {
		return []string{err.Error()}
	}
	return []string{s.String(), "what the service has answered is collected; where nothing is on its way then, and the list is old enough, everybody is asked about anew"}
}

// foreseeFetch says what would be asked of which system, and since when.
func foreseeFetch(ctx context.Context, c config.Config, s schedules.Step) (out []string) {
	for _, f := range c.Feeds {
		switch {
		case s.Feed != "" && s.Feed != f.Name:
		case !f.Fetch.Some():
			out = append(out, "feed "+f.Name+": a folder, which is read whole")
		default:
			out = append(out, foreseeFeed(ctx, c, f, s.Word == "reload")...)
		}
	}
	return out
}

func foreseeFeed(ctx context.Context, c config.Config, f config.Feed, whole bool) []string {
	from, err := fetcherOf(ctx, f)
	var last fetch.Last
	if err == nil && !whole {
		last, err = landingOf(c, f).Last()
	}
	var p fetch.Plan
	if err == nil {
		p, err = from.Plan(ctx, last)
	}
	if err != nil {
		return []string{"feed " + f.Name + ": cannot be planned: " + err.Error()}
	}
	since := "everything"
	if p.Since != "" {
		since = "what has changed since " + p.Since
	}
	out := []string{fmt.Sprintf("feed %s: %s is fetched from %s", f.Name, since, p.From)}
	for _, line := range p.Asks {
		out = append(out, "  "+line)
	}
	return out
}

// foreseeRun says what would be read, given what has landed by now.
func foreseeRun(ctx context.Context, c config.Config) []string {
	now := time.Now().UTC()
	asOf, err := day(c, now)
	if err != nil {
		return []string{err.Error()}
	}
	if err := keysUsed(ctx, c, "run --plan", keysOfRun(c)...); err != nil {
		return []string{err.Error()}
	}
	r, _, err := open(c, asOf, now, false)
	if err != nil {
		return []string{err.Error()}
	}
	_, plan, err := r.Plan(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	if plan.Whole {
		return []string{"every feed is read whole: " + plan.Why, "every mart is built anew and published"}
	}
	out := []string{"only what has changed is read, and all records of the persons it is about"}
	for _, f := range plan.Feeds {
		out = append(out, "feed "+f.Name+": "+landedSince(f))
	}
	return append(out, "marts about persons are built for these persons, the others from the change; all are published")
}

// landedSince says which deliveries of a feed would be read.
func landedSince(f pipeline.FeedPlan) string {
	if len(f.Deliveries) == 0 {
		return "nothing has landed that is not staged"
	}
	return "deliveries " + strings.Trim(fmt.Sprint(f.Deliveries), "[]")
}

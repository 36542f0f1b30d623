package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/stage/seal"
)

// fetchFeeds brings into the landing what has changed in every feed that is
// fetched, or in the one that is named; everything where whole is set.
func fetchFeeds(ctx context.Context, c config.Config, name string, whole bool, p fetch.Progress) error {
	live, err := seal.Current(stageOf(c))
	if err != nil && !errors.Is(err, seal.ErrNone) {
		return err
	}
	for i, f := range c.Feeds {
		if !f.Fetch.Some() || name != "" && name != f.Name {
			continue
		}
		from, err := fetcherOf(ctx, f)
		if err != nil {
			return wrong(c, fmt.Sprintf("feeds[%d].fetch", i), err.Error())
		}
		if err := fetchFeed(ctx, c, f, from, live, whole, p); err != nil {
			return fmt.Errorf("feed %s: %w", f.Name, err)
		}
	}
	return nil
}

// fetchFeed brings what has changed in one feed.
func fetchFeed(ctx context.Context, c config.Config, f config.Feed, from fetch.Fetcher, live seal.Manifest, whole bool, p fetch.Progress) error {
	_, err := landingOf(c, f).Fetch(ctx, from, whole, markOf(live, f.Name), fetching(p, f.Name))
	if errors.Is(err, fetch.ErrNothing) {
		return nil
	}
	return err
}

// markOf is the newest delivery of a feed that a sealed run has read.
func markOf(m seal.Manifest, feed string) int64 {
	for _, mark := range m.Marks {
		if mark.Feed == feed {
			return mark.Delivery
		}
	}
	return 0
}

// readOf is the delivery of a feed up to which that was read which a sealed run holds,
// whichever run has read it; 0 of one that is not fetched.
func readOf(m seal.Manifest, feed string) int64 {
	return markOf(seal.Manifest{Marks: slices.Concat(m.Marks, m.Before)}, feed)
}

// arrived takes down which deliveries are published, and tells the systems they
// came from: at the end of a run, and at the beginning of the next one, should
// the end not have been reached. A system that does not answer is told later.
func arrived(ctx context.Context, c config.Config) error {
	live, err := seal.Current(stageOf(c))
	if errors.Is(err, seal.ErrNone) {
		return nil
	}
	_, m, published := snapshot.Current(c.Marts)
	if err != nil || published != nil || m.Run != live.Run {
		return err
	}
	for _, f := range c.Feeds {
		if !f.Fetch.Some() {
			continue
		}
		l := landingOf(c, f)
		known, err := l.Published()
		if err != nil {
			return err
		}
		if n := markOf(live, f.Name); n > known {
			if err := l.Publish(n); err != nil {
				return err
			}
		}
		from, err := fetcherOf(ctx, f)
		if err == nil {
			err = l.Done(ctx, from)
		}
		if err != nil {
			loggerOf(ctx).Warn("the system that a feed comes from could not be told that it was published; it is told with the next fetch", "feed", f.Name, "failure", err.Error())
		}
	}
	return nil
}

package main

import (
	"errors"
	"time"

	"secondaryuse/deid/gate/list"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
)

// skew is how far the clock of this machine may be behind.
const skew = 5 * time.Minute

// today is London's day at a time, written as its midnight in UTC.
func today(at time.Time) time.Time {
	y, m, d := at.In(list.London).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// day is the day that a run's ages and registers are for: the configured one,
// or today. It must have come, and must not be before that of what is staged
// or published: births are cut for the day they were staged on, and what is
// published never goes back.
func day(c config.Config, now time.Time) (time.Time, error) {
	asOf := c.AsOf.Time
	if asOf.IsZero() {
		asOf = today(now)
	}
	if asOf.After(today(now.Add(skew))) {
		return asOf, wrong(c, "as_of", "it has not come yet; leave as_of out for today, "+today(now).Format(time.DateOnly))
	}
	last := ""
	if _, m, err := snapshot.Current(c.Marts); err == nil {
		last = m.AsOf
	}
	if m, err := seal.Current(stageOf(c)); err == nil {
		last = max(last, m.AsOf)
	}
	if asOf.Format(time.DateOnly) < last {
		return asOf, wrong(c, "as_of", "before "+last+", the day of what is there, and that does not go back; "+
			"name a later day, or leave as_of out for today, or name other work and marts folders")
	}
	return asOf, nil
}

// wrong is an error about a key of the configuration.
func wrong(c config.Config, key, reason string) error {
	return coded{exitConfig, errors.New(c.Where(key) + ": " + reason)}
}

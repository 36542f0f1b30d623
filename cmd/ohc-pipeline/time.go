package main

import (
	"context"
	"time"

	"secondaryuse/pipeline/fetch/bulk"
)

// timeKey marks the context of what goes by another clock than the machine's.
type timeKey struct{}

// timed has all that is done under a context go by a clock: which day it is, how
// old a list may be, when a run began, how long a server is waited for. It is the
// one way to do so; the hands that move the jobs have a clock of their own.
func timed(ctx context.Context, by bulk.Clock) context.Context {
	return context.WithValue(ctx, timeKey{}, by)
}

// clockIn is the clock that a context goes by; nil for the machine's.
func clockIn(ctx context.Context) bulk.Clock {
	by, _ := ctx.Value(timeKey{}).(bulk.Clock)
	return by
}

// nowIn is the time under a context.
func nowIn(ctx context.Context) time.Time {
	if by := clockIn(ctx); by != nil {
		return by.Now()
	}
	return time.Now()
}

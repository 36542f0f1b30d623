package main

import (
	"context"
	"encoding/binary"
	"os"
	"sync"
	"time"
)

// timeline is a time that stands still while anything is done, and goes on at
// once when all daemons sleep: to when the first of them wakes. At its end it is
// over. Other processes see it in a file.
type timeline struct {
	mu      sync.Mutex
	moved   *sync.Cond
	now     time.Time
	until   time.Time
	over    func()
	daemons int
	asleep  map[*sleeper]bool
	stopped map[string]time.Time // daemons that the machine has stopped, and until when
	shown   *os.File
}

// sleeper is a daemon that sleeps.
type sleeper struct {
	of    string
	wake  time.Time
	tends bool // it sleeps beside a step, that takes no time
}

// idly marks the context under which daemons sleep when they do nothing else.
type idly struct{}

func newTimeline(shown *os.File, from, until time.Time, daemons int, over func()) *timeline {
	tl := &timeline{until: until, over: over, daemons: daemons, asleep: make(map[*sleeper]bool), stopped: make(map[string]time.Time), shown: shown}
	tl.moved = sync.NewCond(&tl.mu)
	tl.set(from)
	return tl
}

// set puts the time forward, for everybody to see.
func (tl *timeline) set(now time.Time) {
	tl.now = now
	showTime(tl.shown, now)
	tl.moved.Broadcast()
}

// showTime and readTime are how a time goes from one process to another.
func showTime(f *os.File, now time.Time) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(now.UnixMilli()))
	if _, err := f.WriteAt(b[:], 0); err != nil {
		panic(err) // unreachable while the folder is there
	}
}

func readTime(f *os.File) time.Time {
	var b [8]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.LittleEndian.Uint64(b[:]))).UTC()
}

// Now and Sleep make it the clock of what is done within a step: to wait lets
// the time pass.
func (tl *timeline) Now() time.Time {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	return tl.now
}

func (tl *timeline) Sleep(ctx context.Context, d time.Duration) error {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.set(tl.now.Add(d))
	return ctx.Err()
}

// daemon is how one of the daemons sleeps.
func (tl *timeline) daemon(name string) func(context.Context, time.Duration) {
	return func(ctx context.Context, d time.Duration) {
		tl.mu.Lock()
		defer tl.mu.Unlock()
		defer context.AfterFunc(ctx, func() {
			tl.mu.Lock()
			defer tl.mu.Unlock()
			tl.moved.Broadcast()
		})()
		me := &sleeper{name, tl.now.Add(d), ctx.Value(idly{}) == nil}
		tl.asleep[me] = true
		defer delete(tl.asleep, me)
		tl.goOn()
		for ctx.Err() == nil && tl.now.Before(me.wake) || tl.now.Before(tl.stopped[name]) {
			tl.moved.Wait()
		}
	}
}

// goOn lets the time go on where nobody does anything.
func (tl *timeline) goOn() {
	idle := 0
	for s := range tl.asleep {
		if !s.tends || tl.now.Before(tl.stopped[s.of]) {
			idle++
		}
	}
	if idle < tl.daemons {
		return
	}
	next := tl.until
	for s := range tl.asleep {
		wake := s.wake
		if until := tl.stopped[s.of]; until.After(wake) {
			wake = until
		}
		if wake.Before(next) {
			next = wake
		}
	}
	if next.After(tl.now) {
		tl.set(next)
	}
	if !next.Before(tl.until) {
		clear(tl.stopped)
		tl.moved.Broadcast()
		tl.over()
	}
}

// stop has a daemon, and all that it does, stand still for a time.
func (tl *timeline) stop(name string, d time.Duration) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	thaw := tl.now.Add(d)
	tl.stopped[name] = thaw
	tl.goOn()
	for tl.now.Before(thaw) && !tl.stopped[name].IsZero() {
		tl.moved.Wait()
	}
}

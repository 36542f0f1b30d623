package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/schedules"
)

// yearLease is how long a daemon of which nothing is heard is thought to live:
// it wakes four times as often, so a long one makes a year short.
const yearLease = time.Hour

// session is a time in which daemons serve an installation.
type session struct {
	config      config.Config
	from, until time.Time
	shown       *os.File
	log         io.Writer
	daemons     int
	stops       int // how many of the first steps a machine stops at, for longer than a lease
}

// run has them serve until the end.
func (s session) run() error {
	set, err := jobs(s.config)
	if err != nil {
		return err
	}
	ctx, over := context.WithCancel(context.Background())
	defer over()
	tl := newTimeline(s.shown, s.from, s.until, s.daemons, over)
	errs := make([]error, s.daemons)
	var all sync.WaitGroup
	var stops sync.Mutex
	left := s.stops
	stop := func() (before, after bool) { // at the first, third and so on before the step, else after it
		stops.Lock()
		defer stops.Unlock()
		left--
		return left >= 0 && left%2 == 0, left >= 0 && left%2 == 1
	}
	for i := range s.daemons {
		all.Go(func() { errs[i] = s.serve(ctx, tl, set, stop) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// serve is one daemon.
func (s session) serve(ctx context.Context, tl *timeline, set schedules.Set, stop func() (before, after bool)) error {
	l, err := openLedger(s.config)
	if err != nil {
		return err
	}
	defer l.Close()
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	w := newWatcher(s.config, log)
	defer w.end()
	h := newHands(s.config, set, l, log, w)
	h.Now, h.Sleep, h.Lease, h.Grace = tl.Now, tl.daemon(h.Holder), yearLease, 30*time.Second
	h.Log = log.With("holder", h.Holder)
	perform := h.Perform
	h.Perform = func(ctx context.Context, j schedules.Job, at time.Time, step schedules.Step) error {
		before, after := stop()
		if before {
			tl.stop(h.Holder, 100*time.Minute)
		}
		err := perform(timed(context.WithValue(ctx, unwatched{}, true), tl), j, at, step)
		if after {
			tl.stop(h.Holder, 100*time.Minute)
		}
		return err
	}
	return h.Serve(context.WithValue(ctx, idly{}, true))
}

// yearling is the command that is a session of its own process, to be killed.
// Its arguments are the configuration, the file that shows the time, and when it
// ends.
func yearling() {
	err := func() error {
		c, err := load(os.Args[1])
		if err != nil {
			return err
		}
		shown, err := os.OpenFile(os.Args[2], os.O_RDWR, 0)
		if err != nil {
			return err
		}
		until, err := strconv.ParseInt(os.Args[3], 10, 64)
		if err != nil {
			return err
		}
		return session{config: c, from: readTime(shown), until: time.UnixMilli(until).UTC(), shown: shown, log: os.Stderr, daemons: 1}.run()
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "yearling:", err)
		os.Exit(1)
	}
}

// child is a session in a process of its own, in a group of its own; strace is
// what it is run under, if anything.
func (y *year) child(until time.Time, strace ...string) *exec.Cmd {
	y.t.Helper()
	self, err := os.Executable()
	if err != nil {
		y.t.Fatal(err)
	}
	args := append(append([]string{}, strace...), filepath.Join(y.root, "yearling"), y.path, y.shown.Name(), strconv.FormatInt(until.UnixMilli(), 10))
	if _, err := os.Lstat(filepath.Join(y.root, "yearling")); err != nil {
		if err := os.Symlink(self, filepath.Join(y.root, "yearling")); err != nil {
			y.t.Fatal(err)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + y.root, "TMPDIR=" + y.root}
	cmd.Stdout, cmd.Stderr = y.log, y.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

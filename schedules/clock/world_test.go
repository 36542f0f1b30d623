package clock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// world is a machine with a ledger, a clock on its wall that a test may set, and
// steps that do what a test says. Its time is that of a bubble: it stands still
// while anything moves.
type world struct {
	t    testing.TB
	path string
	set  schedules.Set

	mu     sync.Mutex
	ahead  time.Duration // of the wall's clock
	calls  []string      // the steps that were performed, as "job due step"
	does   func(ctx context.Context, call string) error
	failed []Failure
	log    bytes.Buffer
	hands  int
	lease  time.Duration
}

// inWorld runs a test in a world whose clock shows a time. jobs are files, given
// as name and text in turn; none of the built-in ones is on.
func inWorld(t *testing.T, at string, jobs []string, test func(w *world)) {
	t.Helper()
	dir := quick(t)
	built, err := schedules.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, j := range built.Jobs() {
		files = append(files, j.Name, "off: not in this test\n")
	}
	files = append(files, jobs...)
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]+".yaml"), []byte("name: "+files[i]+"\n"+files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := schedules.Load(dir, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, path: filepath.Join(dir, "ledger.db"), set: set, lease: 12 * time.Minute} // a minute wakes them 5760 times a day
		w.does = func(context.Context, string) error { return nil }
		w.clock(at)
		test(w)
	})
}

// quick is a folder in memory, where the machine has such: what a test of a
// year's commits asks of a disk is no part of it.
func quick(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "clock-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// clock sets the clock on the wall.
func (w *world) clock(at string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead = time.Until(utc(at))
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead).UTC()
}

func utc(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

// Alive and Failed make the world the watcher of its hands.
func (w *world) Alive(string) {}
func (w *world) Failed(_ context.Context, f Failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, f)
}

// open opens the ledger; the test closes it.
func (w *world) open() *ledger.Ledger {
	w.t.Helper()
	l, err := ledger.Open(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// new is new hands, of a process of its own.
func (w *world) new(l Ledger) *Hands {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hands++
	return &Hands{
		Set: w.set, Ledger: l, Watcher: w, Now: w.now, Holder: fmt.Sprintf("process %d", w.hands), Grace: 20 * time.Second, Lease: w.lease,
		Log:   slog.New(slog.NewTextHandler(&locked{w: w}, nil)),
		Sleep: nap,
		Perform: func(ctx context.Context, j schedules.Job, at time.Time, s schedules.Step) error {
			call := fmt.Sprintf("%s %s %s", j.Name, at.UTC().Format("2006-01-02 15:04"), s)
			w.mu.Lock()
			w.calls = append(w.calls, call)
			does := w.does
			w.mu.Unlock()
			return does(ctx, call)
		},
	}
}

func nap(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// locked is the log of a world.
type locked struct{ w *world }

func (l *locked) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(p)
}

func (w *world) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// serve has hands serve until a time of the wall, and then told to end.
func (w *world) serve(l Ledger, until string) {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	h := w.new(l)
	go func() { ended <- h.Serve(ctx) }()
	w.until(until)
	stop()
	if err := <-ended; err != nil {
		w.t.Errorf("it served, and ended with %v", err)
	}
}

// until sleeps until the clock on the wall shows a time.
func (w *world) until(at string) { time.Sleep(utc(at).Sub(w.now())) }

// did holds which steps were performed since it was last asked.
func (w *world) did(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.calls, want) {
		w.t.Errorf("performed:\n  %s\nwant:\n  %s", strings.Join(w.calls, "\n  "), strings.Join(want, "\n  "))
	}
	w.calls = nil
}

// turns holds how the turns of a job stand, oldest first, as "due status tries".
func (w *world) turns(l *ledger.Ledger, job string, want ...string) {
	w.t.Helper()
	turns, err := l.Turns(context.Background(), job, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(turns)
	var got []string
	for _, t := range turns {
		line := fmt.Sprintf("%s %s %d", t.At.Format("2006-01-02 15:04"), t.Status, t.Tries)
		if t.Times > 1 {
			line = fmt.Sprintf("%s to %s, %d times", t.First.Format("2006-01-02 15:04"), line, t.Times)
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("turns of %s:\n  %s\nwant:\n  %s", job, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// taking makes every step take so long, unless it is told to end before.
func (w *world) taking(d time.Duration) {
	w.doing(func(ctx context.Context, _ string) error {
		nap(ctx, d)
		return ctx.Err()
	})
}

func (w *world) doing(does func(ctx context.Context, call string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.does = does
}

// heard holds which failures were told since it was last asked, as "job kind
// again", where again is the time of day or never.
func (w *world) heard(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, f := range w.failed {
		again := "never"
		if !f.Again.IsZero() {
			again = f.Again.Format("15:04")
		}
		got = append(got, fmt.Sprintf("%s %s %s", f.Job, f.Kind, again))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("heard of %q, want %q", got, want)
	}
	w.failed = nil
}

var errBroken = errors.New("broken")

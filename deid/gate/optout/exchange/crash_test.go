package exchange

import (
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/durable"
)

// died is what a process ends with that is killed.
type died struct{}

// killed has f die at the nth time that the state is made durable, before or after
// that. It reports whether it came so far.
func (w *world) killed(n int, before bool, f func()) (dead bool) {
	w.t.Helper()
	w.save = func(path string, data []byte) error {
		if n--; n == 0 && before {
			panic(died{})
		}
		if err := durable.Replace(path, data); err != nil {
			return err
		}
		if n == 0 {
			panic(died{})
		}
		return nil
	}
	defer func() {
		w.save = durable.Replace
		if p := recover(); p != nil {
			if _, ours := p.(died); !ours {
				panic(p)
			}
			dead = true
		}
	}()
	f()
	return false
}

// TestKilled kills an exchange at each durable step, before it is one and after,
// and lets it go on: nothing is sent twice, a list comes of it, and nothing is
// left of what was cut off.
func TestKilled(t *testing.T) {
	for _, before := range []bool{true, false} {
		for n, more := 1, true; more; n++ {
			w := newWorld(t, 25)
			w.c.Rows = 10
			more = w.killed(n, before, func() {
				w.must(w.step())
				w.serve()
				w.must(w.step())
			})
			w.goesOn(n, before)
		}
	}
}

// goesOn brings an exchange that was cut off to its end, day by day.
func (w *world) goesOn(n int, before bool) {
	w.t.Helper()
	for range 6 {
		for range 2 { // once before the service looks, so that what is sent again is seen
			if err := w.step(); err != nil && !strings.Contains(err.Error(), "not known whether the service took it") {
				w.t.Fatalf("killed at %d, before it %v: %v", n, before, err)
			}
			w.serve()
		}
		if w.open().state.List != nil && w.open().state.Pending == nil {
			break
		}
		w.now = w.now.Add(25 * time.Hour)
	}
	if w.allowed() != 24 {
		w.t.Fatalf("killed at %d, before it %v: %d may be used", n, before, w.allowed())
	}
	w.must(w.step())
	if left := w.holds(); len(left) != 3 {
		w.t.Errorf("killed at %d, before it %v: left is %q", n, before, left)
	}
	if ids, err := w.c.Client.Inbox(w.t.Context(), ""); err != nil || len(ids) > 0 {
		w.t.Errorf("killed at %d, before it %v: %d messages are left, %v", n, before, len(ids), err)
	}
	seen := make(map[string]bool)
	for _, local := range w.all {
		if seen[local] {
			w.t.Errorf("killed at %d, before it %v: a file was sent twice", n, before)
		}
		seen[local] = true
	}
}

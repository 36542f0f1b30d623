package clock

import (
	"context"
	"errors"
	"strings"
	"testing"

	"secondaryuse/pipeline/ledger"
)

// TestForgotten holds that what the ledger has forgotten is not done again, not
// by a call and not where the clock of the machine is set back, and that nobody
// waits for it.
func TestForgotten(t *testing.T) {
	inWorld(t, "2026-11-01 12:00", []string{"a", daily, "b", "cron: '30 1 * * *'\nzone: UTC\nafter: a\nruns: verify\ncatch_up: latest\n"}, func(w *world) {
		l := w.open()
		defer l.Close()
		ctx := context.Background()
		w.serve(l, "2026-11-09 12:00")
		if err := l.Forget(ctx, utc("2026-11-08 00:00")); err != nil {
			t.Fatal(err)
		}
		w.turns(l, "a", "2026-11-07 02:00 done 1", "2026-11-08 02:00 done 1", "2026-11-09 02:00 done 1")
		w.mu.Lock()
		w.calls = nil
		w.mu.Unlock()
		for _, at := range []string{"2026-11-02 02:00", "2026-11-06 02:00"} {
			if err := w.new(l).Once(ctx, "a", utc(at)); !errors.Is(err, ErrSettled) || !strings.Contains(err.Error(), "is older than what the ledger remembers") {
				t.Errorf("%s: %v", at, err)
			}
		}
		j, _ := w.set.Find("b")
		if reason, err := w.new(l).Blocked(ctx, j, utc("2026-11-06 01:30")); err != nil || reason != "" {
			t.Errorf("b waits for %s, %v", reason, err)
		}
		w.clock("2026-11-05 12:00")
		w.serve(l, "2026-11-06 12:00")
		w.did()
		w.clock("2026-11-09 13:00")
		w.serve(l, "2026-11-10 12:00")
		w.turns(l, "a", "2026-11-07 02:00 done 1", "2026-11-08 02:00 done 1", "2026-11-09 02:00 done 1", "2026-11-10 02:00 "+ledger.Done+" 1")
	})
}

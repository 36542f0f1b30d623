package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/drop"
	"secondaryuse/pipeline/fetch/inbox"
)

// TestForget holds that a content is known for as long as the policy says after
// it was last seen, for ever where it says nothing, and is new after that.
func TestForget(t *testing.T) {
	const day = 24 * time.Hour
	for _, tc := range []struct {
		days     time.Duration
		remember time.Duration
		keep     bool
		comes    bool
	}{
		{days: 10, remember: 10 * day},
		{days: 11, remember: 10 * day, comes: true},
		{days: 11, remember: 10 * day, keep: true}, // it lies there, and is seen
		{days: 9999},
	} {
		t.Run(fmt.Sprintf("%+v", tc), func(t *testing.T) {
			dir, now := t.TempDir(), time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(os.Mkdir(filepath.Join(dir, "taken"), 0o700))
			send := func(last fetch.Last, name, text string) (fetch.Last, error) {
				path := filepath.Join(dir, name)
				must(errors.Join(os.WriteFile(path, []byte(text), 0o600), os.WriteFile(path+".done", nil, 0o600)))
				b, err := drop.New(dir, inbox.Policy{Marker: ".done", Remember: tc.remember, Keep: tc.keep})
				must(err)
				b.SetNow(now)
				l := fetch.Last{Dir: t.TempDir()}
				if l.Delivery, err = b.Fetch(context.Background(), last, l.Dir, quiet{}); err == nil {
					must(b.Done(context.Background(), l.Delivery, l.Dir))
				}
				return l, err
			}
			l, err := send(fetch.Last{}, "a.csv", "one")
			must(err)
			now = now.Add(tc.days * day)
			l, err = send(l, "b.csv", "two")
			must(err)
			l, err = send(l, "c.csv", "one")
			if _, there := os.Stat(filepath.Join(l.Dir, "c.csv")); (there == nil) != tc.comes || errors.Is(err, fetch.ErrNothing) == tc.comes {
				t.Errorf("it says %v and brings %v", err, there)
			}
		})
	}
}

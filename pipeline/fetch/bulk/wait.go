package bulk

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// machine is the clock of the machine.
type machine struct{}

// Now is the time.
func (machine) Now() time.Time { return time.Now() }

// Sleep waits, and less when ctx ends.
func (machine) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// longest is the most that one answer of a server makes us wait.
const longest = 6 * time.Hour

// backoff is how long to wait after the nth failure, from 0, and at most most.
func backoff(n int, most time.Duration) time.Duration {
	return min(time.Second<<min(n, 20), most)
}

// retryAfter reads how long a server asks us to wait: seconds, or a date, which
// is taken by the server's own clock where it tells it. ok is false where it
// asks for nothing that can be read. It is never less than a second nor more
// than longest.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789") == "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return longest, true // more digits than anybody waits
		}
		return bounded(time.Duration(n) * time.Second), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if told, err := http.ParseTime(h.Get("Date")); err == nil {
		now = told
	}
	return bounded(at.Sub(now)), true
}

func bounded(d time.Duration) time.Duration { return max(time.Second, min(d, longest)) }

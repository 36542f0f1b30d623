package mesh

import (
	"context"
	"net/http"
	"time"
)

// Hurry has a client wait for nothing between tries, and at most stall where
// nothing moves. It returns how long it would have waited.
func (c *Client) Hurry(stall time.Duration) *[]time.Duration {
	var slept []time.Duration
	c.limits.stall = stall
	c.limits.sleep = func(ctx context.Context, d time.Duration) error {
		slept = append(slept, d)
		return ctx.Err()
	}
	return &slept
}

// Through has a client's requests answered by answer.
func (c *Client) Through(answer func(*http.Request) *http.Response) {
	c.http.Transport = tripper(answer)
}

type tripper func(*http.Request) *http.Response

// RoundTrip answers.
func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	a := t(r)
	a.Request = r
	return a, nil
}

var Signer = signer

// Parse reads the headers of a message, and of a chunk.
func Parse(h http.Header) (Message, int, int, error) {
	m, err := parse(h)
	k, n, wrong := span(h)
	if err == nil && m.Report == nil {
		err = wrong
	}
	return m, k, n, err
}

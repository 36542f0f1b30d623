package mesh

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is a request.
type call struct {
	op, id string // as errors name it, and the message it is about
	method string
	path   []string // below the mailbox
	query  url.Values
	header map[string]string
	body   func() io.ReadCloser // made anew for each try; nil: none
	size   int64                // of the body; -1 where it is not known
	again  bool                 // it does no harm to send it twice
}

// ask sends a request, and again where that is safe and may help, until use has
// taken the answer. A second try is signed anew.
func (c *Client) ask(ctx context.Context, q call, use func(*http.Response) error) error {
	for try := 1; ; try++ {
		err := c.once(ctx, q, use)
		var f *failure
		if !errors.As(err, &f) {
			return err
		}
		f.op, f.id, f.try = q.op, q.id, try
		if ctx.Err() != nil || !f.again || !(q.again || f.unsent) || try >= c.limits.tries {
			return f
		}
		if stopped := c.limits.sleep(ctx, max(f.wait, backoff(try))); stopped != nil {
			f.causes, f.again = append(f.causes, stopped), false
			return f
		}
	}
}

// backoff is how long to wait after the nth try.
func backoff(n int) time.Duration { return min(time.Second<<min(n-1, 10), 2*time.Minute) }

// longest is the most that one answer makes us wait.
const longest = 10 * time.Minute

// once sends a request once.
func (c *Client) once(ctx context.Context, q call, use func(*http.Response) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	beat := watch(c.limits.stall, stop)
	defer beat.stop()
	sent := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent = true }})
	req, fault, err := c.request(traced, q, beat)
	if err != nil {
		return err
	}
	r, err := c.http.Do(req)
	if err != nil {
		if fault() != nil {
			return fault()
		}
		f := cut(ctx, err)
		f.unsent = !sent
		return f
	}
	defer r.Body.Close()
	r.Body = beating{r.Body, beat}
	err = use(r)
	if f, ok := errors.AsType[*failure](err); ok {
		f.wait = retryAfter(r.Header)
	} else if err != nil && ctx.Err() != nil {
		return cut(ctx, err)
	}
	return err
}

// request makes a request, signed. fault tells afterwards why the body could
// not be read here, if so.
func (c *Client) request(ctx context.Context, q call, beat *pulse) (req *http.Request, fault func() error, err error) {
	u := *c.base
	u.Path = "/messageexchange/" + strings.Join(append([]string{c.mailbox}, q.path...), "/")
	u.RawQuery = q.query.Encode()
	if req, err = http.NewRequestWithContext(ctx, q.method, u.String(), nil); err != nil {
		return nil, nil, &failure{reason: "the request cannot be made", causes: []error{ErrRefused}}
	}
	for name, value := range q.header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Accept", "application/vnd.mesh.v2+json")
	req.Header.Set("User-Agent", "ohc-pipeline")
	req.Header.Set("Authorization", c.sign())
	fault = func() error { return nil }
	if q.body != nil {
		var last *reading
		open := func() (io.ReadCloser, error) {
			last = &reading{body: q.body(), beat: beat}
			return last, nil
		}
		fault = func() error { return last.fault() }
		req.Body, _ = open()
		req.GetBody, req.ContentLength = open, q.size
	}
	return req, fault, nil
}

// only takes an answer that has one of the statuses, and nothing of its body.
func only(statuses ...int) func(*http.Response) error {
	return func(r *http.Response) error { return expect(r, statuses...) }
}

// expect sees whether an answer has one of the statuses.
func expect(r *http.Response, statuses ...int) error {
	for _, s := range statuses {
		if r.StatusCode == s {
			return nil
		}
	}
	return refused(r)
}

// small is enough for an answer that is no message.
const small = megabyte

// decode reads an answer in JSON.
func decode(r *http.Response, into any) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, small+1))
	if err != nil {
		return cut(r.Request.Context(), err)
	}
	if len(text) > small || json.Unmarshal(text, into) != nil {
		return wrong(r, "the answer cannot be read")
	}
	return nil
}

// wrong is the failure of an answer that cannot be right.
func wrong(r *http.Response, reason string) *failure {
	return &failure{status: r.StatusCode, reason: reason, next: "ask the service desk if it stays so", causes: []error{ErrFalse}}
}

// retryAfter is how many seconds the service asks us to wait.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return longest // more digits than anybody waits
	}
	return min(time.Duration(n)*time.Second, longest)
}

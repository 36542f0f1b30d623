package bulk

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// link is the way to the server for the time of one call of a Fetcher.
type link struct {
	config Config
	base   *url.URL
	limits limits
	clock  Clock
	client *http.Client
	token  *token // nil where the server wants none
}

// call is a request.
type call struct {
	kind   string // of the endpoint, as errors name it
	method string
	url    string
	header map[string]string
	body   func() ([]byte, error) // made anew for each try; nil: none
	auth   bool                   // the token goes with it
}

// answer is a response to a request that is not worth trying again.
type answer struct {
	status int
	header http.Header
	body   []byte
	codes  []string // of its OperationOutcome
	spoke  bool     // it has one
}

// dial makes the way. Key and certificates are read anew each time.
func (f *Fetcher) dial() (*link, error) {
	roots, err := authorities(f.config.CA)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	l := &link{config: f.config, base: f.base, limits: f.limits, clock: f.config.Clock}
	l.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    30 * time.Second,
			ResponseHeaderTimeout:  f.limits.stall,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    f.config.Parallel,
			MaxResponseHeaderBytes: 1 << 18,
			DisableCompression:     true, // what is compressed is stored as it comes, to go on in the middle
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if f.config.Key != "" {
		k, err := readKey(f.config.Key, f.config.KeyID)
		if err != nil {
			return nil, err
		}
		l.token = &token{key: k}
	}
	return l, nil
}

func (l *link) close() { l.client.CloseIdleConnections() }

// authorities are the system's, and those in the file. nil means the system's.
func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in PEM", path)
	}
	return pool, nil
}

// trusted reports whether the token may be sent there.
func (l *link) trusted(u *url.URL) bool {
	host := origin(u)
	return host == origin(l.base) || slices.ContainsFunc(l.config.Hosts, func(h string) bool {
		return origin(&url.URL{Host: h}) == host
	})
}

// origin is host and port.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// target reads an address that a server gave. A token goes there only if it is
// trusted.
func (l *link) target(kind, text string, auth bool) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, &failure{kind: kind, reason: "the server gave an address that is not https"}
	}
	if auth && l.token != nil && !l.trusted(u) {
		return nil, &failure{kind: kind, reason: "the server wants the token sent to another host; next: if that is right, name it in hosts"}
	}
	return u, nil
}

// send sends a request once, and once more with a new token where the server
// does not take the old one. Redirects are followed for GET alone, five times.
func (l *link) send(ctx context.Context, c call) (*http.Response, error) {
	for hops, renewed := 0, false; ; {
		u, err := l.target(c.kind, c.url, c.auth)
		if err != nil {
			return nil, err
		}
		r, value, err := l.once(ctx, c)
		if err != nil {
			return nil, err
		}
		switch {
		case r.StatusCode == http.StatusUnauthorized && value != "" && !renewed:
			l.token.spoil(value)
			renewed = true
		case c.method == http.MethodGet && r.StatusCode >= 301 && r.StatusCode <= 308 && r.StatusCode != 304 && hops < 5:
			next, err := u.Parse(r.Header.Get("Location"))
			if err != nil {
				r.Body.Close()
				return nil, &failure{kind: c.kind, status: r.StatusCode, reason: "it leads nowhere"}
			}
			c.url = next.String()
			hops++
		default:
			return r, nil
		}
		r.Body.Close()
	}
}

// once sends a request, with the token that it tells.
func (l *link) once(ctx context.Context, c call) (r *http.Response, value string, err error) {
	if c.auth && l.token != nil {
		if value, err = l.token.get(ctx, l); err != nil {
			return nil, "", err
		}
	}
	var body []byte
	if c.body != nil {
		if body, err = c.body(); err != nil {
			return nil, "", &failure{kind: c.kind, reason: "the request cannot be made"}
		}
	}
	inner, stop := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(inner, c.method, c.url, bytes.NewReader(body))
	if err != nil {
		stop(nil)
		return nil, "", &failure{kind: c.kind, reason: "the server gave an address that cannot be read"}
	}
	for name, v := range c.header {
		req.Header.Set(name, v)
	}
	req.Header.Set("User-Agent", "ohc-pipeline")
	if value != "" {
		req.Header.Set("Authorization", "Bearer "+value)
	}
	if r, err = l.client.Do(req); err != nil {
		stop(nil)
		return nil, "", cut(ctx, c.kind, err)
	}
	r.Body = watch(r.Body, l.limits.stall, stop)
	return r, value, nil
}

// ask sends a request until it has an answer that is not worth trying again: a
// connection that fails, a server that is busy or says that it will pass are
// waited for. The body is at most most bytes.
func (l *link) ask(ctx context.Context, c call, most int64) (answer, error) {
	begun := l.clock.Now()
	for failures := 0; ; {
		a, err := l.hear(ctx, c, most)
		wait, told := retryAfter(a.header, l.clock.Now())
		switch {
		case ctx.Err() != nil:
			return a, cut(ctx, c.kind, ctx.Err())
		case err != nil && !again(err):
			return a, err
		case err == nil && a.status == http.StatusTooManyRequests:
			if l.clock.Now().Sub(begun) > l.limits.patience {
				return a, l.refused(c.kind, a)
			}
		case err == nil && !a.passes(told):
			return a, nil
		default:
			if failures++; failures >= l.limits.tries {
				return a, l.exhausted(c.kind, a, err)
			}
		}
		if !told {
			wait = backoff(max(0, failures-1), 5*time.Minute)
		}
		if wait > l.limits.wait {
			return a, l.exhausted(c.kind, a, err)
		}
		if err := l.clock.Sleep(ctx, wait); err != nil {
			return a, cut(ctx, c.kind, err)
		}
	}
}

// exhausted is the failure after the last try. It is not to be tried again.
func (l *link) exhausted(kind string, a answer, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		last := *f
		last.cause = nil
		return &last
	}
	return l.refused(kind, a)
}

// again reports whether an error is one of the connection.
func again(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.cause == errCut
}

// passes reports whether an answer says that another try may help.
func (a answer) passes(told bool) bool {
	if a.spoke {
		return slices.ContainsFunc(a.codes, func(c string) bool { return passing[c] }) || told && a.status == http.StatusServiceUnavailable
	}
	return a.status >= 500 && a.status != http.StatusNotImplemented || a.status == http.StatusRequestTimeout || a.status == http.StatusTooEarly
}

// hear sends a request and reads its whole answer.
func (l *link) hear(ctx context.Context, c call, most int64) (a answer, err error) {
	r, err := l.send(ctx, c)
	if err != nil {
		return a, err
	}
	defer r.Body.Close()
	a = answer{status: r.StatusCode, header: r.Header}
	if r.ContentLength > most {
		return a, &failure{kind: c.kind, status: r.StatusCode, reason: "the answer is too big"}
	}
	if a.body, err = io.ReadAll(io.LimitReader(r.Body, most+1)); err != nil {
		return a, cut(ctx, c.kind, err)
	}
	if int64(len(a.body)) > most {
		return a, &failure{kind: c.kind, status: r.StatusCode, reason: "the answer is too big"}
	}
	if r.StatusCode != http.StatusOK {
		a.codes, a.spoke = issues(a.body)
	}
	return a, nil
}

// refused is the failure that an answer tells of.
func (l *link) refused(kind string, a answer) error {
	return &failure{kind: kind, status: a.status, codes: a.codes}
}

// hurried is the way for what is a courtesy: nothing waits long for that.
func (l *link) hurried() *link {
	h := *l
	h.limits.tries, h.limits.patience, h.limits.wait = 3, 30*time.Second, 10*time.Second
	return &h
}

// forget lets the server drop an export. What it does not take is told later, or
// never: by then the data is here.
func (l *link) forget(ctx context.Context, status string) error {
	a, err := l.hurried().ask(ctx, call{kind: "delete", method: http.MethodDelete, url: status, auth: true,
		header: map[string]string{"Accept": "application/fhir+json"}}, small)
	switch {
	case err != nil:
		return err
	case a.status/100 == 2, a.status == http.StatusNotFound, a.status == http.StatusGone:
		return nil
	case a.status == http.StatusMethodNotAllowed, a.status == http.StatusNotImplemented:
		return nil // it forgets in its own time
	}
	return l.refused("delete", a)
}

// small is enough for an answer that is no manifest.
const small = 1 << 20

package bulk

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// told is what a status request was told.
type told struct {
	manifest *manifest     // nil: none yet
	done     bool          // nothing is added to this page any more
	wait     time.Duration // until it is worth asking again; 0: not told
	progress string
}

// status asks how far an export is. It is errLost where there is no such export
// any more, and errSpoilt where it has failed.
func (l *link) status(ctx context.Context, url string, partial bool) (t told, err error) {
	const kind = "status"
	a, err := l.ask(ctx, call{kind: kind, method: http.MethodGet, url: url, auth: true,
		header: map[string]string{"Accept": "application/json"}}, l.limits.manifest)
	if err != nil {
		return t, err
	}
	if separate, err := strconv.Atoi(a.header.Get("X-Export-Status")); err == nil && a.status == http.StatusOK && separate >= 200 && separate < 600 {
		a.status = separate
		a.codes, a.spoke = issues(a.body)
	}
	t.wait, _ = retryAfter(a.header, l.clock.Now())
	t.progress = clean(a.header.Get("X-Progress"))
	switch {
	case a.status == http.StatusOK:
		t.done = true
		t.manifest, err = parseManifest(a.body)
	case a.status == http.StatusAccepted:
		if body := bytes.TrimSpace(a.body); partial && bytes.HasPrefix(body, []byte("{")) && !a.spoke {
			t.manifest, err = parseManifest(body)
		}
	default:
		return t, l.gone(a)
	}
	if err != nil {
		return t, &failure{kind: kind, reason: err.Error(), cause: errSpoilt}
	}
	return t, nil
}

// gone is the failure of an export.
func (l *link) gone(a answer) error {
	f := &failure{kind: "status", status: a.status, codes: a.codes}
	switch {
	case a.status == http.StatusNotFound || a.status == http.StatusGone:
		f.cause = errLost
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		f.reason = "next: have the server's owner see to our rights"
	default:
		f.reason, f.cause = "the export has failed", errSpoilt
	}
	return f
}

// long is what could be the number of a person.
var long = regexp.MustCompile(`\d(?:[ -]?\d){8,}`)

// clean is what a server says of its progress, fit for a terminal: at most a
// hundred signs of plain text, and nothing that could be the number of a person.
func clean(text string) string {
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, text)
	text = long.ReplaceAllString(text, "(number)")
	return strings.TrimSpace(text[:min(len(text), 100)])
}

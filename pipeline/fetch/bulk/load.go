package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/guard"
)

// loadAll brings files, some at a time. The first that cannot be had stops the
// rest. refresh asks for their addresses anew.
func (r *run) loadAll(ctx context.Context, j *job, list []*file, refresh func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan *file)
	var all guard.Group
	for range min(r.config.Parallel, len(list)) {
		all.Go(func() {
			for f := range work {
				if err := guard.Try(func() error { return r.load(ctx, j, f, refresh) }); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, f := range list {
		if ctx.Err() != nil {
			break
		}
		work <- f
	}
	close(work)
	all.Wait()
	return context.Cause(ctx)
}

// load brings one file, however often it takes, while something comes.
func (r *run) load(ctx context.Context, j *job, f *file, refresh func(context.Context) error) error {
	for failures, expired := 0, 0; ; {
		before := r.wire(f)
		wait, err := r.pull(ctx, j, f)
		if err == nil {
			err = r.unpack(j, f)
		}
		switch {
		case err == nil:
			return r.discard(part(f.Name))
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errExpired):
			if expired++; expired > anew {
				return r.because(f, err, errLost)
			}
			if err := r.readdress(ctx, f, refresh); err != nil {
				return err
			}
			continue
		case !errors.Is(err, errCut):
			return r.because(f, err, nil)
		}
		if r.wire(f) > before {
			failures = 0
		}
		if failures++; failures >= r.limits.tries {
			return r.because(f, err, nil)
		}
		if err := r.link.clock.Sleep(ctx, max(wait, backoff(failures-1, 5*time.Minute))); err != nil {
			return cut(ctx, "file", err)
		}
	}
}

// because is a failure that names its file, with another cause.
func (r *run) because(f *file, err, cause error) error {
	why, ok := errors.AsType[*failure](err)
	if !ok {
		return err
	}
	last := *why
	if last.cause == errCut || last.cause == errExpired {
		last.cause = cause
	}
	last.kind = "file " + f.Name
	return &last
}

// readdress has the manifest told anew, unless somebody else has just done that.
func (r *run) readdress(ctx context.Context, f *file, refresh func(context.Context) error) error {
	r.renew.Lock()
	defer r.renew.Unlock()
	r.mu.Lock()
	url, tried := f.url, f.tried
	r.mu.Unlock()
	if url != tried {
		return nil
	}
	return refresh(ctx)
}

// wire is how much of a file has come.
func (r *run) wire(f *file) int64 {
	info, err := os.Stat(r.path(part(f.Name)))
	if err != nil {
		return 0
	}
	return info.Size()
}

// pull brings what is missing of a file, as it comes over the wire. wait is how
// long the server asks us to wait before another try.
func (r *run) pull(ctx context.Context, j *job, f *file) (wait time.Duration, err error) {
	from := r.wire(f)
	if f.Total > 0 && from == f.Total {
		return 0, nil
	}
	if from > 0 && !f.resumable() {
		from = 0
	}
	r.mu.Lock()
	c := call{kind: "file", method: http.MethodGet, url: f.url, auth: f.token, header: map[string]string{
		"Accept": "application/fhir+ndjson", "Accept-Encoding": "gzip"}}
	f.tried = f.url
	r.mu.Unlock()
	if c.auth && r.link.token == nil {
		return 0, &failure{kind: "file", reason: "the server wants a token, and none is configured; next: set client and key"}
	}
	if from > 0 {
		c.header["Range"] = fmt.Sprintf("bytes=%d-", from)
		if f.Tag != "" {
			c.header["If-Range"] = f.Tag
		}
	}
	answer, err := r.link.send(ctx, c)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	wait, _ = retryAfter(answer.Header, r.link.clock.Now())
	if from, err = r.meet(j, f, from, answer); err != nil || from < 0 {
		return wait, err
	}
	r.show.Step(f.Name, max(0, answer.ContentLength))
	return wait, r.store(ctx, f, from, answer.Body)
}

// resumable reports whether a file can go on in the middle: the server can say
// that it is the same, or a checksum at its end will.
func (f *file) resumable() bool { return f.Tag != "" || f.Encoding == "gzip" }

var contentRange = regexp.MustCompile(`^bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)$`)

// meet sees what the server answers, and where in the file it begins: -1 where
// all is there.
func (r *run) meet(j *job, f *file, from int64, a *http.Response) (int64, error) {
	no := &failure{kind: "file", status: a.StatusCode}
	span := contentRange.FindStringSubmatch(a.Header.Get("Content-Range"))
	switch a.StatusCode {
	case http.StatusOK:
		return 0, r.begin(j, f, a)
	case http.StatusPartialContent:
		if span == nil || span[1] != strconv.FormatInt(from, 10) || from == 0 || coding(a.Header) != f.Encoding || !f.same(span[3]) {
			no.reason, no.cause = "the server goes on elsewhere than asked", errCut
			return 0, errors.Join(no, r.restart(j, f))
		}
		return from, nil
	case http.StatusRequestedRangeNotSatisfiable:
		if span != nil && from > 0 && span[3] == strconv.FormatInt(from, 10) && f.same(span[3]) {
			return -1, nil
		}
		no.cause = errCut
		return 0, errors.Join(no, r.restart(j, f))
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		no.cause = errExpired
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		no.cause = errCut
	default:
		if a.StatusCode >= 500 {
			no.cause = errCut
		}
		if a.StatusCode < 300 {
			no.reason = "not an answer to the request"
		}
	}
	return 0, no
}

// same reports whether a total is what was told before.
func (f *file) same(total string) bool {
	return total == "*" || f.Total == 0 || total == strconv.FormatInt(f.Total, 10)
}

// coding is how content comes: gzip, or nothing for plain.
func coding(h http.Header) string {
	switch c := strings.ToLower(strings.TrimSpace(h.Get("Content-Encoding"))); c {
	case "identity":
		return ""
	case "x-gzip":
		return "gzip"
	default:
		return c
	}
}

// begin notes what a file is that comes from its beginning.
func (r *run) begin(j *job, f *file, a *http.Response) error {
	no := &failure{kind: "file", status: a.StatusCode}
	encoding, tag := coding(a.Header), a.Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || len(tag) > 200 {
		tag = "" // a weak one does not say that the bytes are the same
	}
	chunked := a.ProtoMajor > 1 || len(a.TransferEncoding) > 0
	switch {
	case encoding != "" && encoding != "gzip":
		no.reason = "it comes in an encoding that we did not ask for"
		return no
	case a.ContentLength > r.limits.file:
		no.reason = "it is too big"
		return no
	case a.ContentLength < 0 && !chunked && f.Count < 0 && encoding == "":
		no.reason = "the server tells neither how long the file is nor how many lines it has"
		return no
	}
	if err := os.Truncate(r.path(part(f.Name)), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return r.set(j, f, func(f *file) { f.Encoding, f.Total, f.Tag = encoding, max(0, a.ContentLength), tag })
}

// restart forgets what has come of a file.
func (r *run) restart(j *job, f *file) error {
	if err := r.discard(part(f.Name)); err != nil {
		return err
	}
	return r.set(j, f, func(f *file) { f.Tag, f.Encoding, f.Total = "", "", 0 })
}

// set changes what is known of a file, here and in the journal.
func (r *run) set(j *job, f *file, change func(*file)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(f)
	return r.state.note(event{Job: j.Name, File: f})
}

// store appends what comes to the part of a file.
func (r *run) store(ctx context.Context, f *file, from int64, body io.Reader) error {
	if strings.HasPrefix(f.Name, "deleted/") {
		if err := durable.Folder(r.path("deleted"), 0o700); err != nil {
			return err
		}
	}
	out, err := os.OpenFile(r.path(part(f.Name)), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Truncate(from); err != nil {
		return err
	}
	if _, err := out.Seek(from, io.SeekStart); err != nil {
		return err
	}
	for buffer := make([]byte, 1<<17); ; {
		n, err := body.Read(buffer)
		if from += int64(n); from > r.limits.file {
			return &failure{kind: "file", reason: "it is too big"}
		}
		if _, err := out.Write(buffer[:n]); err != nil {
			return err
		}
		if n > 0 {
			r.show.Add(int64(n))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return cut(ctx, "file", err)
		}
	}
}

package mesh

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"secondaryuse/pipeline/durable"
)

// Download collects the content of a message into a file, which only its owner
// can read: it is there whole and durable when Download returns without an
// error, and else not there, or as it was before. What a Download that was cut
// off has left beside it is gone on with at the first chunk that is missing. A
// message that is a report has no content; the error is the *Report then.
//
// The message stays in the inbox until it is acknowledged.
func (c *Client) Download(ctx context.Context, id, path string) (Message, error) {
	m, err := c.Head(ctx, id)
	if err != nil {
		return m, err
	}
	if m.Report != nil {
		return m, m.Report
	}
	d := &download{client: c, path: path, state: state{ID: m.ID, Chunks: m.Chunks}}
	defer d.close()
	if err := d.resume(); err != nil {
		return m, err
	}
	for d.Done < d.Chunks {
		if err := d.next(ctx); err != nil {
			return m, err
		}
	}
	return m, d.finish()
}

// state is how far a download has come, kept beside it.
type state struct {
	ID     string
	Chunks int
	Done   int   // chunks that are there, durable
	Size   int64 // of them, as they came
	Gzip   bool  // they came compressed
}

type download struct {
	client *Client
	path   string
	out    *os.File
	state
}

func (d *download) part() string  { return d.path + ".part" }
func (d *download) notes() string { return d.path + ".state" }

// resume opens the part, and finds how much of it can be used.
func (d *download) resume() (err error) {
	if d.out, err = os.OpenFile(d.part(), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	var before state
	text, err := os.ReadFile(d.notes())
	if err != nil || json.Unmarshal(text, &before) != nil || before.ID != d.ID || before.Chunks != d.Chunks || before.Done < 0 || before.Done > d.Chunks || before.Size < 0 {
		return nil
	}
	if info, err := d.out.Stat(); err != nil || info.Size() < before.Size {
		return err
	}
	d.state = before
	return nil
}

func (d *download) close() { d.out.Close() }

// next brings the next chunk, and makes it durable.
func (d *download) next(ctx context.Context) error {
	q := call{op: "download", id: d.ID, method: http.MethodGet, path: []string{"inbox", d.ID}, header: map[string]string{"Accept-Encoding": "gzip"}, again: true}
	if d.Done > 0 {
		q.path = append(q.path, strconv.Itoa(d.Done+1))
	}
	now := d.state
	if err := d.client.ask(ctx, q, func(r *http.Response) error { now = d.state; return d.take(r, &now) }); err != nil {
		return err
	}
	if err := d.out.Sync(); err != nil {
		return err
	}
	now.Done++
	d.state = now
	if d.Done == d.Chunks {
		return nil
	}
	text, err := json.Marshal(d.state)
	if err != nil {
		return err
	}
	return durable.Replace(d.notes(), text)
}

// take appends the chunk that an answer has to the part.
func (d *download) take(r *http.Response, now *state) error {
	want := http.StatusPartialContent
	if d.Done+1 == d.Chunks {
		want = http.StatusOK
	}
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusPartialContent {
		return refused(r)
	}
	k, n, err := span(r.Header)
	packed, ok := coding(r.Header)
	switch {
	case err != nil:
		return wrong(r, err.Error())
	case k != d.Done+1 || n != d.Chunks || r.StatusCode != want:
		return wrong(r, "another chunk than was asked for")
	case !ok:
		return wrong(r, "it comes in an encoding that we did not ask for")
	case d.Done > 0 && packed != d.Gzip:
		if err := d.forget(); err != nil {
			return err
		}
		return wrong(r, "the encoding has changed on the way")
	case r.ContentLength < 0 && r.ProtoMajor == 1 && len(r.TransferEncoding) == 0:
		return wrong(r, "it does not tell how long it is, so it may be cut off")
	}
	now.Gzip = packed
	return d.store(r, now)
}

// coding reports whether a body is compressed; ok is false where it is in a way
// that we did not ask for.
func coding(h http.Header) (packed, ok bool) {
	switch c := h.Get("Content-Encoding"); c {
	case "", "identity":
		return false, true
	case "gzip", "x-gzip":
		return true, true
	}
	return false, false
}

// store writes what comes behind what is there. A body that is cut off before
// its length is an error of Read.
func (d *download) store(r *http.Response, now *state) error {
	if err := d.out.Truncate(d.Size); err != nil {
		return err
	}
	for buffer := make([]byte, 1<<17); ; {
		n, err := r.Body.Read(buffer)
		if now.Size+int64(n) > d.client.most {
			return &failure{status: r.StatusCode, reason: tooBig, next: "ask the sender; acknowledge it unread where it is not wanted", causes: []error{ErrRefused}}
		}
		if _, err := d.out.WriteAt(buffer[:n], now.Size); err != nil {
			return err
		}
		now.Size += int64(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return cut(r.Request.Context(), err)
		}
	}
}

const tooBig = "the message is bigger than may be collected"

// forget takes away what has come.
func (d *download) forget() error {
	return errors.Join(absent(d.notes()), absent(d.part()))
}

func absent(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// finish gives the file its name, unpacked.
func (d *download) finish() error {
	if d.Gzip && d.Size > 0 {
		if err := d.unpack(); err != nil {
			return err
		}
	} else if err := os.Rename(d.part(), d.path); err != nil {
		return err
	}
	if err := durable.Sync(filepath.Dir(d.path)); err != nil {
		return err
	}
	return d.forget()
}

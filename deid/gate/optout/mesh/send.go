package mesh

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"secondaryuse/pipeline/guard"
)

// Letter is a message to be sent.
type Letter struct {
	To       string // the recipient's mailbox
	Workflow string

	// These are letters, digits, "_" and "-", and for File ".": others were seen
	// to be refused. They may be empty.
	File, LocalID, Subject string

	Gzip    bool        // it goes compressed; the recipient does not see that
	Content io.ReaderAt // read once, and again where a chunk is sent again
	Size    int64       // of Content
}

var (
	words = regexp.MustCompile(`^[0-9A-Za-z_-]{0,100}$`)
	files = regexp.MustCompile(`^[0-9A-Za-z_.-]{0,100}$`)
)

// check sees whether the service can take a letter.
func (l Letter) check() error {
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"recipient", mailboxes.MatchString(l.To)}, {"workflow", l.Workflow != "" && words.MatchString(l.Workflow)},
		{"file name", files.MatchString(l.File)}, {"local id", words.MatchString(l.LocalID)}, {"subject", words.MatchString(l.Subject)},
		{"content", l.Content != nil && l.Size > 0},
	} {
		if !f.ok {
			return &failure{op: "send", reason: f.name + ": empty, or not as the service takes it", next: "see to the configuration", causes: []error{ErrRefused}}
		}
	}
	return nil
}

// Send sends a letter and returns the id that the service gave it. Where an
// error comes with an id, the message was begun but has not all its chunks, so
// the recipient will not get it. ErrUnsure says that the service may have taken
// the message, all of it where it is no bigger than a chunk.
func (c *Client) Send(ctx context.Context, l Letter) (id string, err error) {
	if err := l.check(); err != nil {
		return "", err
	}
	chunks := (l.Size + c.chunk - 1) / c.chunk
	if id, err = c.begin(ctx, l, chunks); err != nil {
		return "", err
	}
	for k := int64(2); k <= chunks; k++ {
		if err := c.add(ctx, l, id, k, chunks); err != nil {
			return id, err
		}
	}
	return id, nil
}

// begin sends the first chunk, which makes the message. Only where it never left
// is it sent again.
func (c *Client) begin(ctx context.Context, l Letter, chunks int64) (id string, err error) {
	q := call{op: "send", method: http.MethodPost, path: []string{"outbox"}, header: map[string]string{"Mex-To": l.To, "Mex-WorkflowID": l.Workflow}}
	for name, value := range map[string]string{"Mex-FileName": l.File, "Mex-LocalID": l.LocalID, "Mex-Subject": l.Subject} {
		if value != "" {
			q.header[name] = value
		}
	}
	c.load(&q, l, 1, chunks)
	err = c.ask(ctx, q, func(r *http.Response) error {
		if err := expect(r, http.StatusAccepted, http.StatusOK); err != nil {
			return err
		}
		var made struct {
			ID string `json:"message_id"`
		}
		if err := decode(r, &made); err != nil {
			return err
		}
		if !ids.MatchString(made.ID) {
			return wrong(r, "the answer names no message")
		}
		id = made.ID
		return nil
	})
	return id, doubt(err)
}

// doubt is what a first POST that failed leaves open: where the service said
// neither yes nor no, it may have taken the message.
func doubt(err error) error {
	f, ok := errors.AsType[*failure](err)
	if !ok || f.unsent || f.reason == unread || f.status == 0 && errors.Is(f, ErrDenied) ||
		f.status >= 300 && f.status < 500 && f.status != http.StatusRequestTimeout {
		return err
	}
	f.causes = append([]error{ErrUnsure}, f.causes...)
	f.reason += ": the service may or may not have taken the message"
	f.next = "wait for what it leads to; where nothing comes, send it with a new file name and local id"
	return f
}

// add sends a later chunk. Where it came to be sent twice, the service says of
// the last that the message is closed, and tracking says whether by us.
func (c *Client) add(ctx context.Context, l Letter, id string, k, chunks int64) error {
	q := call{op: "send", id: id, method: http.MethodPost, path: []string{"outbox", id, strconv.FormatInt(k, 10)}, header: map[string]string{}, again: true}
	c.load(&q, l, k, chunks)
	err := c.ask(ctx, q, only(http.StatusAccepted, http.StatusOK))
	if k < chunks || !errors.Is(err, ErrLocked) {
		return err
	}
	if t, lost := c.Track(ctx, id); lost == nil && (t.State == "accepted" || t.State == "acknowledged") {
		return nil
	}
	return err
}

// load puts the kth chunk into a request.
func (c *Client) load(q *call, l Letter, k, chunks int64) {
	from := (k - 1) * c.chunk
	size := min(c.chunk, l.Size-from)
	q.header["Content-Type"] = "application/octet-stream"
	q.header["Mex-Chunk-Range"] = fmt.Sprintf("%d:%d", k, chunks)
	q.size, q.body = size, func() io.ReadCloser { return &exact{io.NewSectionReader(l.Content, from, size), size} }
	if l.Gzip {
		plain := q.body
		q.header["Content-Encoding"] = "gzip"
		q.size, q.body = -1, func() io.ReadCloser { return packed(plain()) }
	}
}

// exact is a chunk that must have all its bytes.
type exact struct {
	from io.Reader
	left int64
}

var errShort = errors.New("the content is shorter than it was")

// Read reads, and says where the content ends too early.
func (e *exact) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	if e.left -= int64(n); err == io.EOF && e.left > 0 {
		err = errShort
	}
	return n, err
}

// Close does nothing: the content is the caller's.
func (e *exact) Close() error { return nil }

// packed compresses what it reads, a little at a time.
func packed(from io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	new(guard.Group).Go(func() {
		in.CloseWithError(guard.Try(func() error {
			z := gzip.NewWriter(in)
			_, err := io.Copy(z, from)
			return errors.Join(err, z.Close())
		}))
	})
	return out
}

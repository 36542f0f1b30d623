package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/optout/form"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/pipeline/durable"
)

// Collect takes what has come, each message by itself: what is wrong with one
// does not keep another. When all is there it becomes the list in use. A request
// whose answer is overdue ends.
func (x *Exchange) Collect(ctx context.Context) error {
	if err := x.Client.Handshake(ctx); err != nil {
		return told(err)
	}
	return x.collect(ctx)
}

func (x *Exchange) collect(ctx context.Context) error {
	inbox, err := x.Client.Inbox(ctx, x.List.Workflow)
	if err != nil {
		return told(err)
	}
	var errs []error
	for _, id := range inbox {
		err := x.take(ctx, id)
		errs = append(errs, err)
		if errors.Is(err, mesh.ErrAway) || ctx.Err() != nil {
			break // so would be the others
		}
	}
	err = errors.Join(errs...)
	switch {
	case x.state.Pending == nil || ctx.Err() != nil:
		return err
	case x.state.Pending.all(replied):
		return errors.Join(err, x.adopt())
	}
	return errors.Join(err, x.overdue(ctx))
}

// take takes one message of the inbox. What is not about a request of ours stays
// there: the mailbox may have others who look after it.
func (x *Exchange) take(ctx context.Context, id string) error {
	m, err := x.Client.Head(ctx, id)
	if err != nil {
		return told(err)
	}
	p := x.state.Pending
	f := p.find(m.LocalID)
	if m.Report != nil && f == nil {
		f = p.sentAs(m.Report.About)
	}
	switch {
	case !strings.EqualFold(m.Workflow, x.List.Workflow):
		return nil
	case f == nil && x.late(m):
		return told(x.Client.Acknowledge(ctx, id)) // nothing is made of it any more
	case f == nil:
		return nil
	case m.Report != nil:
		return x.end(ctx, id, fmt.Errorf("request %s: %w", f.LocalID, m.Report))
	case m.From != x.from():
		return refusal(f.LocalID, "an answer to it has come from another mailbox than the service's, and was left in the inbox", "ask the service desk; if the service answers from there, set gates.optout.mesh.from")
	}
	return x.download(ctx, id, f)
}

// late reports whether a message is about a request that is over.
func (x *Exchange) late(m mesh.Message) bool {
	about := ""
	if m.Report != nil {
		about = m.Report.About
	}
	return x.state.ours(m.LocalID, about)
}

func (x *Exchange) from() string {
	if x.From != "" {
		return x.From
	}
	return x.To
}

// end ends the request that a message speaks against.
func (x *Exchange) end(ctx context.Context, id string, why error) error {
	if !errors.Is(why, errRefused) {
		why = fmt.Errorf("%w: %w", errRefused, why)
	}
	return errors.Join(x.fail(why, false), told(x.Client.Acknowledge(ctx, id)))
}

// download brings a message, and sees what it is: by what it holds, for the rest
// is the sender's words.
func (x *Exchange) download(ctx context.Context, id string, f *file) error {
	path := filepath.Join(x.folder(x.state.Pending), id)
	if _, err := x.Client.Download(ctx, id, path); err != nil {
		return told(err)
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	begin := make([]byte, 64)
	n, err := io.ReadFull(in, begin)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(begin[:n]), []byte("{")) {
		return x.reply(ctx, id, f, path)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	said, err := form.ParseStatus(in)
	if err := os.Remove(path); err != nil {
		return err
	}
	return x.status(ctx, id, f, said, err)
}

// status takes what the service says that it made of a file. One that cannot be
// read stays in the inbox, and is complained of: the reply may come all the same.
func (x *Exchange) status(ctx context.Context, id string, f *file, said form.Status, err error) error {
	if err == nil && said.LocalID != f.LocalID {
		err = errors.New("optout: a status message is about another request than it is marked with")
	}
	if err != nil {
		return fmt.Errorf("%w: of request %s: it was left in the inbox; next: ask the service desk", err, f.LocalID)
	}
	if err := said.Err(); err != nil {
		return x.end(ctx, id, err)
	}
	f.Status = id
	x.heard(f)
	return x.noted(ctx, id)
}

// heard notes that the service has taken a file.
func (x *Exchange) heard(f *file) {
	x.state.Pending.Moved = x.Now().UTC()
	if f.State == unsure || f.State == made {
		f.State = sent
	}
}

// noted makes what a message has changed durable, and acknowledges it.
func (x *Exchange) noted(ctx context.Context, id string) error {
	if err := x.keep(); err != nil {
		return err
	}
	return told(x.Client.Acknowledge(ctx, id))
}

// reply takes the answer to a file, and holds it to that.
func (x *Exchange) reply(ctx context.Context, id string, f *file, path string) error {
	digest, err := digestOf(path)
	if err != nil {
		return err
	}
	if f.Reply != "" {
		return x.second(ctx, id, f, digest, path)
	}
	p := x.state.Pending
	n := slices.IndexFunc(p.Files, func(g file) bool { return g.LocalID == f.LocalID }) + 1
	dir := x.folder(p)
	c := x.List
	c.Sent, c.Reply, c.Control, c.Now = sentFile(dir, n), path, filepath.Join(dir, "ctl"), x.Now()
	c.AllowEmpty, c.AllowAll, c.MinShare = true, true, least // these are for the whole
	err = durable.Replace(c.Control, form.Control(p.begun(), c.Workflow))
	if err == nil {
		_, err = optout.Open(c)
	}
	if errors.Is(err, errRefused) {
		return x.end(ctx, id, reworded(err, "the reply to "+f.LocalID, "ask the service desk about it; then ohc-pipeline optout request"))
	}
	if err == nil {
		err = os.Rename(path, replyFile(dir, n))
	}
	if err == nil {
		err = durable.Sync(dir)
	}
	if err != nil {
		return err
	}
	x.heard(f)
	f.State, f.Reply, f.Digest = replied, id, digest
	return x.noted(ctx, id)
}

// least is a share that every reply has which allows anybody.
const least = 1e-12

// second takes another reply to a file: the same again does no harm, such as where
// we died before it was acknowledged, and of two that differ nobody can say which
// is right.
func (x *Exchange) second(ctx context.Context, id string, f *file, digest, path string) error {
	if digest != f.Digest {
		return x.end(ctx, id, refusal(f.LocalID, "the service has answered twice, and not the same", "ask the service desk; then ohc-pipeline optout request"))
	}
	return errors.Join(os.Remove(path), told(x.Client.Acknowledge(ctx, id)))
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// overdue ends a request whose answer does not come.
func (x *Exchange) overdue(ctx context.Context) error {
	p := x.state.Pending
	if x.Now().Sub(p.Moved) <= x.Within {
		return nil
	}
	why := "no answer has come in time"
	switch {
	case p.all(made):
		why = "it could not be sent in time"
	case p.has(unsure):
		why = "it is not known whether the service took it, and no answer has come in time"
	}
	for _, f := range p.Files {
		if f.State != sent || f.Message == "" {
			continue
		}
		if t, err := x.Client.Track(ctx, f.Message); err == nil && t.State != "acknowledged" {
			why = "the service has not collected it"
		}
	}
	return x.fail(refusal(p.ID, why, "the next time of the job sends another, or ohc-pipeline optout request does; if that is so again, ask the service desk"), true)
}

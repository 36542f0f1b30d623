package exchange

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/gate/optout/form"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/pipeline/durable"
)

// subject is what every request is headed by.
const subject = "ohc-optout"

// Request asks about everybody. Where a request is on its way already, what is
// left of it is sent, and nobody is asked about anew.
func (x *Exchange) Request(ctx context.Context, who Numbers) error {
	if x.state.Pending != nil {
		return x.rest(ctx)
	}
	if err := x.Client.Handshake(ctx); err != nil {
		return told(err) // before a number is written
	}
	numbers, err := who(ctx)
	if err != nil {
		return err
	}
	now := x.Now().UTC()
	r := &request{ID: now.Format("20060102T150405Z") + "-" + draw(), Purpose: x.Purpose, Moved: now}
	dir := x.folder(r)
	if err := durable.Folder(dir, 0o700); err != nil {
		return err
	}
	count, err := form.Write(numbers, x.Rows, func(n int) (io.WriteCloser, error) { return create(sentFile(dir, n)) })
	if err == nil {
		err = durable.Sync(dir)
	}
	if err == nil {
		r.Sent = count.Sent
		err = x.name(r, count.Files, now)
	}
	if err != nil {
		return errors.Join(err, erase(dir))
	}
	x.state.Pending, x.state.Failed = r, nil
	if err := x.keep(); err != nil {
		return err
	}
	if err := x.send(ctx); err != nil {
		return err
	}
	return x.collect(ctx) // the service wants it to be looked for straight after
}

// draw is what tells two requests of one second apart, whatever has become of the
// folder meanwhile.
func draw() string {
	var b [3]byte
	rand.Read(b[:]) // which never fails
	return hex.EncodeToString(b[:])
}

// name gives each file of a request a name and a local id that no other had.
func (x *Exchange) name(r *request, files int, at time.Time) error {
	month := at.In(list.London).Format("2006-01")
	if x.state.Month != month {
		x.state.Month, x.state.Number = month, 0
	}
	for n := 1; n <= files; n++ {
		x.state.Number++
		name, err := form.Name(x.Mailbox, at, x.state.Number)
		if err != nil {
			return err
		}
		r.Files = append(r.Files, file{LocalID: fmt.Sprintf("ohc-%s-%d", r.ID, n), Name: name, State: made, Begun: at})
	}
	return nil
}

// Number has the next file be named by a number: the next after the last that the
// service took this month, where that is not known here. It only goes forward.
func (x *Exchange) Number(next int) error {
	month := x.Now().In(list.London).Format("2006-01")
	if x.state.Month == month && next <= x.state.Number || next < 1 || next > 9999 {
		return errors.New("optout: request: the next number must be after the last that was used this month, and at most 9999")
	}
	x.state.Month, x.state.Number = month, next-1
	return nil
}

// folder is where a request lies.
func (x *Exchange) folder(r *request) string { return filepath.Join(x.Dir, "requests", r.ID) }

func sentFile(dir string, n int) string  { return filepath.Join(dir, fmt.Sprintf("%d.sent", n)) }
func replyFile(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%d.dat", n)) }

// lasting is a file that is durable once it is closed.
type lasting struct{ *os.File }

func create(path string) (io.WriteCloser, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	return lasting{f}, err
}

// Close makes it durable.
func (l lasting) Close() error { return errors.Join(l.Sync(), l.File.Close()) }

// send sends the files that were not, in their order.
func (x *Exchange) send(ctx context.Context) error {
	for i := range x.state.Pending.Files {
		if x.state.Pending.Files[i].State != made {
			continue
		}
		if err := x.post(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// post sends one file. That it is about to be is durable before, and whether it
// was is after.
func (x *Exchange) post(ctx context.Context, i int) error {
	p, f := x.state.Pending, &x.state.Pending.Files[i]
	content, err := os.Open(sentFile(x.folder(p), i+1))
	if err != nil {
		return x.fail(refusal(p.ID, "a file of the request is not there any more", "the next time of the job sends another, or ohc-pipeline optout request does"), true)
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return err
	}
	f.State, f.Begun = sending, x.Now().UTC()
	if err := x.keep(); err != nil {
		return err
	}
	id, err := x.Client.Send(ctx, mesh.Letter{To: x.To, Workflow: x.List.Workflow, File: f.Name, LocalID: f.LocalID, Subject: subject,
		Gzip: true, Content: content, Size: info.Size()})
	switch {
	case err == nil:
		f.State, f.Message, p.Moved = sent, id, x.Now().UTC()
	case errors.Is(err, mesh.ErrUnsure):
		f.State, p.Moved = unsure, x.Now().UTC()
	case id != "":
		f.State, f.Message = unsure, id
		return errors.Join(told(err), x.fail(refusal(p.ID, "a file of the request was sent in part", "the next time of the job sends another, or ohc-pipeline optout request does"), true))
	default: // it certainly was not taken
		f.State = made
	}
	return errors.Join(told(err), x.keep())
}

// fail ends the request that is on its way. again says that another may be sent
// without anybody's word.
func (x *Exchange) fail(why error, again bool) error {
	e := ended{request: *x.state.Pending, At: x.Now().UTC(), How: failed, Why: why.Error(), Again: again}
	x.state.past(e)
	x.state.Pending, x.state.Failed = nil, &e
	if err := x.keep(); err != nil {
		return err
	}
	return errors.Join(why, x.sweep())
}

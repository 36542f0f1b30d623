package exchange

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/optout/form"
	"secondaryuse/pipeline/durable"
)

var errRefused = gate.ErrRefused

// adopt makes a request that is answered the list in use, after the gate has
// opened on it: the state that says so is the one switch. What was in use before,
// and what the list was made from, is erased.
func (x *Exchange) adopt() error {
	p := x.state.Pending
	sent, reply, control := listFiles(x.Dir, p.ID)
	if err := durable.Folder(filepath.Dir(sent), 0o700); err != nil {
		return err
	}
	err := errors.Join(x.join(sentFile, sent), x.join(replyFile, reply), durable.Replace(control, form.Control(p.begun(), x.List.Workflow)))
	if err != nil {
		return err
	}
	c := x.List
	c.Sent, c.Reply, c.Control, c.Now = sent, reply, control, x.Now()
	g, err := optout.Open(c)
	if errors.Is(err, errRefused) {
		return x.fail(reworded(err, "the replies to "+p.ID, "ask the service desk whether that is so; if it is, set min_share, allow_empty or allow_all in gates.optout; then ohc-pipeline optout request"), false)
	}
	if err != nil {
		return err
	}
	if old := x.state.List; old != nil {
		x.state.past(ended{request: old.request, At: x.Now().UTC(), How: replaced})
	}
	x.state.List, x.state.Pending = &listing{request: *p, Issued: p.begun().Truncate(time.Second), Returned: g.Allowed()}, nil
	if err := x.keep(); err != nil {
		return err
	}
	return x.sweep()
}

// join writes the files of a request that are of a kind one behind the other.
func (x *Exchange) join(part func(dir string, n int) string, to string) error {
	out, err := create(to)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for n := range x.state.Pending.Files {
		if err == nil {
			err = appendFile(w, part(x.folder(x.state.Pending), n+1))
		}
	}
	return errors.Join(err, w.Flush(), out.Close())
}

// appendFile appends a file, and ends its last line where that has no end.
func appendFile(to *bufio.Writer, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	last := byte('\n')
	for buffer := make([]byte, 1<<16); ; {
		n, err := in.Read(buffer)
		if n > 0 {
			last = buffer[n-1]
		}
		to.Write(buffer[:n]) // the first error stays with it
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if last != '\n' {
		to.WriteByte('\n')
	}
	return nil
}

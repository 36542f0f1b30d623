package bulk

import (
	"context"
	"errors"
	"io"
	"time"
)

var errStalled = errors.New("stalled")

// watched is a body that is given up when no byte comes for a while.
type watched struct {
	body  io.ReadCloser
	timer *time.Timer
	stall time.Duration
	stop  context.CancelCauseFunc
	late  chan struct{}
}

func watch(body io.ReadCloser, stall time.Duration, stop context.CancelCauseFunc) io.ReadCloser {
	w := &watched{body: body, stall: stall, stop: stop, late: make(chan struct{})}
	w.timer = time.AfterFunc(stall, func() {
		close(w.late)
		stop(errStalled)
	})
	return w
}

// Read reads, and says errStalled once it was given up.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	if err != nil && err != io.EOF {
		select {
		case <-w.late:
			err = errStalled
		default:
		}
		return n, err
	}
	if w.timer.Stop() {
		w.timer.Reset(w.stall)
	}
	return n, err
}

// Close closes the body.
func (w *watched) Close() error {
	w.timer.Stop()
	err := w.body.Close()
	w.stop(nil)
	return err
}

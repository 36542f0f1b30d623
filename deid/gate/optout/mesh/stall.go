package mesh

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

var errStalled = errors.New("stalled")

// unread says that a body could not be read on our side, so that the service
// cannot have all of it.
const unread = "the content cannot be read"

// pulse ends a request in which nothing moves for a while, in either direction.
type pulse struct {
	timer *time.Timer
	stall time.Duration
}

func watch(stall time.Duration, stop context.CancelCauseFunc) *pulse {
	return &pulse{timer: time.AfterFunc(stall, func() { stop(errStalled) }), stall: stall}
}

func (p *pulse) beat() {
	if p.timer.Stop() {
		p.timer.Reset(p.stall)
	}
}

func (p *pulse) stop() { p.timer.Stop() }

// beating is the body of an answer.
type beating struct {
	io.ReadCloser
	beat *pulse
}

// Read reads, which is a sign of life.
func (b beating) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.beat.beat()
	return n, err
}

// reading is the body of a request. It remembers what went wrong on our side.
type reading struct {
	body io.ReadCloser
	beat *pulse
	err  atomic.Pointer[error]
}

// Read reads, which is a sign of life.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.beat.beat()
	if err != nil && err != io.EOF {
		r.err.CompareAndSwap(nil, &err)
	}
	return n, err
}

// Close closes the body.
func (r *reading) Close() error { return r.body.Close() }

// fault is what went wrong on our side.
func (r *reading) fault() error {
	if err := r.err.Load(); err != nil {
		return &failure{reason: unread, next: "see to the file and send it again", causes: []error{*err}}
	}
	return nil
}

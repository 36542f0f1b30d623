package clock

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"secondaryuse/pipeline/ledger"
)

var errDead = errors.New("this process is dead")

// mortal is the ledger as a process sees it that may die: the dead write
// nothing, and read nothing.
type mortal struct {
	Ledger
	dead atomic.Bool
	left atomic.Int64 // dies after so many decisions, where it is not 0
	late atomic.Bool  // the last of them is written
}

func (m *mortal) Past(ctx context.Context, job string, at, now time.Time) (ledger.Past, error) {
	if m.dead.Load() {
		return ledger.Past{}, errDead
	}
	return m.Ledger.Past(ctx, job, at, now)
}

func (m *mortal) Decide(ctx context.Context, job string, at, now time.Time, f func(ledger.Past) ([]ledger.Turn, error)) error {
	if m.dead.Load() {
		return errDead
	}
	if m.left.Load() > 0 && m.left.Add(-1) == 0 {
		m.dead.Store(true)
		if m.late.Load() {
			m.Ledger.Decide(ctx, job, at, now, f)
		}
		return errDead
	}
	return m.Ledger.Decide(ctx, job, at, now, f)
}

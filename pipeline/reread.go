package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/locator"
)

// errMissing says that records do not lie any more where they lay.
var errMissing = errors.New("not all that is to be read again is where it was landed; next: ohc-pipeline run --reload")

// carryAgain reads records again that were read before, and nothing that only
// lies beside them, nor what has been read again in a round before: of a file
// that can only be read as a whole each round takes its own. Where a place that
// held a record does not hold it any more it fails.
func (c *change) carryAgain(ctx context.Context, places map[delivery]map[locator.Place]bool) error {
	if len(places) == 0 {
		return nil
	}
	old, err := c.all()
	if err != nil {
		return err
	}
	from, err := c.picks(ctx, old, places)
	if err != nil {
		return err
	}
	c.sought.numbers = maps.Clone(c.changes.Numbers)
	for _, n := range c.changes.Gone {
		c.sought.numbers[n] = true
	}
	met := met{places: make(map[delivery]map[locator.Place]bool)}
	err = c.Run.read(ctx, rowsPass, from, func(worker int, t *task, b *record.Block) error {
		car := c.crew[worker]
		d := &car.desks[t.feed]
		b.Keep(func(h *record.Head, subject record.Ref) bool {
			key, named := d.cross.Record(h.ID), c.keeper.Key(d.feed, subject)
			if !c.sought.finds(key, named, h.Number) {
				return false
			}
			met.note(t, h)
			return !c.carried.finds(key, named, h.Number)
		})
		c.account.again(t.feed, b.Read)
		return car.block(t.feed, b)
	})
	if err != nil {
		return err
	}
	return met.all(c.Feeds, places)
}

// met is where records were found again.
type met struct {
	mu     sync.Mutex
	places map[delivery]map[locator.Place]bool
}

func (m *met) note(t *task, h *record.Head) {
	p := locator.Place{File: t.src.(picked).files[t.shard.File], From: h.From, Size: h.Size}
	if t.shard.Picked == nil {
		p.From, p.Size = 0, 0
	}
	m.mu.Lock()
	set(m.places, delivery{t.feed, t.Number}, p)
	m.mu.Unlock()
}

// all returns an error unless every place, or every file that was read as a
// whole, held a record that was sought.
func (m *met) all(feeds []Feed, places map[delivery]map[locator.Place]bool) error {
	for d, all := range places {
		for p := range all {
			if !m.places[d][p] && !m.places[d][locator.Place{File: p.File}] {
				return fmt.Errorf("feed %s: %w", feeds[d.feed].Name, errMissing)
			}
		}
	}
	return nil
}

package pipeline

import (
	"fmt"
	"path/filepath"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/stage/seal"
)

// surveyor takes down, for one goroutine, where the records of deliveries lie
// and whom they name.
type surveyor struct {
	dir     string // of the run
	worker  int
	writers map[delivery]*locator.Writer
	seen    *seen // of a delta: what its records are found by; else nil
}

// delivery names a delivery of a run.
type delivery struct {
	feed   int
	number int64
}

// seen is what records are found by.
type seen struct {
	records locator.Set              // their own keys
	keys    map[uint64]bool          // whom they name by reference
	numbers map[identity.Number]bool // whom they name by number
}

func newSeen() *seen {
	return &seen{keys: make(map[uint64]bool), numbers: make(map[identity.Number]bool)}
}

// survey takes down the records of a block.
func (c *carrier) survey(t *task, b *record.Block) error {
	s := c.surveyor
	if s == nil {
		return nil
	}
	w, err := s.writer(delivery{t.feed, t.Number})
	if err != nil {
		return err
	}
	d := &c.desks[t.feed]
	var failed error
	b.Heads(func(h *record.Head, subject record.Ref) {
		if h.Part != 0 || failed != nil {
			return
		}
		e := locator.Entry{Record: d.cross.Record(h.ID), Place: locator.Place{File: t.nth, From: h.From, Size: h.Size}}
		key := c.keeper.Key(d.feed, subject)
		if s.seen != nil {
			s.seen.take(e.Record, key, h.Number)
		}
		if key != 0 || h.Number.Zero() {
			e.Subject = key
			failed = w.Add(e)
		}
		if !h.Number.Zero() && failed == nil {
			e.Subject = c.crossing.Number(h.Number)
			failed = w.Add(e)
		}
	})
	return failed
}

// take takes up what one record is found by.
func (s *seen) take(record, key uint64, n identity.Number) {
	s.records.Add(record)
	if key != 0 {
		s.keys[key] = true
	}
	if !n.Zero() {
		s.numbers[n] = true
	}
}

func (s *surveyor) writer(d delivery) (*locator.Writer, error) {
	if w := s.writers[d]; w != nil {
		return w, nil
	}
	w, err := locator.Create(filepath.Join(s.dir, s.name(d)))
	if err == nil {
		s.writers[d] = w
	}
	return w, err
}

func (s *surveyor) name(d delivery) string {
	return fmt.Sprintf("%s-%02d-%d-%03d.bin", seal.Locator, d.feed, d.number, s.worker)
}

// close ends the files and returns them.
func (s *surveyor) close(feeds []Feed, layer int64) ([]seal.Part, error) {
	var parts []seal.Part
	for d, w := range s.writers {
		if err := w.Close(); err != nil {
			return nil, err
		}
		parts = append(parts, seal.Part{Dataset: seal.Locator, File: s.name(d), Layer: layer,
			Feed: string(feeds[d.feed].Name), Delivery: d.number})
	}
	return parts, nil
}

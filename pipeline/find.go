package pipeline

import (
	"context"
	"path/filepath"
	"slices"

	"secondaryuse/deid/identity"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/stage/seal"
)

// sought is what records are found by.
type sought struct {
	records  locator.Set              // their own keys, where their fate may have changed
	subjects locator.Set              // whom they name, where that is somebody who has changed
	numbers  map[identity.Number]bool // those of them that are numbers
}

// finds reports whether a record is found by its own key, or by whom it names.
func (s *sought) finds(record, subject uint64, n identity.Number) bool {
	return s.records.Has(record) || s.subjects.Has(subject) || s.numbers[n]
}

// add takes up another.
func (s *sought) add(o *sought) {
	for key := range o.records.Keys() {
		s.records.Add(key)
	}
	for key := range o.subjects.Keys() {
		s.subjects.Add(key)
	}
	s.numbers = o.numbers // which is never changed
}

// find finds where in the landing the records lie that must be read again, and
// have not been yet: those of everybody touched, and every version of each of
// them, whoever that names.
func (c *change) find(ctx context.Context) (map[delivery]map[locator.Place]bool, error) {
	files, of, err := c.entries()
	if err != nil {
		return nil, err
	}
	found := make(map[delivery]map[locator.Place]bool)
	records := &c.sought.records
	for {
		var subjects locator.Set
		c.widen(&subjects)
		var next locator.Set
		strange := newSeen()
		err := files.Find(ctx, records, &subjects, func(file int, e locator.Entry) {
			if c.sought.subjects.Has(e.Subject) && !subjects.Has(e.Subject) {
				return // it was found by its subject in a turn before
			}
			d := of[file]
			if !c.carried.finds(e.Record, e.Subject, identity.Number{}) {
				set(found, d, e.Place)
			}
			if !c.sought.records.Has(e.Record) {
				next.Add(e.Record)
			}
			if e.Subject != 0 && !c.sought.subjects.Has(e.Subject) { // see widen
				c.name(strange, e.Subject)
			}
		})
		if err != nil {
			return nil, err
		}
		for key := range next.Keys() {
			c.sought.records.Add(key)
		}
		grown := c.changes.Touch(strange.keys, strange.numbers)
		if next.Len() == 0 && !grown {
			return found, nil
		}
		records = &next
	}
}

func set(m map[delivery]map[locator.Place]bool, d delivery, p locator.Place) {
	if m[d] == nil {
		m[d] = make(map[locator.Place]bool)
	}
	m[d][p] = true
}

// widen adds to subjects what finds records of those touched and has not been
// looked for yet.
func (c *change) widen(subjects *locator.Set) {
	for key := range c.changes.Keys {
		if c.sought.subjects.Add(key) {
			subjects.Add(key)
		}
	}
	for n := range c.changes.Numbers {
		if key := c.crossing.Number(n); c.sought.subjects.Add(key) {
			subjects.Add(key)
		}
	}
	for _, n := range c.changes.Gone {
		if key := c.crossing.Number(n); c.sought.subjects.Add(key) {
			subjects.Add(key)
		}
	}
}

// name takes up a subject that a record names besides one that is touched: a
// reference, or somebody's number.
func (c *change) name(s *seen, subject uint64) {
	if n, ok := c.persons()[int64(subject)]; ok {
		s.numbers[n] = true
		return
	}
	s.keys[subject] = true
}

func (c *change) persons() map[int64]identity.Number {
	if c.ordinal == nil {
		c.ordinal = c.crossing.Persons()
	}
	return c.ordinal
}

// entries are the files that say where records lie, which stay open, and of which
// delivery each is.
func (c *change) entries() (*locator.Files, []delivery, error) {
	paths, of := c.locators()
	if c.files == nil {
		var err error
		if c.files, err = locator.Open(paths); err != nil {
			return nil, nil, err
		}
	}
	return c.files, of, nil
}

// locators lists the files that say where records lie, and of which delivery
// each is.
func (c *change) locators() (paths []string, of []delivery) {
	for _, p := range c.live.State {
		if p.Dataset != seal.Locator {
			continue
		}
		feed := slices.IndexFunc(c.Feeds, func(f Feed) bool { return string(f.Name) == p.Feed })
		paths = append(paths, filepath.Join(seal.Dir(c.Stage, c.live.Run), p.File))
		of = append(of, delivery{feed, p.Delivery})
	}
	return paths, of
}

package pipeline

import (
	"context"
	"slices"
	"sync"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/locator"
)

// renew enrols anew, before anybody is judged, whose own records are read in
// another way than when they were enrolled, because a period in them has ended
// since: what was a person's number is a former one now.
func (c *change) renew(ctx context.Context) error {
	ended := c.keeper.Renew()
	if len(ended) == 0 {
		return nil
	}
	places, err := c.lie(ctx, ended)
	if err != nil {
		return err
	}
	old, err := c.all()
	if err != nil {
		return err
	}
	from, err := c.picks(ctx, old, places)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	found := make(map[uint64]bool)
	err = c.Run.read(ctx, peoplePass, from, func(_ int, t *task, b *record.Block) error {
		f := c.Feeds[t.feed].Feed
		b.Persons = slices.DeleteFunc(b.Persons, func(p record.Person) bool { return !ended[c.keeper.Key(f, p.ID)] })
		mu.Lock()
		defer mu.Unlock()
		for i := range b.Persons {
			found[c.keeper.Key(f, b.Persons[i].ID)] = true
		}
		c.keeper.Enrol(f, b.Persons)
		return nil
	})
	if err == nil && len(found) < len(ended) {
		err = errMissing
	}
	return err
}

// lie finds where the records lie that name somebody by one of the keys.
func (c *change) lie(ctx context.Context, keys map[uint64]bool) (map[delivery]map[locator.Place]bool, error) {
	var subjects locator.Set
	for key := range keys {
		subjects.Add(key)
	}
	files, of, err := c.entries()
	if err != nil {
		return nil, err
	}
	found := make(map[delivery]map[locator.Place]bool)
	err = files.Find(ctx, new(locator.Set), &subjects, func(file int, e locator.Entry) { set(found, of[file], e.Place) })
	return found, err
}

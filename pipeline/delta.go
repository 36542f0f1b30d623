package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// change is a delta on its way: what has changed since a run was sealed, and
// what follows from that.
type change struct {
	*Run
	live     seal.Manifest
	keeper   *gate.Keeper
	crossing *deid.Crossing
	crew     crew
	account  Account
	changes  *gate.Changes
	ordinal  map[int64]identity.Number // whose number a person_id is; nil until it is asked for
	files    *locator.Files            // that say where records lie; nil until they are asked

	sought  sought // what finds the records that are to be read again
	carried sought // what did in the rounds before: those records have taken the way
}

// delta takes up what has changed since the live run was sealed.
//
// The unit is the person. Whoever is named by a record that is new, changed or
// deleted, or is known or judged in another way than then, is touched: all their
// records are found in the landing, and take the whole path as if nobody had
// ever seen them. What comes of that is a layer above the others, in which the
// rows of everybody touched count, and theirs in the layers below do not. So a
// delta has no rules of its own of what wins, follows or is left out: what it
// ends in is what reading everything would have, for those persons.
//
// What one person's records can do to those of others is small, and followed
// up: an index of all persons is kept from run to run, a record that changes
// hands touches both, and a record that goes with a sensitive one of somebody
// else, or went with one that is read again, touches its person.
func (r *Run) delta(ctx context.Context, live seal.Manifest, plan Plan) (Result, error) {
	c := change{Run: r, live: live, keeper: gate.NewKeeper(r.Gates), account: newAccount(r)}
	defer c.close()
	from, err := c.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	if err := r.carry(ctx, c.crew, &c.account, from); err != nil {
		return Result{}, err
	}
	lack(plan.marks, from)
	c.touch()
	for {
		places, err := c.find(ctx)
		if err != nil {
			return Result{}, err
		}
		if err := c.carryAgain(ctx, places); err != nil {
			return Result{}, err
		}
		more, err := c.hanging()
		if err != nil {
			return Result{}, err
		}
		if more.Len() == 0 {
			return c.end(ctx, plan)
		}
		c.carried.add(&c.sought)
		c.seek(more)
	}
}

// begin takes up the roster, and who has changed by it, and opens what is new.
func (c *change) begin(ctx context.Context) ([]batch, error) {
	c.keeper.Keep(c.Key.Roster())
	if err := errors.Join(c.intact(c.live), c.loadRoster()); err != nil {
		return nil, fmt.Errorf("%w; next: ohc-pipeline run --reload", err)
	}
	var from []batch
	for i := range c.Feeds {
		if c.Feeds[i].Folder != "" {
			continue // as it was; else everything would be read
		}
		b, err := c.batches(i, c.live.Marks[i].Delivery)
		if err != nil {
			return nil, fmt.Errorf("feed %s: %w", c.Feeds[i].Name, told(err))
		}
		from = append(from, b...)
	}
	if err := c.renew(ctx); err != nil {
		return nil, err
	}
	if err := c.enrol(ctx, c.keeper, from); err != nil {
		return nil, err
	}
	c.keeper.Judge()
	c.enrolled(c.keeper)
	var err error
	if c.crossing, err = deid.NewCrossing(c.Key, c.keeper, c.Places, c.AsOf); err != nil {
		return nil, err
	}
	feeds := make([]record.Feed, len(c.Feeds))
	for i, f := range c.Feeds {
		feeds[i] = f.Feed
	}
	c.changes = c.keeper.Changes(feeds)
	c.crew = c.newCrew(c.keeper, c.crossing, true)
	return from, nil
}

// close gives up what was open.
func (c *change) close() {
	if c.files != nil {
		c.files.Close()
	}
}

func (c *change) loadRoster() error {
	i := slices.IndexFunc(c.live.State, func(p seal.Part) bool { return p.Dataset == seal.Roster })
	if i < 0 {
		return gate.ErrRoster
	}
	f, err := os.Open(filepath.Join(seal.Dir(c.Stage, c.live.Run), c.live.State[i].File))
	if err != nil {
		return fmt.Errorf("stage: roster: %w", told(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("stage: roster: %w", told(err))
	}
	return c.keeper.Load(f, info.Size())
}

// touch takes up whom and what the new records name.
func (c *change) touch() {
	all := newSeen()
	for _, car := range c.crew {
		s := car.surveyor.seen
		maps.Copy(all.keys, s.keys)
		maps.Copy(all.numbers, s.numbers)
		for key := range s.records.Keys() {
			c.sought.records.Add(key)
		}
	}
	c.seek(c.crew.doomed(nil))
	c.changes.Touch(all.keys, all.numbers)
}

// seek has records found by their own keys.
func (c *change) seek(records *locator.Set) {
	for key := range records.Keys() {
		c.sought.records.Add(key)
	}
}

// hanging returns the records, besides those that were sought, that must go now
// or hang on one that must, and those that went with one that was read again,
// which may stay now.
func (c *change) hanging() (*locator.Set, error) {
	var more locator.Set
	var front []int64
	err := stage.Doomed(c.Stage, c.live, func(record, on int64) {
		if c.sought.records.Has(uint64(on)) && !c.sought.records.Has(uint64(record)) {
			more.Add(uint64(record))
		}
		front = append(front, c.crew.with(record)...) // what goes with it now must go as well
	})
	if err != nil {
		return nil, err
	}
	doomed := c.crew.doomed(front)
	if doomed.Len() == 0 {
		return &more, nil
	}
	var was locator.Set // of these nothing is left that hangs on them
	err = stage.Doomed(c.Stage, c.live, func(record, _ int64) {
		if doomed.Has(uint64(record)) {
			was.Add(uint64(record))
		}
	})
	if err != nil {
		return nil, err
	}
	var now locator.Set
	for key := range doomed.Keys() {
		if !was.Has(key) {
			now.Add(key)
		}
	}
	if now.Len() == 0 {
		return &more, nil
	}
	hanging, err := stage.Hanging(c.Stage, c.live, &now)
	for _, key := range hanging {
		now.Add(uint64(key))
	}
	for key := range now.Keys() {
		if !c.sought.records.Has(key) {
			more.Add(key)
		}
	}
	return &more, err
}

// end makes the new layer, and has it settled, sealed and published.
func (c *change) end(ctx context.Context, plan Plan) (Result, error) {
	result := Result{Delta: true, Kind: ledger.Delta, Persons: c.keeper.Persons(), Plan: plan, Touched: len(c.changes.Persons()), Again: c.account.reread, affects: judgement{crossing: c.crossing}}
	if err := c.judged(ctx, c.keeper); err != nil {
		return result, err
	}
	m := c.manifest(plan)
	m.Epoch, m.Layer, m.Since = c.live.Epoch, c.live.Layer+1, c.live.Since
	if err := stage.Append(c.crew[0].writer, c.crossing.Touched(c.changes.Persons(), c.changes.Gone)); err != nil {
		return result, err
	}
	parts, state, err := c.complete(c.crew, c.crossing, &c.account, m.Layer)
	if err != nil {
		return result, err
	}
	result.Account = c.account
	lower, err := c.link(c.live, c.live.Parts)
	if err != nil {
		return result, err
	}
	kept, err := c.link(c.live, slices.DeleteFunc(slices.Clone(c.live.State), func(p seal.Part) bool {
		return p.Dataset == seal.Roster
	}))
	if err != nil {
		return result, err
	}
	for _, p := range kept {
		if p.Dataset == seal.Doomed {
			parts = append(parts, p)
		} else {
			m.State = append(m.State, p)
		}
	}
	m.State = append(m.State, state...)
	return c.finish(ctx, m, c.keeper, parts, lower, result)
}

package deid

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/dchest/siphash"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/place"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/guard"
)

// Crossing knows the person_id of everyone a keeper has judged, and how a
// record becomes a row.
type Crossing struct {
	key    Key
	keeper *gate.Keeper
	ids    []int64 // by gate.Ordinal
	places *place.Lookup
	asOf   time.Time
}

// ErrCollision says that two persons have the same person_id. Nothing may be
// staged: they would be merged.
var ErrCollision = errors.New("two persons have one person_id")

// NewCrossing computes everyone's person_id. asOf is the day for which ages
// are capped; places may be nil.
func NewCrossing(key Key, keeper *gate.Keeper, places *place.Lookup, asOf time.Time) (*Crossing, error) {
	c := &Crossing{key, keeper, make([]int64, keeper.Persons()), places, asOf}
	n, workers := len(c.ids), runtime.GOMAXPROCS(0)
	var wg guard.Group
	for w := range workers {
		wg.Go(func() {
			person := key.persons()
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				number, _ := keeper.Number(gate.Ordinal(i))
				c.ids[i] = person(number)
			}
		})
	}
	wg.Wait()
	return c, c.collide()
}

func (c *Crossing) collide() error {
	sorted := slices.Clone(c.ids)
	slices.Sort(sorted)
	found := 0
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			found++
		}
	}
	if found > 0 {
		return fmt.Errorf("deid: %w: %d times among %d", ErrCollision, found, len(sorted))
	}
	return nil
}

// Late returns an exclusion for every person whom a record has put out. Where
// that hangs on whether one of some versions of records stands, there is an
// exclusion for each of them, which names it: its part is how many copies of
// the version were met, and the person stays if it stands. With part 0 it is the
// other way round: the person is out if it stands.
func (c *Crossing) Late() Batch[row.Exclusion] {
	var out []row.Exclusion
	desks := make(map[record.Feed]*Desk)
	hanging := func(who gate.Ordinal, why gate.Reason, v record.Version) {
		if desks[v.Feed] == nil {
			desks[v.Feed] = c.Desk(v.Feed)
		}
		x := exclusion(c.ids[who], why)
		x.Feed, x.RecordKey, x.Version, x.Part = v.Feed.Name, desks[v.Feed].ref(v.ID), v.At, v.Copies
		out = append(out, x)
	}
	c.keeper.Late(func(who gate.Ordinal, why gate.Reason, unless []record.Version) {
		if len(unless) == 0 {
			out = append(out, exclusion(c.ids[who], why))
		}
		for _, v := range unless {
			hanging(who, why, v)
		}
	})
	c.keeper.Accused(func(who gate.Ordinal, v record.Version) { hanging(who, gate.SensitivePerson, v) })
	return Batch[row.Exclusion]{out}
}

// Out returns an exclusion for each of the staged persons who may not be used
// now: who is judged out, and, when closed is set, who is not enrolled at all.
func (c *Crossing) Out(staged map[int64]struct{}, closed bool) Batch[row.Exclusion] {
	why := make(map[int64]gate.Reason, len(c.ids))
	for i, id := range c.ids {
		_, why[id] = c.keeper.Number(gate.Ordinal(i))
	}
	var out []row.Exclusion
	for id := range staged {
		r, known := why[id]
		if !known && closed {
			r = gate.NotAllowed
		}
		if r != gate.Kept {
			out = append(out, exclusion(id, r))
		}
	}
	return Batch[row.Exclusion]{out}
}

// Kept reports whether no gate has said anything against a person.
func (c *Crossing) Kept(who gate.Ordinal) bool {
	_, why := c.keeper.Number(who)
	return why == gate.Kept
}

// Stay returns which of the staged persons may be used now: of those enrolled
// whoever may says so of, and, unless closed is set, whoever is not enrolled. It
// takes everybody enrolled out of staged.
func (c *Crossing) Stay(staged map[int64]struct{}, closed bool, may func(gate.Ordinal) bool) (ids []int64) {
	for i, id := range c.ids {
		if _, ok := staged[id]; ok && may(gate.Ordinal(i)) {
			ids = append(ids, id)
		}
		delete(staged, id)
	}
	if !closed {
		ids = slices.AppendSeq(ids, maps.Keys(staged))
	}
	return ids
}

// Why returns why each of some persons may not be used, as Out does. Kept is for
// those whom nothing but their records' own gates has taken out.
func (c *Crossing) Why(persons map[int64]bool, closed bool) map[int64]gate.Reason {
	why := make(map[int64]gate.Reason, len(persons))
	for id := range persons {
		if why[id] = gate.UnknownPerson; closed {
			why[id] = gate.NotAllowed
		}
	}
	for i, id := range c.ids {
		if persons[id] {
			_, why[id] = c.keeper.Number(gate.Ordinal(i))
		}
	}
	c.keeper.Late(func(who gate.Ordinal, r gate.Reason, _ []record.Version) {
		if id := c.ids[who]; persons[id] && why[id] == gate.Kept {
			why[id] = r
		}
	})
	return why
}

func exclusion(person int64, why gate.Reason) row.Exclusion {
	return row.Exclusion{Key: row.Key{PersonID: person}, Gate: term.Word(why.Gate()), Reason: int32(why)}
}

// Desk is where one goroutine has a feed's admitted records cross.
type Desk struct {
	crossing *Crossing
	feed     record.Feed
	recorder term.Word
	k0, k1   uint64
	scratch  []byte
	last     struct{ record, encounter replaced } // neighbours often share them
}

// replaced is a key that was replaced before.
type replaced struct {
	kind record.Kind
	id   []byte
	key  int64
}

// Desk returns a desk for one feed.
func (c *Crossing) Desk(f record.Feed) *Desk {
	d := &Desk{crossing: c, feed: f, recorder: recorders[f.Kind]}
	d.k0, d.k1 = c.key.records(f.Name)
	return d
}

var recorders = [...]term.Word{record.Shared: row.Professional, record.PHR: row.Self, record.Wearable: row.Device}

// ref replaces a feed's own key. It returns 0 for a Ref that names nothing.
func (d *Desk) ref(r record.Ref) int64 {
	if r.Kind == record.None || r.ID == "" {
		return 0
	}
	d.scratch = append(append(d.scratch[:0], byte(r.Kind)), r.ID...)
	h := int64(siphash.Hash(d.k0, d.k1, d.scratch))
	if h == 0 {
		return 1
	}
	return h
}

// again replaces a key as ref does, unless it is the same as the time before.
func (d *Desk) again(last *replaced, r record.Ref) int64 {
	if r.Kind != last.kind || r.ID != string(last.id) {
		last.kind, last.id, last.key = r.Kind, append(last.id[:0], r.ID...), d.ref(r)
	}
	return last.key
}

func (d *Desk) fill(k *row.Key, h *record.Head, who gate.Ordinal) {
	*k = row.Key{
		Feed:         d.feed.Name,
		Recorder:     d.recorder,
		RecordKey:    d.again(&d.last.record, h.ID),
		Part:         h.Part,
		EncounterKey: d.again(&d.last.encounter, h.Encounter),
		Version:      h.Version,
		Recorded:     h.Recorded,
	}
	if who >= 0 {
		k.PersonID = d.crossing.ids[who]
	}
}

package deid

import (
	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
)

// Touched returns the persons whose rows in lower layers do not count any more:
// those that have changed, and those nobody knows any longer.
func (c *Crossing) Touched(persons map[gate.Ordinal]bool, gone []identity.Number) Batch[row.Touched] {
	var out []row.Touched
	for who := range persons {
		out = append(out, row.Touched{Key: row.Key{PersonID: c.ids[who]}})
	}
	for _, n := range gone {
		out = append(out, row.Touched{Key: row.Key{PersonID: c.key.Person(n)}})
	}
	return Batch[row.Touched]{out}
}

// Number is what records are found by that name their person by number. It
// stays the same from run to run.
func (c *Crossing) Number(n identity.Number) uint64 {
	if who, ok := c.keeper.Whose(n); ok {
		return uint64(c.ids[who])
	}
	return uint64(c.key.Person(n))
}

// Persons are the numbers of everyone enrolled, by person_id.
func (c *Crossing) Persons() map[int64]identity.Number {
	out := make(map[int64]identity.Number, len(c.ids))
	for i, id := range c.ids {
		out[id], _ = c.keeper.Number(gate.Ordinal(i))
	}
	return out
}

// Record is a record's own key as its row has it: 0 where it has none. It stays
// the same from run to run.
func (d *Desk) Record(r record.Ref) uint64 { return uint64(d.ref(r)) }

package gate

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
)

// Changes gathers whose records may be judged in another way than when the
// roster was kept, and by what those records are found. It is closed: all
// records of its persons, as they are known now and as they were then, are
// found by its keys and numbers.
type Changes struct {
	keeper  *Keeper
	feeds   []record.Feed
	owners  map[uint64][]identity.Number // by the key of an account: who was ever connected to it
	persons map[Ordinal]bool
	Keys    map[uint64]bool          // of references, as Key has them
	Numbers map[identity.Number]bool // of records that name their person by number
	Gone    []identity.Number        // who was known by a list alone, and is not now
}

// Changes returns what has changed since the roster was kept, once all persons
// are judged. Where it never was, everybody has changed.
func (k *Keeper) Changes(feeds []record.Feed) *Changes {
	c := &Changes{
		keeper: k, feeds: feeds, persons: make(map[Ordinal]bool),
		Keys: make(map[uint64]bool), Numbers: make(map[identity.Number]bool), Gone: k.memory.gone,
	}
	r, m := k.roster, &k.memory
	c.own()
	for key, now := range r.byRef.all() {
		if then, ok := m.was.get(key); !ok || !now.same(then) {
			c.key(key)
		}
	}
	for i, n := range r.numbers {
		if i >= len(m.known) || !m.known[i] || m.stand[i] != k.stand(n, r.verdicts[i]) || m.heirs[i] != r.heir(n) {
			c.number(n)
			c.persons[Ordinal(i)] = true
		}
	}
	for n, then := range m.former {
		if r.heir(n) != then.heir || k.stand(n, Kept) != then.stand {
			c.number(n)
		}
	}
	for cl := range r.claims {
		if _, ok := m.former[cl.number]; !ok {
			c.number(cl.number)
		}
	}
	c.close()
	return c
}

// Touch adds records that are found by keys of references and by numbers, and
// whoever they are of. It reports whether that was anything new.
func (c *Changes) Touch(keys map[uint64]bool, numbers map[identity.Number]bool) bool {
	before := len(c.Keys) + len(c.Numbers)
	for key := range keys {
		if !c.Keys[key] {
			c.key(key)
		}
	}
	for n := range numbers {
		if !c.Numbers[n] {
			c.number(n)
		}
	}
	if len(c.Keys)+len(c.Numbers) == before {
		return false
	}
	c.close()
	return true
}

// Persons are those whose rows do not count any more.
func (c *Changes) Persons() map[Ordinal]bool { return c.persons }

// key takes up a key, and who is and was behind it.
func (c *Changes) key(key uint64) {
	c.Keys[max(key, 1)] = true
	if e, ok := c.keeper.roster.byRef.get(key); ok {
		c.person(e.who)
	}
	if e, ok := c.keeper.memory.was.get(key); ok {
		c.person(e.who)
	}
	for _, n := range c.owners[key] {
		c.number(n)
	}
}

// number takes up a number, and who is found under it; close finds who was.
func (c *Changes) number(n identity.Number) {
	c.Numbers[n] = true
	r, m := c.keeper.roster, &c.keeper.memory
	c.person(r.heir(n))
	if then, ok := m.former[n]; ok {
		c.person(then.heir)
	}
}

func (c *Changes) person(who Ordinal) {
	if who != nobody {
		c.persons[who] = true
	}
}

// close takes up all that records of the persons are found by.
func (c *Changes) close() {
	r, m := c.keeper.roster, &c.keeper.memory
	for before := -1; before != len(c.persons)+len(c.Keys); {
		before = len(c.persons) + len(c.Keys)
		for _, refs := range [...]*index{&r.byRef, &m.was} {
			for key, e := range refs.all() {
				if e.who != nobody && c.persons[e.who] && !c.Keys[max(key, 1)] {
					c.key(key)
				}
			}
		}
		for i, n := range r.numbers {
			then := nobody
			if i < len(m.heirs) {
				then = m.heirs[i]
			}
			if c.Numbers[n] || c.persons[Ordinal(i)] || c.persons[r.heir(n)] || then != nobody && c.persons[then] {
				c.person(Ordinal(i))
				c.person(then)
				c.number(n)
			}
		}
		for cl := range r.claims {
			then, ok := m.former[cl.number]
			if c.Numbers[cl.number] || c.persons[r.heir(cl.number)] || ok && c.persons[then.heir] {
				c.number(cl.number)
			}
		}
		for n := range c.Numbers {
			for _, key := range c.accounts(n) {
				if !c.Keys[key] {
					c.key(key)
				}
			}
		}
	}
}

// own finds out whose the accounts of wearables are, or were.
func (c *Changes) own() {
	c.owners = make(map[uint64][]identity.Number)
	for _, n := range c.keeper.roster.numbers {
		for _, key := range c.accounts(n) {
			c.owners[key] = append(c.owners[key], n)
		}
	}
}

// accounts returns the keys of the accounts of a number, in every feed that
// could hold them.
func (c *Changes) accounts(n identity.Number) (keys []uint64) {
	holder, ok := c.keeper.gates.Accounts.(Holder)
	if !ok {
		return nil
	}
	for _, id := range holder.Accounts(n) {
		for _, f := range c.feeds {
			if f.Kind == record.Wearable {
				keys = append(keys, c.keeper.Key(f, record.Ref{Kind: record.Account, ID: id}))
			}
		}
	}
	return keys
}

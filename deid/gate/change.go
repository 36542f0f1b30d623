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
	owners  map[uint64][]identity.Number  // by the key of an account: who was ever connected to it
	refs    map[Ordinal][]uint64          // by person: the keys they are, or were, behind
	heirs   map[Ordinal][]identity.Number // by person: the numbers under which they are, or were, found, but their own
	whose   map[identity.Number]Ordinal   // who has a number under which somebody else is found
	front   []Ordinal                     // persons whose keys have not been taken up
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
	c.index()
	for key, now := range r.byRef.all() {
		if then, ok := m.was.get(key); !ok || !now.same(then) {
			c.key(key)
		}
	}
	for i, n := range r.numbers {
		if i >= len(m.known) || !m.known[i] || m.stand[i] != k.stand(n, r.verdicts[i]) || m.heirs[i] != r.heir(n) {
			c.number(n)
			c.person(Ordinal(i))
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
	for n := range m.overdue {
		c.number(n)
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

// number takes up a number, who has it, and who is and was found under it.
func (c *Changes) number(n identity.Number) {
	c.Numbers[n] = true
	r, m := c.keeper.roster, &c.keeper.memory
	c.person(r.heir(n))
	if then, ok := m.former[n]; ok {
		c.person(then.heir)
	}
	if own, ok := c.whose[n]; ok {
		c.person(own)
		if int(own) < len(m.heirs) {
			c.person(m.heirs[own])
		}
	}
	for _, key := range c.accounts(n) {
		if !c.Keys[key] {
			c.key(key)
		}
	}
}

func (c *Changes) person(who Ordinal) {
	if who != nobody && !c.persons[who] {
		c.persons[who] = true
		c.front = append(c.front, who)
	}
}

// close takes up all that records of the persons are found by.
func (c *Changes) close() {
	r := c.keeper.roster
	for len(c.front) > 0 {
		who := c.front[len(c.front)-1]
		c.front = c.front[:len(c.front)-1]
		for _, key := range c.refs[who] {
			if !c.Keys[max(key, 1)] {
				c.key(key)
			}
		}
		for _, n := range append(c.heirs[who], r.numbers[who]) {
			if !c.Numbers[n] {
				c.number(n)
			}
		}
	}
}

// index finds out by what each person is found, now and then.
func (c *Changes) index() {
	r, m := c.keeper.roster, &c.keeper.memory
	c.refs, c.heirs = make(map[Ordinal][]uint64), make(map[Ordinal][]identity.Number)
	c.whose = make(map[identity.Number]Ordinal)
	for key, e := range r.byRef.all() {
		if e.who != nobody {
			c.refs[e.who] = append(c.refs[e.who], key)
		}
	}
	for key, e := range m.was.all() {
		if now, _ := r.byRef.get(key); e.who != nobody && e.who != now.who {
			c.refs[e.who] = append(c.refs[e.who], key)
		}
	}
	under := func(n identity.Number, who, own Ordinal) {
		if who != nobody && who != own {
			c.heirs[who] = append(c.heirs[who], n)
		}
	}
	for i, n := range r.numbers {
		if r.heir(n) != Ordinal(i) || i < len(m.heirs) && m.heirs[i] != Ordinal(i) && m.heirs[i] != nobody {
			c.whose[n] = Ordinal(i)
		}
		under(n, r.heir(n), Ordinal(i))
		if i < len(m.heirs) {
			under(n, m.heirs[i], Ordinal(i))
		}
	}
	for cl := range r.claims {
		under(cl.number, r.heir(cl.number), nobody)
		if then, ok := m.former[cl.number]; ok {
			under(cl.number, then.heir, nobody)
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

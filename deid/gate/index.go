package gate

import "iter"

// index finds entries by key: a table of keys that are hashes already, in which
// a look-up touches one place of memory, where that of a map touches three. A
// run asks it once for every record.
type index struct {
	slots []slot // a power of two, at most three quarters of it used
	used  int
}

type slot struct {
	key uint64 // 0: not used
	entry
}

// get returns the entry of a key.
func (x *index) get(key uint64) (entry, bool) {
	if len(x.slots) == 0 {
		return entry{}, false
	}
	s := x.at(key)
	return s.entry, s.key != 0
}

// set puts the entry of a key in the place of the one before.
func (x *index) set(key uint64, e entry) {
	if _, known := x.get(key); !known {
		if x.used++; 4*x.used > 3*len(x.slots) {
			x.grow()
		}
	}
	*x.at(key) = slot{max(key, 1), e}
}

// all yields every entry. Those that are there may be set meanwhile.
func (x *index) all() iter.Seq2[uint64, entry] {
	return func(yield func(uint64, entry) bool) {
		for i := range x.slots {
			if s := &x.slots[i]; s.key != 0 && !yield(s.key, s.entry) {
				return
			}
		}
	}
}

// at returns the slot of a key: its own, or the free one where it belongs.
func (x *index) at(key uint64) *slot {
	key = max(key, 1)
	last := len(x.slots) - 1
	for i := int(key) & last; ; i = (i + 1) & last {
		if s := &x.slots[i]; s.key == key || s.key == 0 {
			return s
		}
	}
}

// reserve makes room for n entries. Entries that come in the order of another
// table's slots must find it: they would crowd a table that grows.
func (x *index) reserve(n int) {
	size := max(len(x.slots), 64)
	for 3*size < 4*(n+1) {
		size *= 2
	}
	if size > len(x.slots) {
		x.resize(size)
	}
}

func (x *index) grow() { x.resize(max(2*len(x.slots), 64)) }

func (x *index) resize(size int) {
	old := x.slots
	x.slots = make([]slot, size)
	for i := range old {
		if old[i].key != 0 {
			*x.at(old[i].key) = old[i]
		}
	}
}

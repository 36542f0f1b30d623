package optout

import (
	"encoding/binary"
	"iter"
	"math/bits"

	"secondaryuse/deid/identity"
)

// set holds numbers, some of them marked. A veiled number is an AES block, so
// its own bytes are as good a hash as any: it lies in the first free slot at
// or after the place that they name. Slots are a third more than numbers, which
// makes 21 bytes and a fraction for each.
type set struct {
	slots []identity.Number // the zero Number: free
	marks []uint64          // one bit a slot
}

// newSet returns a set with room for n numbers.
func newSet(n int) set {
	n += n/3 + 1
	return set{slots: make([]identity.Number, n), marks: make([]uint64, n/64+1)}
}

// find returns the slot of n, or the free slot where it would lie.
func (s set) find(n identity.Number) int {
	hi, _ := bits.Mul64(binary.LittleEndian.Uint64(n.V[:8]), uint64(len(s.slots)))
	for i := int(hi); ; i++ {
		if i == len(s.slots) {
			i = 0
		}
		if s.slots[i] == n || s.slots[i].Zero() {
			return i
		}
	}
}

// add puts n in the set. It reports whether n is new.
func (s set) add(n identity.Number) bool {
	i := s.find(n)
	if s.slots[i] == n {
		return false
	}
	s.slots[i] = n
	return true
}

// mark marks n. It reports whether n is in the set and was not marked before.
func (s set) mark(n identity.Number) (known, first bool) {
	i := s.find(n)
	if n.Zero() || s.slots[i] != n {
		return false, false
	}
	bit := uint64(1) << (i % 64)
	first = s.marks[i/64]&bit == 0
	s.marks[i/64] |= bit
	return true, first
}

// marked reports whether n is in the set and marked.
func (s set) marked(n identity.Number) bool {
	if n.Zero() || len(s.slots) == 0 {
		return false
	}
	i := s.find(n)
	return s.slots[i] == n && s.marks[i/64]>>(i%64)&1 == 1
}

// all lists the marked numbers.
func (s set) all() iter.Seq[identity.Number] {
	return func(yield func(identity.Number) bool) {
		for i, n := range s.slots {
			if s.marks[i/64]>>(i%64)&1 == 1 && !yield(n) {
				return
			}
		}
	}
}

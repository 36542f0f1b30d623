package trace

import (
	"math/bits"
	"slices"
)

// set is fingerprints, sorted once all are in. The lowest bits of each say of which
// kind it is, as many as low has. A filter of 16 bits and more each spares
// nearly all look-ups.
type set struct {
	low    uint64
	keys   []uint64
	index  []uint32 // where the keys begin whose first bits are this
	shift  uint
	filter []uint64
	tidy   int // how many keys there were when they were last made unique
}

// kindBits is where a fingerprint has its kind.
const kindBits = 15

// add takes up a fingerprint. Those that come often do not make the set grow.
func (s *set) add(h uint64, k Kind) {
	if len(s.keys) == cap(s.keys) && len(s.keys) > 2*s.tidy+1024 {
		s.unique()
	}
	s.keys = append(s.keys, h&^s.low|uint64(k)&s.low)
}

func (s *set) unique() {
	slices.Sort(s.keys)
	s.keys = slices.Compact(s.keys)
	s.tidy = len(s.keys)
}

// seal sorts what was taken up, and makes the filter.
func (s *set) seal() {
	s.unique()
	s.keys = slices.Clip(s.keys)
	n := uint(bits.Len(uint(len(s.keys))/4 + 1))
	s.shift = 64 - n
	s.index = make([]uint32, 1<<n+1)
	s.filter = make([]uint64, 1<<bits.Len(uint(len(s.keys))/4+1))
	for _, k := range s.keys {
		s.index[k>>s.shift+1]++
		word, two := s.at(k)
		s.filter[word] |= two
	}
	for i := 1; i < len(s.index); i++ {
		s.index[i] += s.index[i-1]
	}
}

func (s *set) at(h uint64) (word, two uint64) {
	f := h >> 4
	return f >> 12 & uint64(len(s.filter)-1), 1<<(f&63) | 1<<(f>>6&63)
}

// may reports whether a fingerprint could be in the set.
func (s *set) may(h uint64) bool {
	word, two := s.at(h)
	return s.filter[word]&two == two
}

// find returns the kinds of what has a fingerprint.
func (s *set) find(h uint64) (found kinds) {
	if !s.may(h) {
		return 0
	}
	at := h >> s.shift
	for _, k := range s.keys[s.index[at]:s.index[at+1]] {
		if k&^s.low == h&^s.low {
			found |= 1 << (k & s.low)
		}
	}
	return found
}

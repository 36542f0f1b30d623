package trace

import (
	"math/bits"
	"slices"
	"sync"

	"secondaryuse/pipeline/guard"
)

// set is fingerprints, sorted once all are in. The lowest bits of each say of which
// kind it is, as many as low has. It lies in shards by the first bits of what is in it,
// so that many can add to it at once.
type set struct {
	low    uint64
	only   map[uint64]bool // where it is narrowed down: what alone is taken up
	asking bool            // what is looked up is noted there
	shards [1 << shardBits]shard
}

const shardBits = 4

// shard is a part of a set. A filter of 16 bits and more each spares nearly all
// look-ups.
type shard struct {
	mu     sync.Mutex
	keys   []uint64
	index  []uint32 // where the keys of each of as many stretches begin
	filter []uint64
	tidy   int // how many keys there were when they were last made unique
}

// kindBits is where a fingerprint has its kind.
const kindBits = 15

// add takes up a fingerprint. Those that come often do not make the set grow.
func (s *set) add(h uint64, k Kind) {
	if s.only != nil && k != first && !s.only[h&^s.low] {
		return
	}
	p := &s.shards[h>>(64-shardBits)]
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) == cap(p.keys) && len(p.keys) > 2*p.tidy+1024 {
		p.unique()
	}
	p.keys = append(p.keys, h&^s.low|uint64(k)&s.low)
}

func (p *shard) unique() {
	slices.Sort(p.keys)
	p.keys = slices.Compact(p.keys)
	p.tidy = len(p.keys)
}

// seal sorts what was taken up, and makes the filters.
func (s *set) seal() {
	var all guard.Group
	for i := range s.shards {
		all.Go(s.shards[i].seal)
	}
	all.Wait()
}

func (p *shard) seal() {
	p.unique()
	p.keys = slices.Clip(p.keys)
	p.index = make([]uint32, len(p.keys)/4+2)
	p.filter = make([]uint64, len(p.keys)/4+1)
	for _, k := range p.keys {
		p.index[p.stretch(k)+1]++
		word, two := p.at(k)
		p.filter[word] |= two
	}
	for i := 1; i < len(p.index); i++ {
		p.index[i] += p.index[i-1]
	}
}

// stretch is where in the index a fingerprint lies: it grows with the fingerprint.
func (p *shard) stretch(h uint64) uint64 {
	at, _ := bits.Mul64(h<<shardBits, uint64(len(p.index)-1))
	return at
}

func (p *shard) at(h uint64) (word, two uint64) {
	f := h >> 4
	word, _ = bits.Mul64(f<<20, uint64(len(p.filter)))
	return word, 1<<(f&63) | 1<<(f>>6&63)
}

// may reports whether a fingerprint could be in the set.
func (s *set) may(h uint64) bool {
	if s.asking {
		s.only[h&^s.low] = true
		return false
	}
	p := &s.shards[h>>(64-shardBits)]
	word, two := p.at(h)
	return p.filter[word]&two == two
}

// find returns the kinds of what has a fingerprint.
func (s *set) find(h uint64) (found kinds) {
	if !s.may(h) {
		return 0
	}
	p := &s.shards[h>>(64-shardBits)]
	at := p.stretch(h)
	for _, k := range p.keys[p.index[at]:p.index[at+1]] {
		if k&^s.low == h&^s.low {
			found |= 1 << (k & s.low)
		}
	}
	return found
}

// all yields every fingerprint.
func (s *set) all(yield func(uint64) bool) {
	for i := range s.shards {
		for _, k := range s.shards[i].keys {
			if !yield(k) {
				return
			}
		}
	}
}

// bytes is how much memory it takes.
func (s *set) bytes() (n int64) {
	for i := range s.shards {
		p := &s.shards[i]
		n += int64(8*len(p.keys) + 4*len(p.index) + 8*len(p.filter))
	}
	return n
}

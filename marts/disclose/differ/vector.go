package differ

import (
	"math/bits"
	"slices"
)

// vector is how often each group of people is counted, as numbers modulo prime: what
// is 0 there and not among the integers would be a multiple of it.
type vector []uint64

const prime = 1<<61 - 1

func times(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	n := low&prime + (low>>61 | high<<3)
	return n&prime + n>>61
}

// reduced is the one number below prime.
func reduced(a uint64) uint64 {
	if a >= prime {
		return a - prime
	}
	return a
}

// inverse is a number's, by which it is 1.
func inverse(a uint64) uint64 {
	out := uint64(1)
	for e := uint64(prime - 2); e > 0; e >>= 1 {
		if e&1 == 1 {
			out = reduced(times(out, a))
		}
		a = reduced(times(a, a))
	}
	return out
}

// less returns v without o, so often that nothing is left at the place.
func (v vector) less(o vector, at int) vector {
	by := reduced(times(v[at], inverse(o[at])))
	out := make(vector, len(v))
	for i := range v {
		out[i] = v[i]
		if o[i] != 0 {
			out[i] = reduced(v[i] + prime - reduced(times(by, o[i])))
		}
	}
	return out
}

// without returns what can be made of the vectors that has nothing at the place.
func without(rows []vector, at int) (out []vector) {
	pivot := slices.IndexFunc(rows, func(v vector) bool { return v[at] != 0 })
	if pivot < 0 {
		return rows
	}
	for i, v := range rows {
		switch {
		case i == pivot:
		case v[at] == 0:
			out = append(out, v)
		default:
			out = append(out, v.less(rows[pivot], at))
		}
	}
	return out
}

// space is vectors, each with a place where those after it have nothing.
type space []struct {
	v  vector
	at int
}

// echelon returns all that can be made of the space and the rows.
func echelon(s space, rows []vector, groups int) space {
	for _, v := range rows {
		s, _ = s.with(v, groups)
	}
	return s
}

// with adds a vector, and says that it was not there yet.
func (s space) with(v vector, groups int) (space, bool) {
	v = s.rest(v)
	at := slices.IndexFunc(v[:groups], func(n uint64) bool { return n != 0 })
	if at < 0 {
		return s, false
	}
	return append(s, struct {
		v  vector
		at int
	}{v, at}), true
}

func (s space) rest(v vector) vector {
	for _, p := range s {
		if v[p.at] != 0 {
			v = v.less(p.v, p.at)
		}
	}
	return v
}

// holds says that a vector can be made of the space.
func (s space) holds(v vector, groups int) bool {
	_, more := s.with(v, groups)
	return !more
}

// independent leaves out vectors that can be made of those before them.
func independent(rows []vector, groups int) (out []vector) {
	var s space
	for _, v := range rows {
		more := false
		if s, more = s.with(v, groups); more {
			out = append(out, v)
		}
	}
	return out
}

// hunt looks for a vector that counts a few people and nobody else.
type hunt struct {
	people   []int64
	steps    int
	harmless func(vector) bool
	order    []int // of groups: the largest first
}

// from returns a vector, made of the rows, that counts nobody of the groups before the
// i-th but those that were taken into account, and of the others few at most; nil
// where it finds none. Either a group is among the few, or nothing of it may be left.
func (h *hunt) from(rows []vector, i int, few int64) vector {
	if h.order == nil {
		h.begin()
	}
	for ; i < len(h.order) && len(rows) > 0; i++ {
		g := h.order[i]
		if !slices.ContainsFunc(rows, func(v vector) bool { return v[g] != 0 }) {
			continue
		}
		if h.people[g] <= few {
			if h.steps--; h.steps < 0 {
				return nil
			}
			if v := h.from(rows, i+1, few-h.people[g]); v != nil {
				return v
			}
		}
		rows = without(rows, g)
	}
	for _, v := range rows {
		if !h.harmless(v) {
			return v
		}
	}
	return nil
}

func (h *hunt) begin() {
	for g := range h.people {
		h.order = append(h.order, g)
	}
	slices.SortStableFunc(h.order, func(a, b int) int { return int(min(max(h.people[b]-h.people[a], -1), 1)) })
}

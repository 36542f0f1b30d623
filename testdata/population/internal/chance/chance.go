// Package chance gives random numbers that depend on nothing but a seed, the
// ordinal of a person and the name of a stream: the same three give the same
// numbers on every machine, in any order, on any number of cores.
package chance

import (
	"math"
	"math/bits"
)

// Rand is one stream of random numbers (SplitMix64). The zero Rand is a valid
// stream; a copy goes on independently.
type Rand struct{ state uint64 }

// Of returns the stream of a seed, an ordinal and a stream's number.
func Of(seed, ordinal, stream uint64) Rand {
	return Rand{mix(mix(mix(seed^0x6F68_6321)+ordinal) + stream)}
}

const step = 0x9E37_79B9_7F4A_7C15

func mix(z uint64) uint64 {
	z += step
	z = (z ^ z>>30) * 0xBF58_476D_1CE4_E5B9
	z = (z ^ z>>27) * 0x94D0_49BB_1331_11EB
	return z ^ z>>31
}

// Next returns 64 random bits.
func (r *Rand) Next() uint64 {
	z := mix(r.state)
	r.state += step
	return z
}

// Float returns a number in [0, 1).
func (r *Rand) Float() float64 { return float64(r.Next()>>11) / (1 << 53) }

// Below returns a number in [0, n). It returns 0 when n is not positive.
func (r *Rand) Below(n int) int {
	if n <= 0 {
		return 0
	}
	hi, _ := bits.Mul64(r.Next(), uint64(n))
	return int(hi)
}

// Between returns a number in [low, high], both included.
func (r *Rand) Between(low, high int) int { return low + r.Below(high-low+1) }

// Hit reports true with probability p.
func (r *Rand) Hit(p float64) bool { return r.Float() < p }

// Normal returns a number of mean 0 and standard deviation 1, never further
// than 6 from 0.
func (r *Rand) Normal() float64 {
	sum := -6.0
	for range 12 {
		sum += r.Float()
	}
	return sum
}

// Count returns how many events of a rate happen: a Poisson variate.
func (r *Rand) Count(mean float64) int {
	n := 0
	for ; mean > 16; mean -= 16 {
		n += r.Count(16)
	}
	if mean <= 0 {
		return n
	}
	limit := math.Exp(-mean)
	for p := r.Float(); p > limit; p *= r.Float() {
		n++
	}
	return n
}

// Pick returns the index of one of the weights, each as likely as its weight.
func (r *Rand) Pick(weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := r.Float() * total
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}

// One returns a random member of a list that is not empty.
func One[T any](r *Rand, list []T) T { return list[r.Below(len(list))] }

// Package number gives NHS numbers out of the range that is never issued to a
// person (900 000 0000 to 999 999 9999): valid, unique, and in an order that
// looks random.
package number

import "secondaryuse/testdata/population/internal/chance"

// Space is the numbers of one seed.
type Space struct{ keys [4]uint64 }

// Of returns the numbers of a seed.
func Of(seed uint64) Space {
	var s Space
	r := chance.Of(seed, 0, 0x4E48_5300)
	for i := range s.keys {
		s.keys[i] = r.Next()
	}
	return s
}

// Of the ten numbers that share their first eight digits at least nine are
// valid; the space uses nine of each ten.
const (
	prefixes = 10_000_000
	each     = 9
	size     = prefixes * each
	half     = 14 // bits of a Feistel half: 2^28 is the next even power of two above size
)

// At returns the i-th number, for i from 0 to 89,999,981. No two are the same.
func (s Space) At(i int) uint64 {
	if i < 0 || i >= size-2*each {
		panic("number: out of the range of the space")
	}
	for x := uint64(i) + each; ; {
		x = s.permute(x)
		if n, ok := nth(x/each, int(x%each)); ok {
			return n
		}
	}
}

// permute is a Feistel network over 28 bits. Walking on from a value outside
// the space until one inside is met keeps it a permutation of the space. The
// first and the last prefix hold reserved numbers and lie outside.
func (s Space) permute(x uint64) uint64 {
	l, r := x>>half, x&(1<<half-1)
	for _, k := range s.keys {
		f := chance.Of(k, r, 0)
		l, r = r, l^f.Next()&(1<<half-1)
	}
	return l<<half | r
}

// nth returns the k-th valid number whose first eight digits are 9 and prefix.
// It reports false where the prefix holds a number that is reserved.
func nth(prefix uint64, k int) (uint64, bool) {
	if prefix == 0 || prefix >= prefixes-1 {
		return 0, false
	}
	body := (90_000_000 + prefix) * 10
	for d := uint64(0); d < 10; d++ {
		check := Check(body + d)
		if check == 10 {
			continue
		}
		if k == 0 {
			return (body+d)*10 + check, true
		}
		k--
	}
	return 0, false
}

// Check returns the modulus 11 check digit of nine digits; 10 means that no
// number has them.
func Check(body uint64) uint64 {
	sum := uint64(0)
	for w := uint64(2); w <= 10; w++ {
		sum += body % 10 * w
		body /= 10
	}
	return (11 - sum%11) % 11
}

// Bad returns n with a check digit that does not match.
func Bad(n uint64, r *chance.Rand) uint64 {
	return n/10*10 + (n%10+1+uint64(r.Below(9)))%10
}

// Append appends the ten digits of n.
func Append(b []byte, n uint64) []byte {
	at := len(b)
	b = append(b, "0000000000"...)
	for i := 9; i >= 0; i-- {
		b[at+i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

package identity

import (
	"crypto/cipher"

	"secondaryuse/deid/internal/veil"
)

// Sealed is a number as it may be kept: the one block of a cipher with a key
// that only this installation has. Without the key it is nothing but noise.
type Sealed [16]byte

// Seal returns n under a cipher of 16 byte blocks.
func (n Number) Seal(b cipher.Block) Sealed {
	var s Sealed
	if n.Zero() {
		return s
	}
	s[15] = byte(len(veil.Lift(s[:0], n.V)))
	b.Encrypt(s[:], s[:])
	return s
}

// Unseal returns the number that was sealed under the same cipher. It reports
// false for what was not.
func Unseal(s Sealed, b cipher.Block) (Number, bool) {
	if s == (Sealed{}) {
		return Number{}, true
	}
	b.Decrypt(s[:], s[:])
	n := int(s[15])
	if n == 0 || n > veil.Max {
		return Number{}, false
	}
	for _, c := range s[n:15] {
		if c != 0 {
			return Number{}, false
		}
	}
	v, ok := veil.Drop(s[:n])
	clear(s[:])
	return Number{v}, ok
}

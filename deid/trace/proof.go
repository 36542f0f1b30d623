package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
)

// Proof is what was found, under the keys of the search: what it is, it does not say.
type Proof [16]byte

// proof is that of an identifier as it counts: of a number its digits, of others their
// letters and digits, of a hash its bytes.
func (w *Wanted) proof(k Kind, as []byte) (p Proof) {
	b := make([]byte, 0, 128)
	for _, key := range w.key {
		b = binary.LittleEndian.AppendUint64(b, key)
	}
	sum := sha256.Sum256(append(append(b, byte(k)), as...))
	copy(p[:], sum[:])
	return p
}

// proofs are those of what was found, and whether they are of what was looked for.
type proofs map[Proof]*atomic.Bool

func (p proofs) hold(one Proof) {
	if is := p[one]; is != nil {
		is.Store(true)
	}
}

// Again returns a Wanted that what was found is held to: once all that was looked for is
// added to it again, Certain says of which. It keeps nothing else, and finds nothing.
func (w *Wanted) Again(found []Proof) *Wanted {
	again := &Wanted{known: w.known, key: w.key, root: w.root, power: w.power, lately: make([]uint64, 1<<20), proofs: make(proofs, len(found))}
	for _, p := range found {
		again.proofs[p] = new(atomic.Bool)
	}
	return again
}

// Certain reports whether what was found is what was looked for: its fingerprint alone
// could be that of something else, by chance.
func (w *Wanted) Certain(p Proof) bool { return w.proofs[p] != nil && w.proofs[p].Load() }

// Package domain gives a person another number in every release domain.
//
// The stage holds base person ids. Whoever may see a mart sees ids of its
// domain: the top 63 bits of HMAC-SHA-256(domain key, "person", 0x1F, base id
// as 8 bytes, big endian). Two domains cannot be joined without both keys, and
// to make one needs no NHS number, so this package needs none of package deid.
//
// The key is the whole protection. It lies in a file that nobody else may
// read, is never an argument, a variable of the environment or a line of a
// log, and no verb of fmt prints it.
package domain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"secondaryuse/pipeline/guard"
)

// Key is the key of one domain. The zero Key has none and panics when used.
type Key struct{ keyed func() hash.Hash }

// size is the length of a key in bytes.
const size = 32

// New returns the key with the given 32 bytes.
func New(key []byte) (Key, error) {
	if len(key) != size {
		return Key{}, fmt.Errorf("domain key: want %d bytes", size)
	}
	held := slices.Clone(key)
	return Key{func() hash.Hash { return hmac.New(sha256.New, held) }}, nil
}

// ID returns the person's id in the domain.
func (k Key) ID(base int64) int64 { return id(k.keyed(), base) }

func id(h hash.Hash, base int64) int64 {
	const label = "person\x1f"
	var in [len(label) + 8]byte
	copy(in[:], label)
	binary.BigEndian.PutUint64(in[len(label):], uint64(base))
	h.Reset()
	h.Write(in[:])
	var sum [sha256.Size]byte
	return int64(binary.BigEndian.Uint64(h.Sum(sum[:0])) >> 1)
}

// Fingerprint names the key without telling it: eight hexadecimal digits that
// a snapshot carries, so that one can see that two are of one domain.
func (k Key) Fingerprint() string {
	h := k.keyed()
	h.Write([]byte("fingerprint\x1f"))
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// MAC returns HMAC-SHA-256(domain key, label 0x1F data), which stands for data in
// the domain for one purpose, named by the label: a word, and none of those that
// this package or the keyring uses itself.
func (k Key) MAC(label string, data []byte) (sum [sha256.Size]byte) {
	if label == "" || slices.Contains([]string{"person", "fingerprint", "keyring"}, label) || strings.Contains(label, "\x1f") {
		panic("domain: a label of another purpose")
	}
	h := k.keyed()
	h.Write([]byte(label + "\x1f"))
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}

// ErrCollision says that two persons would have one id.
var ErrCollision = errors.New("domain: two persons with one id")

// Map returns the ids of the given persons, in their order, using all cores.
// The base ids must differ. Two equal results are ErrCollision: persons are
// never merged.
func (k Key) Map(base []int64) ([]int64, error) {
	out := make([]int64, len(base))
	guard.Share(len(base), func(from, to int) {
		h := k.keyed()
		for i := from; i < to; i++ {
			out[i] = id(h, base[i])
		}
	})
	return out, distinct(out)
}

func distinct(ids []int64) error {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return ErrCollision
		}
	}
	return nil
}

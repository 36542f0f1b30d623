package deid

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/durable"
)

// Key is the base key: what turns a number into a person_id. It has no
// printable form.
type Key struct{ secret *[32]byte }

// NewKey is the base key of a secret that a keyring has unwrapped.
func NewKey(secret [32]byte) Key { return Key{&secret} }

// OpenKey reads the base key from dir/base.key, and makes it first when there
// is none yet and create is set. A file that others can read is refused, and so is a
// link.
func OpenKey(dir string, create bool) (Key, error) {
	path := filepath.Join(dir, "base.key")
	if create {
		if err := durable.Secret(path); err != nil {
			return Key{}, fmt.Errorf("key: %w", err)
		}
	}
	text, err := durable.Private(path)
	if err != nil {
		return Key{}, fmt.Errorf("key: %w", err)
	}
	k, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(k) != 32 {
		return Key{}, fmt.Errorf("key: %s is not 64 hexadecimal digits", path)
	}
	return NewKey([32]byte(k)), nil
}

// Fingerprint names the key without telling it: 8 bytes of HMAC-SHA-256 over a
// fixed text, in hex.
func (k Key) Fingerprint() string {
	return hex.EncodeToString(k.mac([]byte("fingerprint"), nil)[:8])
}

// Person returns the person_id of a number: the top 63 bits of
// HMAC-SHA-256(key, "person" | 0x1F | canonical number).
func (k Key) Person(n identity.Number) int64 { return k.persons()(n) }

// persons returns Person for one goroutine that asks often: the key is taken up once.
func (k Key) persons() func(identity.Number) int64 {
	h := hmac.New(sha256.New, k.secret[:])
	var clear [veil.Max]byte
	var sum [sha256.Size]byte
	return func(n identity.Number) int64 {
		h.Reset()
		h.Write([]byte("person\x1f"))
		h.Write(veil.Lift(clear[:0], n.V))
		clear = [veil.Max]byte{}
		return int64(binary.BigEndian.Uint64(h.Sum(sum[:0])) >> 1)
	}
}

// records returns the SipHash key under which a feed's own keys are replaced.
func (k Key) records(feed term.Word) (k0, k1 uint64) {
	sum := k.mac([]byte("record"), []byte(feed))
	return binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])
}

// Roster is the secret under which a keeper's roster is kept from run to run.
func (k Key) Roster() gate.Secret {
	refs := k.mac([]byte("roster"), []byte("references"))
	numbers, err := aes.NewCipher(k.mac([]byte("roster"), []byte("numbers")))
	if err != nil {
		panic("deid: " + err.Error()) // unreachable: the key has 32 bytes
	}
	return gate.Secret{K0: binary.LittleEndian.Uint64(refs), K1: binary.LittleEndian.Uint64(refs[8:]), Numbers: numbers}
}

// Withdrawal is what stands for a person where it is kept who was affected when
// people withdrew: the first 16 bytes of HMAC-SHA-256 of the base person_id, 8
// bytes, big endian, under a key that is derived for this purpose alone.
func (k Key) Withdrawal(person int64) [16]byte { return k.digest("withdrawal", person) }

// Returned is what stands in the audit log for a person whose number was handed
// back for their care: as Withdrawal, under a key for that alone.
func (k Key) Returned(person int64) [16]byte { return k.digest("returned", person) }

func (k Key) digest(purpose string, person int64) (d [16]byte) {
	own := [32]byte(k.mac([]byte(purpose), []byte("persons")))
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], uint64(person))
	copy(d[:], Key{&own}.mac([]byte("person"), id[:]))
	return d
}

func (k Key) mac(kind, value []byte) []byte {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write(kind)
	h.Write([]byte{0x1F})
	h.Write(value)
	return h.Sum(nil)
}

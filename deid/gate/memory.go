package gate

import (
	"crypto/cipher"
	"encoding/binary"
	"hash/fnv"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
)

// Secret is what a roster is kept under from run to run: references as keyed
// hashes, numbers as blocks of a cipher. Package deid makes it of the base key.
type Secret struct {
	K0, K1  uint64       // of SipHash
	Numbers cipher.Block // of 16 bytes
}

// Stander is a gate that knows more of a person than Person tells: what it says
// of the person's records hangs on that.
type Stander interface {
	// Stand is a digest of all that the gate's list says of a person: another one
	// where any record could be judged in another way. It is the same from run to
	// run.
	Stand(n identity.Number) uint64
}

// Holder lists the accounts that a number was ever connected to, as the ID of
// a Ref of kind Account.
type Holder interface {
	Accounts(n identity.Number) []string
}

// raw is what the roster held before Judge settled it: what is kept of it.
type raw struct{ byRef index }

// memory is what was known when the roster was kept.
type memory struct {
	known  []bool    // by Ordinal
	stand  []uint64  // by Ordinal
	heirs  []Ordinal // by Ordinal: who was found under the number
	was    index     // what references came to
	former map[identity.Number]bequest
	gone   []identity.Number // whom only a list had named, and no list does now

	overdue map[identity.Number]bool // whose day has come since
	ended   map[uint64]bool          // references of which what was said is read in another way since
}

// bequest is where a former number led, and what was said under it.
type bequest struct {
	heir  Ordinal
	stand uint64
}

// Keep has the keeper's roster kept from run to run. It must be called before
// anybody is enrolled.
func (k *Keeper) Keep(s Secret) { k.roster.secret, k.raw = &s, new(raw) }

// Key is what records that name their person by a reference are found by. It is
// 0 where there is none, and stays the same from run to run.
func (k *Keeper) Key(f record.Feed, ref record.Ref) uint64 {
	if ref.Kind == record.None || ref.ID == "" {
		return 0
	}
	return max(k.roster.key(f, ref), 1)
}

// Whose returns the person whose own number a number is, if that is enrolled.
func (k *Keeper) Whose(n identity.Number) (Ordinal, bool) {
	who, ok := k.roster.byNumber[n]
	return who, ok && k.roster.numbers[who] == n
}

// remember takes down what the roster holds before Judge settles it.
func (k *Keeper) remember() {
	if k.raw == nil {
		return
	}
	r := k.roster
	k.raw.byRef = index{append([]slot(nil), r.byRef.slots...), r.byRef.used}
}

// stand is a digest of all that is known of a number besides records.
func (k *Keeper) stand(n identity.Number, why Reason) uint64 {
	h := fnv.New64a()
	var b [8]byte
	add := func(v uint64) {
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
	add(uint64(why))
	for _, g := range k.gates.Records {
		if s, ok := g.(Stander); ok {
			add(s.Stand(n))
		}
	}
	if s, ok := k.gates.Watch.(Stander); ok {
		add(s.Stand(n))
	}
	return h.Sum64()
}

// heir is who is found under a number, or nobody.
func (r *roster) heir(n identity.Number) Ordinal {
	if who, ok := r.byNumber[n]; ok {
		return who
	}
	return nobody
}

// same reports whether two entries name the same person in the same way.
func (e entry) same(f entry) bool {
	return e.who == f.who && e.fault == f.fault && e.several == f.several && e.own == f.own
}

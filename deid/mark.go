package deid

import (
	"strconv"

	"github.com/dchest/siphash"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Mark calls each with everything that could stand for a person in what is
// stored: the person_id, and, where a person's own record is named by the number, as
// those of hospital tables are, what its key is replaced by in each of the feeds; and
// the number as it is, which must stand nowhere. What each is given can be turned back by whoever
// holds the number alone: it is for comparing, and must not be kept.
func (k Key) Mark(n identity.Number, feeds []term.Word, each func(mark uint64)) {
	each(uint64(k.Person(n)))
	var clear [veil.Max]byte
	digits := veil.Lift(clear[:0], n.V)
	if plain, err := strconv.ParseUint(string(digits), 10, 64); err == nil {
		each(plain)
	}
	var text [64]byte
	for _, f := range feeds {
		k0, k1 := k.records(f)
		for _, ref := range [...]record.Ref{{Kind: record.Patient}, {Kind: record.Self, ID: "Patient/"}} {
			each(siphash.Hash(k0, k1, append(append(append(text[:0], byte(ref.Kind)), ref.ID...), digits...)))
		}
	}
	clear, text = [veil.Max]byte{}, [64]byte{}
}

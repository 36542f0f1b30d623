package gate

import (
	"bufio"
	"io"

	"secondaryuse/deid/identity"
)

// Roll reads a kept roster of so many bytes from one end to the other, and calls
// each with every number in it, and with the number it is a former one of, where
// it is one; a number may come more than once. It holds none of them, and wants no more memory than for one. An
// error wraps ErrRoster where the roster is not what was saved under the secret.
func Roll(from io.ReaderAt, size int64, s Secret, each func(n, heir identity.Number)) error {
	r := roll{tape: tape{from: bufio.NewReaderSize(io.NewSectionReader(from, 0, size), 1<<20)}, at: from, secret: s}
	sizes, err := r.opening(size)
	if err != nil {
		return err
	}
	r.persons = sizes[0]
	for i, read := range []func(){r.person, r.ref, r.claim, r.name, r.deletion, r.flag, r.due, r.end} {
		for range sizes[i] {
			if read(); r.err != nil {
				return r.err
			}
			if i == 0 || i == 2 || i == 6 {
				each(r.number, r.heir)
			}
		}
	}
	return nil
}

// roll is the reading of a kept roster without any of it being taken up.
type roll struct {
	tape
	at      io.ReaderAt
	secret  Secret
	persons uint64
	next    Ordinal // of the person that is read next

	number, heir identity.Number // of the record that was read last
}

func (r *roll) person() {
	var p keptPerson
	r.tape.person(&p)
	if p.Heir == r.next {
		p.Heir = nobody // their own
	}
	r.next++
	r.take(p.Number, p.Heir)
}

func (r *roll) claim() {
	var c keptClaim
	r.tape.claim(&c)
	r.take(c.Number, c.Heir)
}

func (r *roll) due() {
	var d keptDue
	r.tape.due(&d)
	r.take(d.Number, nobody)
}

func (r *roll) ref()      { r.tape.ref(new(keptRef)) }
func (r *roll) name()     { r.tape.name(new(keptName)) }
func (r *roll) deletion() { r.tape.deletion(new(keptDeletion)) }
func (r *roll) end()      { r.tape.end(new(keptEnd)) }
func (r *roll) flag()     { r.u64(new(uint64)) }

// take opens the number of a record, and that of whoever was found under it,
// which is looked up where persons stand.
func (r *roll) take(s identity.Sealed, heir Ordinal) {
	r.number, r.heir = r.open(s), identity.Number{}
	if heir == nobody || r.err != nil {
		return
	}
	if heir < 0 || uint64(heir) >= r.persons {
		r.fail()
		return
	}
	var own identity.Sealed
	from := int64(len(rosterForm)+8*len(widths)) + int64(heir)*int64(widths[0])
	if _, err := r.at.ReadAt(own[:], from); err != nil {
		r.fail()
		return
	}
	if r.heir = r.open(own); r.heir == r.number {
		r.heir = identity.Number{}
	}
}

func (r *roll) open(s identity.Sealed) identity.Number {
	n, ok := identity.Unseal(s, r.secret.Numbers)
	if !ok {
		r.fail()
	}
	return n
}

package gate

import (
	"bufio"
	"encoding/binary"
	"io"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
)

// tape writes values to one end, or reads them from the other, little endian:
// each form is told once, for both ways. The first error of reading stays, and
// nothing is changed from then on.
type tape struct {
	to   *bufio.Writer // whoever flushes it is told of errors
	from io.Reader
	err  error
	buf  [16]byte
}

// The records of a kept roster.
type (
	keptPerson struct {
		Number identity.Sealed
		Stand  uint64
		Heir   Ordinal
		Met    bool
	}
	keptRef struct {
		key      uint64
		raw, now entry // before and after Judge; they differ in who and fault
	}
	keptClaim struct {
		Number identity.Sealed
		Ref    uint64
		Stand  uint64
		Heir   Ordinal
		Sure   bool
	}
	keptName struct {
		name    name
		version term.Time
	}
	keptDue struct {
		Number identity.Sealed
		At     term.Time
	}
	keptEnd struct {
		key uint64
		at  term.Time
	}
	keptDeletion struct {
		key uint64
		deletion
	}
)

func (t *tape) person(p *keptPerson) {
	t.bytes(p.Number[:])
	t.u64(&p.Stand)
	t.who(&p.Heir)
	t.bits(&p.Met)
}

func (t *tape) ref(e *keptRef) {
	t.u64(&e.key)
	t.time(&e.raw.version)
	t.time(&e.raw.named)
	t.time(&e.raw.cleared)
	t.who(&e.raw.who)
	t.who(&e.now.who)
	t.u8((*uint8)(&e.raw.fault))
	t.u8((*uint8)(&e.now.fault))
	t.bits(&e.raw.several, &e.now.several, &e.raw.own)
	e.now.version, e.now.named, e.now.cleared, e.now.own = e.raw.version, e.raw.named, e.raw.cleared, e.raw.own
}

func (t *tape) claim(c *keptClaim) {
	t.bytes(c.Number[:])
	t.u64(&c.Ref)
	t.u64(&c.Stand)
	t.who(&c.Heir)
	t.bits(&c.Sure)
}

func (t *tape) name(n *keptName) {
	t.u64(&n.name.ref)
	t.who(&n.name.who)
	t.time(&n.version)
}

func (t *tape) due(d *keptDue) {
	t.bytes(d.Number[:])
	t.time(&d.At)
}

func (t *tape) end(e *keptEnd) {
	t.u64(&e.key)
	t.time(&e.at)
}

func (t *tape) deletion(d *keptDeletion) {
	t.u64(&d.key)
	t.time(&d.upto)
	t.bits(&d.shared)
}

// bytes goes over a number of bytes that both ends know.
func (t *tape) bytes(b []byte) {
	switch {
	case t.to != nil:
		t.to.Write(b)
	case t.err == nil:
		if _, err := io.ReadFull(t.from, b); err != nil {
			t.fail()
		}
	}
}

func (t *tape) fail() {
	if t.err == nil {
		t.err = ErrRoster
	}
}

func (t *tape) u64(v *uint64) {
	binary.LittleEndian.PutUint64(t.buf[:8], *v)
	if t.bytes(t.buf[:8]); t.err == nil {
		*v = binary.LittleEndian.Uint64(t.buf[:8])
	}
}

func (t *tape) time(v *term.Time) {
	u := uint64(*v)
	t.u64(&u)
	*v = term.Time(u)
}

func (t *tape) who(v *Ordinal) {
	binary.LittleEndian.PutUint32(t.buf[:4], uint32(*v))
	if t.bytes(t.buf[:4]); t.err == nil {
		*v = Ordinal(binary.LittleEndian.Uint32(t.buf[:4]))
	}
}

func (t *tape) u8(v *uint8) {
	t.buf[0] = *v
	if t.bytes(t.buf[:1]); t.err == nil {
		*v = t.buf[0]
	}
}

// bits goes over up to eight of them in one byte.
func (t *tape) bits(list ...*bool) {
	var b uint8
	for i, v := range list {
		if *v {
			b |= 1 << i
		}
	}
	t.u8(&b)
	for i, v := range list {
		*v = b&(1<<i) != 0
	}
}

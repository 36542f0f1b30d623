package gate

import (
	"bufio"
	"errors"
	"io"

	"secondaryuse/deid/identity"
)

// rosterForm is the line that a kept roster begins with. Then come how many of
// each there are, and all of each, as tape has them. There is no text of a feed
// in it: references are hashes, numbers are sealed.
const rosterForm = "roster 3\n"

// ErrRoster says that a kept roster is not what was saved, or was kept under
// another key.
var ErrRoster = errors.New("the kept roster is damaged, or was kept under another key")

// Save writes what the keeper, which has judged, knows of persons, for the next
// run to go on from.
func (k *Keeper) Save(to io.Writer) error {
	k.await()
	r, w := k.roster, bufio.NewWriterSize(to, 1<<20)
	w.WriteString(rosterForm) // the first error stays with w
	t := tape{to: w}
	for _, n := range []int{len(r.numbers), k.raw.byRef.used, len(r.claims), len(r.names), len(r.deleted), len(r.flagged), len(r.due), len(r.ends)} {
		size := uint64(n)
		t.u64(&size)
	}
	for i, n := range r.numbers {
		t.person(&keptPerson{n.Seal(r.secret.Numbers), k.stand(n, r.verdicts[i]), r.heir(n), r.met[i]})
	}
	for key, e := range k.raw.byRef.all() {
		now, _ := r.byRef.get(key)
		t.ref(&keptRef{key, e, now})
	}
	for c, sure := range r.claims {
		t.claim(&keptClaim{c.number.Seal(r.secret.Numbers), c.ref, k.stand(c.number, Kept), r.heir(c.number), sure})
	}
	for n, version := range r.names {
		t.name(&keptName{n, version})
	}
	for key, d := range r.deleted {
		t.deletion(&keptDeletion{key, d})
	}
	for n, version := range r.flagged {
		t.name(&keptName{n, version})
	}
	for n, at := range r.due {
		t.due(&keptDue{n.Seal(r.secret.Numbers), at})
	}
	for key, at := range r.ends {
		t.end(&keptEnd{key, at})
	}
	return w.Flush()
}

// widths is how many bytes each of what Save writes has.
var widths = [...]uint64{29, 43, 37, 20, 17, 20, 24, 16}

// Load takes up a roster that was saved, before anybody is enrolled. size is
// how many bytes it has. An error wraps ErrRoster where it is not what was saved.
func (k *Keeper) Load(from io.Reader, size int64) error {
	l := loading{keeper: k, tape: tape{from: bufio.NewReaderSize(from, 1<<20)}}
	sizes, err := l.opening(size)
	if err != nil {
		return err // before memory is taken for what is not there
	}
	k.roster.byRef.reserve(int(sizes[1]))
	k.memory.was.reserve(int(sizes[1]))
	k.memory.overdue, k.memory.ended = make(map[identity.Number]bool), make(map[uint64]bool)
	for i, read := range []func(){l.person, l.ref, l.claim, l.name, l.deletion, l.flag, l.due, l.end} {
		for range sizes[i] {
			if read(); l.err != nil {
				return l.err
			}
		}
	}
	if _, err := l.from.Read(l.buf[:1]); err != io.EOF {
		return ErrRoster
	}
	return l.settle()
}

// opening reads how many of each a roster of so many bytes holds.
func (t *tape) opening(size int64) (sizes [len(widths)]uint64, err error) {
	form := make([]byte, len(rosterForm))
	t.bytes(form)
	want := uint64(len(rosterForm) + 8*len(sizes))
	for i := range sizes {
		if t.u64(&sizes[i]); sizes[i] > 1<<40 {
			return sizes, ErrRoster
		}
		want += sizes[i] * widths[i]
	}
	if t.err != nil || string(form) != rosterForm || want != uint64(size) {
		return sizes, ErrRoster
	}
	return sizes, nil
}

// loading is the reading of a kept roster.
type loading struct {
	tape
	keeper *Keeper
	who    []Ordinal // by the Ordinal of the run that saved it
	heirs  []Ordinal // as they were saved
}

// ordinal is the present one of a person that was saved.
func (l *loading) ordinal(saved Ordinal) Ordinal {
	if saved == nobody {
		return nobody
	}
	if saved < 0 || int(saved) >= len(l.who) {
		l.fail()
		return nobody
	}
	return l.who[saved]
}

func (l *loading) number(s identity.Sealed) identity.Number {
	n, ok := identity.Unseal(s, l.keeper.roster.secret.Numbers)
	if !ok {
		l.fail()
	}
	return n
}

// person takes up one person. One whom only a list had named is taken up only
// if a list still does.
func (l *loading) person() {
	var p keptPerson
	l.tape.person(&p)
	n := l.number(p.Number)
	if l.err != nil {
		return
	}
	r, m := l.keeper.roster, &l.keeper.memory
	who := r.heir(n)
	switch {
	case p.Met:
		who = r.meet(n)
	case who == nobody:
		m.gone = append(m.gone, n)
	}
	l.who, l.heirs = append(l.who, who), append(l.heirs, p.Heir)
	if who == nobody {
		return
	}
	for len(m.known) < len(r.numbers) {
		m.known, m.stand, m.heirs = append(m.known, false), append(m.stand, 0), append(m.heirs, nobody)
	}
	m.known[who], m.stand[who] = true, p.Stand
}

func (l *loading) ref() {
	var e keptRef
	l.tape.ref(&e)
	if e.raw.fault >= reasons || e.now.fault >= reasons {
		l.fail()
	}
	e.raw.who, e.now.who = l.ordinal(e.raw.who), l.ordinal(e.now.who)
	if e.raw.fault == Kept && e.raw.who == nobody || e.now.fault == Kept && e.now.who == nobody {
		l.fail()
	}
	if l.err == nil {
		l.keeper.roster.byRef.set(e.key, e.raw)
		l.keeper.memory.was.set(e.key, e.now)
	}
}

func (l *loading) claim() {
	var c keptClaim
	l.tape.claim(&c)
	n, heir := l.number(c.Number), l.ordinal(c.Heir)
	if l.err != nil {
		return
	}
	l.keeper.roster.claims[claim{n, c.Ref}] = c.Sure
	if l.keeper.memory.former == nil {
		l.keeper.memory.former = make(map[identity.Number]bequest)
	}
	l.keeper.memory.former[n] = bequest{heir, c.Stand}
}

func (l *loading) name() {
	var n keptName
	l.tape.name(&n)
	if n.name.who = l.ordinal(n.name.who); n.name.who == nobody {
		l.fail()
	}
	if l.err == nil {
		l.keeper.roster.names[n.name] = n.version
	}
}

func (l *loading) deletion() {
	var d keptDeletion
	l.tape.deletion(&d)
	l.keeper.roster.deleted[d.key] = d.deletion
}

// settle says whom each number led to, now that all persons are known.
func (l *loading) settle() error {
	for i, heir := range l.heirs {
		if who := l.who[i]; who != nobody {
			l.keeper.memory.heirs[who] = l.ordinal(heir)
		}
	}
	return l.err
}

package gate

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// Admitted is the records of one block and one dataset that may be used. Only
// Admit and AdmitDeletions make one. It is valid until the Desk that made it is
// used again.
type Admitted[X row.Row] struct {
	Feed  record.Feed
	rows  []record.Of[X]
	picks []pick
}

type pick struct {
	row   int32
	who   Ordinal
	alone bool
}

// Len returns how many rows were admitted.
func (a Admitted[X]) Len() int { return len(a.picks) }

// At returns the i-th admitted row and whose it is; who is negative for a
// deletion, which names no person.
func (a Admitted[X]) At(i int) (r *record.Of[X], who Ordinal) {
	p := a.picks[i]
	return &a.rows[p.row], p.who
}

// Alone reports whether the i-th admitted row may be used without its person
// only.
func (a Admitted[X]) Alone(i int) bool { return a.picks[i].alone }

// Desk is where one goroutine has its records judged. It holds the tally of
// what it saw and what the sensitive gate took out since the last Reset.
type Desk struct {
	Records [record.Datasets][Reasons]int64 // input records (Part 0), by what became of them
	Cut     [record.Datasets][Reasons]int64 // of those that were let through, how many in part, by why the first row that is missing is
	Roots   []*record.Head                  // heads of sensitive records of the last Admit or Hear; all that hangs on them must go
	Out     []*record.Head                  // heads of records the last Admit left out: no older version may stand in for them
	Bound   []*record.Head                  // heads of other records that are not stored: what hangs on one hangs on what it refers to

	Organisations map[term.ODS]*Holding // the same records, but for deletions, by whose data they are

	keeper *Keeper
	people bool // who are judged by their own records
	picks  []pick
	holder *Holding
}

// verdict is what became of a record.
type verdict struct {
	head *record.Head
	who  Ordinal
	why  Reason
	open Reason // what is against its person, unless a record takes it back: what else is against it comes after that
	root bool   // what hangs on it must go, whatever took it out

	alone bool // it may be used without its person only
}

// out is why a record is left out for which there is a reason.
func (v *verdict) out(why Reason) Reason {
	if why != Kept && v.open != Kept {
		return v.open
	}
	return why
}

// Desk returns a desk of the keeper.
func (k *Keeper) Desk() *Desk {
	return &Desk{keeper: k, Organisations: make(map[term.ODS]*Holding)}
}

// Admit judges rows, record by record, and returns those that may be used. The
// further rows of a record, which follow its first, share that one's fate, but
// for those that are cut out of it.
func Admit[X row.Row](d *Desk, f record.Feed, rows []record.Of[X]) Admitted[X] {
	d.begin()
	set := record.DatasetOf[X]()
	for i, n := 0, 0; i < len(rows); i += n {
		n = together(rows[i:])
		v := d.weigh(f, &rows[i].Head, true)
		if v.why == Kept {
			v.why = v.out(cut(d, f, rows, i, n, v))
		}
		d.tell(f, v, set)
	}
	return Admitted[X]{f, rows, d.picks}
}

// together is how many of the rows are of the first one's record.
func together[X row.Row](rows []record.Of[X]) int {
	n := 1
	for n < len(rows) && rows[n].Part != 0 && rows[n].ID == rows[0].ID {
		n++
	}
	return n
}

// cut picks the rows, n from i on, of a record that was let through, but for
// those that may not be used. Where that is all of them it returns why the first
// one is left out. The first that stays stands for the record from now on.
func cut[X row.Row](d *Desk, f record.Feed, rows []record.Of[X], i, n int, v verdict) (why Reason) {
	first, stay := rows[i].Part, int32(0)
	for at := i; at < i+n; at++ {
		h := &rows[at].Head
		if out := d.part(f, h, v.who); out != Kept {
			if why == Kept {
				why = out
			}
			continue
		}
		if first == 0 {
			h.Part = stay
		}
		stay++
		d.picks = append(d.picks, pick{int32(at), v.who, v.alone})
	}
	if stay > 0 && why != Kept {
		d.Cut[record.DatasetOf[X]()][why]++
		why = Kept
	}
	return why
}

// part asks every gate that judges rows by themselves.
func (d *Desk) part(f record.Feed, h *record.Head, who Ordinal) Reason {
	if f.Kind == record.Shared {
		return Kept // nobody chooses parts of it
	}
	for _, g := range d.keeper.parts {
		if why := g.Part(f, h, d.keeper.roster.numbers[who]); why != Kept {
			return why
		}
	}
	return Kept
}

// begin makes ready for another block.
func (d *Desk) begin() {
	d.picks, d.Roots, d.Out, d.Bound = d.picks[:0], d.Roots[:0], d.Out[:0], d.Bound[:0]
}

// People is the admitted person records of a block. Only AdmitPersons makes
// one. It is valid as long as an Admitted is.
type People struct {
	Feed  record.Feed
	rows  []record.Person
	picks []pick
}

// Len returns how many records were admitted.
func (a People) Len() int { return len(a.picks) }

// At returns the i-th admitted record and whose it is.
func (a People) At(i int) (*record.Person, Ordinal) {
	p := a.picks[i]
	return &a.rows[p.row], p.who
}

// AdmitPersons judges person records as Admit does other rows. A person
// record is about the person it names. Each is judged by itself, whatever its
// part: what the lines of a hospital table say of one person comes under one
// ID from several organisations.
func AdmitPersons(d *Desk, f record.Feed, rows []record.Person) People {
	d.begin()
	d.people = true
	defer func() { d.people = false }()
	for i := range rows {
		h := &rows[i].Head
		if h.ID.ID != "" { // the roster knows what other records say of the same reference
			h.Subject = h.ID
		}
		v := d.weigh(f, h, true)
		if v.why == Kept {
			v.why = v.out(d.part(f, h, v.who))
		}
		if v.why == Kept {
			d.picks = append(d.picks, pick{int32(i), v.who, false})
		}
		d.tell(f, v, record.DatasetOf[row.Person]())
	}
	return People{f, rows, d.picks}
}

// AdmitDeletions lets every deletion through: it takes out, and names no
// person.
func AdmitDeletions(d *Desk, f record.Feed, rows []record.Of[row.Tombstone]) Admitted[row.Tombstone] {
	d.begin()
	for i := range rows {
		d.picks = append(d.picks, pick{int32(i), nobody, false})
		d.keeper.removeLate(f, &rows[i].Head)
		if w := d.keeper.gates.Watch; w != nil {
			w.Deleted(f, rows[i].ID, rows[i].Version)
		}
		if rows[i].Part == 0 {
			d.Records[record.DatasetOf[row.Tombstone]()][Kept]++
		}
	}
	return Admitted[row.Tombstone]{f, rows, d.picks}
}

// tell tallies what became of a record, and takes down what must go for it.
func (d *Desk) tell(f record.Feed, v verdict, set record.Dataset) {
	if v.head.Part != 0 {
		return
	}
	d.Records[set][v.why]++
	said := v.why
	if said == Kept {
		said = v.open // what the gate says now, whatever comes out in the end
	}
	d.holding(f, v.head).Records[said]++
	if v.why != Kept {
		d.unstored(v.head, v.root)
	}
	if v.why != Kept && v.head.ID.ID != "" {
		d.Out = append(d.Out, v.head)
	}
}

// weigh asks who the person is, what is known of that person, and then every
// record gate: the first that objects gives the reason, but the sensitive gate
// is heard in any case, for what hangs on the record. sure is what a watcher is
// told of a record whose person is known.
func (d *Desk) weigh(f record.Feed, h *record.Head, sure bool) verdict {
	k := d.keeper
	v := verdict{head: h}
	var number identity.Number
	if v.who, v.why = k.who(f, h); v.why != Kept {
		d.overhear(f, h)
	} else {
		if number, v.why = k.Number(v.who); k.open[v.who] {
			v.open, v.why = v.why, Kept
		}
		if h.Expires != term.Unknown {
			k.expires(h, v.who)
		}
		if k.gates.Watch != nil && f.Kind == record.Shared {
			k.gates.Watch.Watch(f, h, number, sure)
		}
	}
	for _, g := range k.gates.Records {
		why := g.Record(f, h, number)
		switch {
		case why == Unlinked && d.people:
			why = SensitiveCode // what is said of a person cannot stay without the person
		case why == Unlinked:
			v.alone, why = true, Kept
		}
		v.root = v.root || why.sensitive()
		if why == SensitivePerson {
			k.accuse(f, h, v.who)
		}
		if v.why == Kept {
			v.why = v.out(why)
		}
	}
	return v
}

// Hear listens to records that could not be read as a whole. None of them is
// anybody's for sure, so each can speak against the use of data and never for
// it; what hangs on a sensitive one is among the Roots.
func (d *Desk) Hear(f record.Feed, heads []record.Of[row.Tombstone]) {
	d.begin()
	for i := range heads {
		h := &heads[i].Head
		d.unstored(h, d.weigh(f, h, false).root)
	}
}

// Wrap judges records of kinds that no dataset takes. They can speak against the
// use of data and never for it, may be sensitive, and hold together what they
// refer to.
func (d *Desk) Wrap(f record.Feed, heads []record.Of[row.Tombstone]) {
	d.begin()
	for i := range heads {
		h, root := &heads[i].Head, false
		if !h.Quiet {
			d.overhear(f, h)
		}
		for _, g := range d.keeper.gates.Records {
			why := g.Record(f, h, identity.Number{})
			root = root || why.sensitive()
			if why == SensitivePerson {
				who, _ := d.keeper.who(f, h)
				d.keeper.accuse(f, h, who)
			}
		}
		d.unstored(h, root)
	}
}

// unstored takes note of a record of which no row is made.
func (d *Desk) unstored(h *record.Head, root bool) {
	switch {
	case root:
		d.Roots = append(d.Roots, h)
	case h.ID.ID != "" && (h.Encounter.ID != "" || len(h.Links) > 0):
		d.Bound = append(d.Bound, h)
	}
}

// overhear has a record that is nobody's, or of which no row is made, watched for
// everybody it names.
func (d *Desk) overhear(f record.Feed, h *record.Head) {
	w, r := d.keeper.gates.Watch, d.keeper.roster
	if w == nil || f.Kind != record.Shared || len(h.Codings) == 0 {
		return
	}
	r.mentions(f, h, func(who Ordinal) { w.Watch(f, h, r.numbers[who], false) })
}

// mentions yields everybody whom a record names that is nobody's: who was behind its
// reference before that was deleted, and whose its number is.
func (r *roster) mentions(f record.Feed, h *record.Head, yield func(Ordinal)) {
	if e, ok := r.byRef.get(r.key(f, h.Subject)); ok && e.one() {
		yield(e.who)
	}
	if who, why := r.numbered(h.Number); why == Kept {
		yield(who)
	}
}

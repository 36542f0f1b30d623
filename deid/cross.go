package deid

import (
	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// keyed is a pointer to a row, whose Key can be reached.
type keyed[X row.Row] interface {
	*X
	Keyed() *row.Key
}

// Cross pseudonymises admitted records. buf is memory for the rows, which may
// be nil; the grown memory is returned for the next call.
func Cross[X row.Row, P keyed[X]](d *Desk, a gate.Admitted[X], buf []X) (Batch[X], []X) {
	buf = buf[:0]
	for i := range a.Len() {
		r, who := a.At(i)
		buf = append(buf, r.Row)
		d.fill(P(&buf[len(buf)-1]).Keyed(), &r.Head, who)
	}
	return Batch[X]{buf}, buf
}

// CrossPersons pseudonymises admitted person records.
func CrossPersons(d *Desk, a gate.People, buf []row.Person) (Batch[row.Person], []row.Person) {
	buf = buf[:0]
	for i := range a.Len() {
		p, who := a.At(i)
		buf = append(buf, p.Row)
		r := &buf[len(buf)-1]
		d.fill(&r.Key, &p.Head, who)
		d.crossing.coarsen(r, p)
	}
	return Batch[row.Person]{buf}, buf
}

// coarsen cuts birth, death and place to what may be stored.
func (c *Crossing) coarsen(r *row.Person, p *record.Person) {
	r.BirthYear, r.BirthMonth = birth(p.Birth, c.asOf)
	r.DeathMonth = r.DeathMonth.Month()
	if area := c.places.Area(p.Postcode); area.LSOA != "" {
		r.LSOA, r.IMDDecile = area.LSOA, area.Decile
	} else {
		r.IMDDecile = c.places.Decile(r.LSOA)
	}
}

// Links returns the references of admitted records beyond their encounter.
func Links[X row.Row](d *Desk, a gate.Admitted[X], buf []row.Link) (Batch[row.Link], []row.Link) {
	buf = buf[:0]
	for i := range a.Len() {
		r, who := a.At(i)
		if r.Part != 0 {
			continue
		}
		for _, to := range r.Links {
			if key := d.ref(to.Ref); key != 0 {
				link := row.Link{To: key, Whole: to.Bond == record.Part}
				d.fill(&link.Key, &r.Head, who)
				buf = append(buf, link)
			}
		}
	}
	return Batch[row.Link]{buf}, buf
}

// Unlinked returns, of admitted records, those that may be used without their
// person only. They cross as all do: under whose base pseudonym they are is known
// to the stage, where a new opt-out has to find them, and to no mart.
func Unlinked[X row.Row](d *Desk, a gate.Admitted[X], buf []row.Unlinked) (Batch[row.Unlinked], []row.Unlinked) {
	buf = buf[:0]
	for i := range a.Len() {
		r, who := a.At(i)
		if !a.Alone(i) || r.Part != 0 {
			continue
		}
		var u row.Unlinked
		d.fill(&u.Key, &r.Head, who)
		u.Part, u.EncounterKey = 1, 0
		buf = append(buf, u)
	}
	return Batch[row.Unlinked]{buf}, buf
}

// Bonds returns the references of records that are not stored, their encounters
// among them: what hangs on such a record hangs on what it refers to. They name
// nobody.
func Bonds(d *Desk, heads []*record.Head, buf []row.Link) (Batch[row.Link], []row.Link) {
	buf = buf[:0]
	for _, h := range heads {
		key := row.Key{Feed: d.feed.Name, RecordKey: d.ref(h.ID), Version: h.Version}
		if to := d.ref(h.Encounter); to != 0 {
			buf = append(buf, row.Link{Key: key, To: to, Whole: true})
		}
		for _, l := range h.Links {
			if to := d.ref(l.Ref); to != 0 {
				buf = append(buf, row.Link{Key: key, To: to, Whole: l.Bond == record.Part})
			}
		}
	}
	return Batch[row.Link]{buf}, buf
}

// Out returns a tombstone for each record that was left out: a version of it
// that was let through before, or will be, goes unless it is newer.
func Out(d *Desk, heads []*record.Head, buf []row.Tombstone) (Batch[row.Tombstone], []row.Tombstone) {
	buf = buf[:0]
	for _, h := range heads {
		buf = append(buf, row.Tombstone{Key: row.Key{Feed: d.feed.Name, RecordKey: d.ref(h.ID), Version: h.Version}})
	}
	return Batch[row.Tombstone]{buf}, buf
}

// Roots returns what must go because a sensitive record was taken out: the
// record itself and what it points to. What points at those goes when the run
// is settled.
func Roots(d *Desk, roots []*record.Head, buf []row.Exclusion) (Batch[row.Exclusion], []row.Exclusion) {
	buf = buf[:0]
	add := func(key int64) {
		if key != 0 {
			buf = append(buf, row.Exclusion{
				Key:  row.Key{Feed: d.feed.Name, RecordKey: key},
				Gate: term.Word(gate.SensitiveLink.Gate()), Reason: int32(gate.SensitiveLink),
			})
		}
	}
	for _, h := range roots {
		add(d.ref(h.ID))
		add(d.ref(h.Encounter))
		for _, l := range h.Links {
			if l.Bond != record.Member {
				add(d.ref(l.Ref))
			}
		}
	}
	return Batch[row.Exclusion]{buf}, buf
}

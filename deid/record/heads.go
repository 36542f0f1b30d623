package record

import "secondaryuse/deid/row"

// Heads yields the head of every record of the block, rejected ones that are
// heard included, and whom it names by reference: a person record names its own
// key.
func (b *Block) Heads(yield func(h *Head, subject Ref)) {
	for i := range b.Persons {
		yield(&b.Persons[i].Head, b.Persons[i].ID)
	}
	heads(b.Problems, yield)
	heads(b.Observations, yield)
	heads(b.Medications, yield)
	heads(b.Allergies, yield)
	heads(b.Immunisations, yield)
	heads(b.Encounters, yield)
	heads(b.Procedures, yield)
	heads(b.Referrals, yield)
	heads(b.Appointments, yield)
	heads(b.CarePlans, yield)
	heads(b.SelfRecords, yield)
	heads(b.Readings, yield)
	heads(b.Deletions, yield)
	heads(b.Heard, yield)
	heads(b.Wrappers, yield)
}

func heads[X row.Row](rows []Of[X], yield func(*Head, Ref)) {
	for i := range rows {
		yield(&rows[i].Head, rows[i].Subject)
	}
}

// Keep takes out of the block every record for which keep reports false, and
// what could not be read, and counts as read what stays.
func (b *Block) Keep(keep func(h *Head, subject Ref) bool) {
	b.Read, b.Rejects = 0, b.Rejects[:0]
	clear(b.Unused)
	persons := b.Persons[:0]
	for i := range b.Persons {
		if p := &b.Persons[i]; keep(&p.Head, p.ID) {
			b.count(&p.Head)
			persons = append(persons, *p)
		}
	}
	b.Persons = persons
	b.Problems = kept(b, b.Problems, keep)
	b.Observations = kept(b, b.Observations, keep)
	b.Medications = kept(b, b.Medications, keep)
	b.Allergies = kept(b, b.Allergies, keep)
	b.Immunisations = kept(b, b.Immunisations, keep)
	b.Encounters = kept(b, b.Encounters, keep)
	b.Procedures = kept(b, b.Procedures, keep)
	b.Referrals = kept(b, b.Referrals, keep)
	b.Appointments = kept(b, b.Appointments, keep)
	b.CarePlans = kept(b, b.CarePlans, keep)
	b.SelfRecords = kept(b, b.SelfRecords, keep)
	b.Readings = kept(b, b.Readings, keep)
	b.Deletions = kept(b, b.Deletions, keep)
	read := b.Read
	b.Heard = kept(b, b.Heard, keep)
	b.Wrappers = kept(b, b.Wrappers, keep)
	b.Read = read
}

func kept[X row.Row](b *Block, rows []Of[X], keep func(*Head, Ref) bool) []Of[X] {
	out := rows[:0]
	for i := range rows {
		if r := &rows[i]; keep(&r.Head, r.Subject) {
			b.count(&r.Head)
			out = append(out, *r)
		}
	}
	return out
}

// count counts the row that stands for a record.
func (b *Block) count(h *Head) {
	if h.Part == 0 {
		b.Read++
	}
}

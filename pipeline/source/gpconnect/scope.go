package gpconnect

import (
	"slices"
	"unsafe"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// list is one dataset of a block.
type list interface {
	len() int
	mark()                     // what follows is of the entry decoded next
	since() []*record.Head     // the heads of what followed
	drop() (dataset term.Word) // takes it back
}

type listOf[X row.Row] struct {
	rows  *[]record.Of[X]
	from  int
	heads []*record.Head
}

func (l *listOf[X]) len() int { return len(*l.rows) }
func (l *listOf[X]) mark()    { l.from = len(*l.rows) }

func (l *listOf[X]) since() []*record.Head {
	l.heads = l.heads[:0]
	for i := l.from; i < len(*l.rows); i++ {
		l.heads = append(l.heads, &(*l.rows)[i].Head)
	}
	return l.heads
}

func (l *listOf[X]) drop() term.Word {
	*l.rows = (*l.rows)[:l.from]
	return term.Word(record.DatasetOf[X]().String())
}

// heardOf is what of rejected records can still be heard.
func heardOf(b *record.Block) list { return &listOf[row.Tombstone]{rows: &b.Heard} }

// wrappersOf is the records of kinds that no dataset takes.
func wrappersOf(b *record.Block) list { return &listOf[row.Tombstone]{rows: &b.Wrappers} }

// listsOf lists the datasets of a block but for the persons.
func listsOf(b *record.Block) []list {
	return []list{
		&listOf[row.Problem]{rows: &b.Problems},
		&listOf[row.Observation]{rows: &b.Observations},
		&listOf[row.Medication]{rows: &b.Medications},
		&listOf[row.Allergy]{rows: &b.Allergies},
		&listOf[row.Immunisation]{rows: &b.Immunisations},
		&listOf[row.Encounter]{rows: &b.Encounters},
		&listOf[row.Procedure]{rows: &b.Procedures},
		&listOf[row.Referral]{rows: &b.Referrals},
		&listOf[row.Appointment]{rows: &b.Appointments},
		&listOf[row.CarePlan]{rows: &b.CarePlans},
		&listOf[row.Tombstone]{rows: &b.Deletions},
	}
}

// settle makes the rows that an entry has become those of the Bundle's
// Patient, or rejects the entry if they are not.
func (r *reader) settle(l list) {
	heads := l.since()
	if len(heads) == 0 {
		return
	}
	first := heads[0]
	if field, fault := r.stranger(first); fault != "" && l != r.wrappers { // which no row comes of
		if l == r.heard { // it was rejected already
			l.drop()
			return
		}
		line := first.Line
		r.block.Rejects = append(r.block.Rejects, record.Reject{Dataset: l.drop(), Line: line, Field: field, Reason: fault})
		return
	}
	for i := range first.Links { // the parts of a record share its links
		first.Links[i].ID = r.scoped(first.Links[i].Ref)
	}
	for _, h := range heads {
		h.Subject, h.Number = record.Ref{Kind: record.Patient, ID: r.patient}, identity.Number{}
		h.ID.ID = r.scoped(h.ID)
		h.Encounter.ID = r.scoped(h.Encounter)
		if h.Version == term.Unknown {
			h.Version = r.version
		}
		if h.Organisation == "" {
			h.Organisation = r.holder
		}
	}
}

// stranger says why a record cannot be the Bundle's Patient's: it names
// somebody else, by reference or by number, or nobody, or it is older than the
// Patient.
func (r *reader) stranger(h *record.Head) (field, fault string) {
	switch {
	case h.Subject.Kind == record.None && h.Number.Zero():
		return "subject", "missing"
	case h.Subject.Kind != record.None && (h.Subject.Kind != record.Patient || h.Subject.ID != r.patient):
		return "subject", "not the Patient of the Bundle"
	case !h.Number.Zero() && !r.mine(h.Number, h.Subject.Kind != record.None):
		return "subject", "not the Patient of the Bundle"
	case h.At != term.Unknown && h.At < r.born:
		return "date", "before the birth of the Patient"
	}
	return "", ""
}

// mine reports whether a number is the Patient's. That of a Patient without a
// usable one cannot be told, and a former one tells nobody by itself.
func (r *reader) mine(n identity.Number, referred bool) bool {
	former := slices.ContainsFunc(r.former, func(f record.Former) bool { return f.Number == n })
	return n == r.number || referred && (former || r.number.Zero())
}

// scoped returns the id of a record together with that of the Patient.
func (r *reader) scoped(ref record.Ref) string {
	if ref.Kind == record.None {
		return ""
	}
	from := len(r.arena)
	r.arena = append(append(append(r.arena, r.patient...), '|'), ref.ID...)
	return unsafe.String(&r.arena[from], len(r.arena)-from)
}

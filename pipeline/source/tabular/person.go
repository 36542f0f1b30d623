package tabular

import (
	"errors"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// nobody is the reference of the person of a line that names none. It is
// enrolled with the fault Missing, so that the line is excluded for that.
const nobody = "nobody"

// verified is the NHS NUMBER STATUS INDICATOR CODE of a number that was traced.
const verified = "01"

// subject reads whom a line is about. Where the number cannot be used, it is
// zero and the reference leads to a person with the fault.
func (d *decoder) subject() (ref record.Ref, number identity.Number, fault record.Fault) {
	ref = record.Ref{Kind: record.Patient, ID: nobody}
	cell := d.cell(nhsNumber)
	if cell == nil {
		return ref, number, record.Missing
	}
	if d.table.local {
		ref.ID = view(d.keep(cell))
		number, _ = identity.Local(cell)
		return ref, number, record.NoFault
	}
	from := len(d.arena)
	for _, c := range cell {
		if c != ' ' && c != '-' {
			d.arena = append(d.arena, c)
		}
	}
	ref.ID = view(d.arena[from:])
	n, err := identity.Parse(cell)
	switch {
	case errors.Is(err, identity.ErrCheckDigit):
		return ref, number, record.BadCheckDigit
	case errors.Is(err, identity.ErrDisallowed):
		return ref, number, record.Disallowed
	case err != nil:
		return ref, number, record.BadForm
	case d.has(numberStatus) && string(d.cell(numberStatus)) != verified:
		return ref, number, record.Unverified
	}
	return ref, n, record.NoFault
}

// person appends the person that a line names: in pass People of any table,
// in pass Rows of a person table.
func (d *decoder) person() {
	p := record.Person{}
	p.Line, p.From, p.Size = d.line, d.from, d.size
	p.Mentioned = !d.table.as.person()
	p.ID, p.Number, p.Fault = d.subject()
	p.Version = d.time(version, version)
	p.Confidential, p.Expires = d.confidential() // it is the person who is left out, for as long as the newest record says so
	p.Verification, _ = term.CodeOf(d.keep(d.cell(numberStatus)))
	if d.table.as.person() {
		p.Recorded = d.time(recorded, recorded)
		p.Organisation = d.ods(provider)
		d.demographics(&p)
	}
	if d.reason == "" || d.pass == source.People && p.Confidential && !d.shifted() {
		d.block.Persons = append(d.block.Persons, p)
		d.rows++
	}
}

// shifted reports whether the cells of the line have been, so that its flag is
// none. A line that is rejected for anything else flags its person all the same.
func (d *decoder) shifted() bool {
	_, known := d.flag()
	return d.reason == reasonPersonal && !known
}

// aside returns what an activity line with the given head says of the person.
// Where the table has no version, the newest activity tells best.
func (d *decoder) aside(h *record.Head, fault record.Fault) record.Person {
	p := record.Person{Fault: fault}
	p.Head = *h
	p.ID, p.Subject = h.Subject, record.Ref{}
	if p.Version == term.Unknown {
		p.Version = h.At
	}
	p.Confidential, p.Restricted = h.Restricted, false
	p.Verification, _ = term.CodeOf(d.keep(d.cell(numberStatus)))
	d.demographics(&p)
	return p
}

func (d *decoder) demographics(p *record.Person) {
	p.Row = row.Person{Practice: d.ods(practice)}
	if noPractice(bytesOf(string(p.Row.Practice))) {
		p.Row.Practice = ""
	}
	if p.Row.Sex = d.word(sex, sexes); d.table.codes[sex] == nil {
		p.Row.Sex = term.Word(sexOf(d.cell(sex)))
	}
	if c := ethnicCategory(d.translated(ethnicity)); c != nil {
		p.Row.Ethnicity = term.Code(view(d.keep(c)))
	}
	if a, ok := term.LSOAOf(d.cell(lsoa)); ok {
		p.Row.LSOA, _ = term.LSOAOf(d.keep(bytesOf(string(a))))
	}
	p.Postcode, _ = identity.ParsePostcode(d.cell(postcode))
	p.Row.DeathMonth = d.time(death, death)
	p.Row.Deceased = p.Row.DeathMonth != term.Unknown
	p.Birth = d.birth()
}

func (d *decoder) birth() (b identity.Birth) {
	cell := d.cell(birth)
	if cell == nil {
		return b
	}
	var buf [8]byte
	date, ok := birthDate(buf[:0], cell)
	if ok && len(date) == 0 {
		return b
	}
	if ok {
		b, ok = identity.ParseBirth(date)
	}
	if !ok {
		d.fail(birth, "not a date of birth")
	}
	return b
}

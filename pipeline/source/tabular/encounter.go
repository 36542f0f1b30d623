package tabular

import (
	"unsafe"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// view returns b as a string without copying it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// bytesOf returns s as bytes, which must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// encounter decodes a line of an activity table.
func (d *decoder) encounter() {
	h, fault := d.head()
	e := row.Encounter{Kind: d.table.as.word, Class: d.table.as.class, Provider: h.Organisation}
	e.Start = d.time(start, startTime)
	e.End = d.finish(e.Start)
	e.Status = d.word(status, statuses)
	e.Specialty = d.code(specialty, term.TreatmentFunction)
	e.AdmissionMethod = d.code(admissionMethod, term.Item)
	e.DischargeMethod = d.code(dischargeMethod, term.Item)
	e.Destination = d.code(destination, term.Item)
	e.Outcome = d.code(outcome, term.Item)
	h.At = e.Start
	if h.Recorded == term.Unknown {
		if h.Recorded = e.End; e.End == term.Unknown {
			h.Recorded = e.Start
		}
	}
	c := d.coded(&h, e.Start)
	var p record.Person
	if d.personal {
		p = d.aside(&h, fault)
	}
	if d.reason != "" {
		d.overhear(h)
		return
	}
	d.block.Encounters = append(d.block.Encounters, record.Of[row.Encounter]{Head: h, Row: e})
	d.problems(h, c)
	d.procedures(h, c)
	d.rows += 1 + c.diagnoses + c.procedures
	if d.personal {
		p.Part = int32(1 + c.diagnoses + c.procedures)
		d.block.Persons = append(d.block.Persons, p)
		d.rows++
	}
}

// overhear keeps what a rejected line says against the use of data: its codes
// and its flag.
func (d *decoder) overhear(h record.Head) {
	if len(h.Codings) > 0 || h.Restricted {
		d.block.Heard = append(d.block.Heard, record.Of[row.Tombstone]{Head: h})
	}
}

// finish reads the end of an encounter. A time alone is of the day of the
// start, or of the next where it would lie before it.
func (d *decoder) finish(from term.Time) term.Time {
	if d.has(end) {
		return d.time(end, endTime)
	}
	var m moment
	if from == term.Unknown || !d.clock(&m, endTime) {
		return term.Unknown
	}
	const minute, day = 60_000_000, 24 * 60 * 60_000_000
	to := from.Day() + term.Time(m.hour*60+m.minute)*minute
	if to < from {
		to += day
	}
	return to
}

// head reads what names the record.
func (d *decoder) head() (h record.Head, fault record.Fault) {
	h.Line, h.From, h.Size = d.line, d.from, d.size
	h.Subject, h.Number, fault = d.subject()
	if d.blank(recordID) {
		d.fail(recordID, "missing")
	}
	h.ID = d.ref(record.Line, recordID)
	h.Encounter = record.Ref{Kind: record.Encounter, ID: h.ID.ID}
	if d.has(spellID) && !d.blank(spellID) {
		h.Encounter = d.ref(record.Encounter, spellID)
	}
	if h.Organisation = d.ods(provider); h.Organisation == "" {
		h.Organisation = d.ods(site)
	}
	h.Version = d.time(version, version)
	h.Recorded = d.time(recorded, recorded)
	h.Restricted, h.Expires = d.confidential()
	return h, fault
}

// blank reports whether any cell of a key is empty.
func (d *decoder) blank(r role) bool {
	for _, cell := range d.list(r) {
		if len(cell) == 0 {
			return true
		}
	}
	return false
}

// coded counts the codes of a line by what they become. In the Codings the
// diagnoses come first, then the procedures, then what is judged only.
type coded struct {
	diagnoses, procedures int
	primary               bool // the first diagnosis stood in the first column
	operated              bool // the first procedure likewise
}

// coded gathers every code of the line.
func (d *decoder) coded(h *record.Head, from term.Time) (c coded) {
	begin := len(d.codings)
	d.besides = d.besides[:0]
	c.diagnoses, c.primary = d.gather(diagnoses)
	d.times = d.times[:0]
	c.procedures, c.operated = d.gather(procedures)
	d.dates(from)
	n, _ := d.gather(treatments)
	m, _ := d.gather(investigations)
	c.procedures += n + m
	for len(d.times) < c.procedures {
		d.times = append(d.times, from.Day())
	}
	for _, r := range []role{cause, specialty, mainSpecialty, hrg} {
		d.gather(r)
	}
	d.places(h.Organisation)
	d.codings = append(d.codings, d.besides...)
	h.Codings = d.codings[begin:len(d.codings):len(d.codings)]
	return c
}

// places appends where the activity took place, besides the organisation whose
// data it is: a site discloses as a code does.
func (d *decoder) places(besides term.ODS) {
	for _, r := range []role{provider, site} {
		for _, cell := range d.list(r) {
			if code, ok := term.CodeOf(cell); ok && !empty(cell) && string(code) != string(besides) {
				from := len(d.arena)
				d.arena = upper(d.arena, cell)
				d.codings = append(d.codings, record.Coding{System: term.Place, Code: term.Code(view(d.arena[from:]))})
			}
		}
	}
}

// gather appends the codes of a role to the codings.
func (d *decoder) gather(r role) (n int, first bool) {
	system := d.table.systems[r]
	for i, cell := range d.list(r) {
		if empty(cell) {
			continue
		}
		c, ok := d.coding(system, cell)
		if !ok || isStored(r) && !c.Code.In(c.System) {
			d.fail(r, "not a code")
		}
		if !ok {
			continue
		}
		if d.codings = append(d.codings, c); c.System != system {
			d.besides = append(d.besides, record.Coding{System: system, Code: c.Code})
		}
		first = first || i == 0
		n++
	}
	return n, first
}

// isStored reports whether the codes of a role become rows. The others are
// judged only, and may be any text that has the shape of a code.
func isStored(r role) bool {
	return r == diagnoses || r == procedures || r == treatments || r == investigations
}

// coding reads a code in the form in which it is stored. One that has not the
// form of the system in whose place it stands is stored as one of another, and
// judged as one of both.
func (d *decoder) coding(s term.System, cell []byte) (record.Coding, bool) {
	from := len(d.arena)
	switch s {
	case term.ICD10:
		d.arena, _ = icd10(d.arena, cell)
	case term.OPCS4:
		d.arena, _ = opcs4(d.arena, cell)
	case term.Read2, term.CTV3:
		d.arena = append(d.arena, cell...)
	default:
		d.arena = upper(d.arena, cell)
	}
	code, ok := term.CodeOf(d.arena[from:])
	if !code.In(s) {
		s = term.Other
	}
	return record.Coding{System: s, Code: code}, ok
}

// dates reads when the procedures were done.
func (d *decoder) dates(from term.Time) {
	days := d.list(procedureDates)
	for i, cell := range d.list(procedures) {
		if empty(cell) {
			continue
		}
		at := from.Day()
		if i < len(days) && !empty(days[i]) {
			var m moment
			t, ok := term.Unknown, m.date(days[i])
			if ok && !m.fillerDate() {
				t, ok = m.time(d.london)
			}
			if !ok {
				d.fail(procedureDates, "not a date")
			}
			if t != term.Unknown {
				at = t
			}
		}
		d.times = append(d.times, at)
	}
}

func (d *decoder) problems(h record.Head, c coded) {
	for i, coding := range h.Codings[:c.diagnoses] {
		h.Part++
		category := term.Word("secondary-diagnosis")
		if i == 0 && c.primary {
			category = "primary-diagnosis"
		}
		d.block.Problems = append(d.block.Problems, record.Of[row.Problem]{Head: h, Row: row.Problem{
			System: coding.System, Code: coding.Code, Category: category, Provider: h.Organisation,
		}})
	}
}

func (d *decoder) procedures(h record.Head, c coded) {
	h.Part = int32(c.diagnoses)
	for i, coding := range h.Codings[c.diagnoses : c.diagnoses+c.procedures] {
		h.Part++
		category := term.Word("secondary-procedure")
		if i == 0 && c.operated {
			category = "primary-procedure"
		}
		d.block.Procedures = append(d.block.Procedures, record.Of[row.Procedure]{Head: h, Row: row.Procedure{
			System: coding.System, Code: coding.Code, Category: category, At: d.times[i], Provider: h.Organisation,
		}})
	}
}

package tabular

import (
	"time"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// decoder turns the cells of lines into rows of a block. All that the rows
// point to is copied to memory of the decoder that is used again once the
// block has been yielded.
type decoder struct {
	table  *table
	pass   source.Pass
	block  *record.Block
	london *time.Location
	now    term.Time    // London's wall clock
	flush  func() error // yields the block and makes the decoder ready for more

	layout   *layout
	cells    [][]byte // by slot, trimmed; nil where the file lacks the column
	personal bool     // the file says something of the person besides the number

	arena   []byte
	codings []record.Coding
	besides []record.Coding // of a line: codes judged by the system in whose place they stand, besides their own
	rows    int
	times   []term.Time // of the procedures of a line
	line    int64
	from    int64  // where the line lies in its file, for Head
	size    int64  // 0: the file can only be read as a whole
	packed  bool   // the file is compressed
	bad     role   // what made the line unreadable
	reason  string // why; empty: nothing did
}

func newDecoder(t *table, pass source.Pass, b *record.Block, london *time.Location, now term.Time) *decoder {
	return &decoder{table: t, pass: pass, block: b, london: london, now: now}
}

// bind makes the decoder ready for the lines of a file.
func (d *decoder) bind(l *layout) {
	d.layout = l
	d.cells = make([][]byte, len(l.columns))
	d.personal = false
	for _, r := range demographic {
		d.personal = d.personal || d.has(r)
	}
}

// reset takes back all that the block held.
func (d *decoder) reset() {
	d.block.Reset()
	d.arena, d.codings, d.rows = d.arena[:0], d.codings[:0], 0
}

// row decodes the line whose cells have been set, and yields a full block.
func (d *decoder) row(line int64) error {
	d.line, d.reason = line, ""
	codings, heard := len(d.codings), len(d.block.Heard)
	d.strangers()
	switch {
	case d.pass == source.People:
		d.person()
	case d.table.as.person():
		d.block.Read++
		d.person()
	default:
		d.block.Read++
		d.encounter()
	}
	if d.reason != "" {
		if len(d.block.Heard) == heard {
			d.codings = d.codings[:codings]
		}
		if d.pass == source.Rows {
			d.block.Rejects = append(d.block.Rejects, record.Reject{
				Dataset: d.dataset(), Line: line, Field: roleInfo[d.bad].name, Reason: d.reason,
			})
			d.rows++
		}
	}
	if d.rows >= source.BlockRows {
		return d.flush()
	}
	return nil
}

// refuse rejects a line, or the rest of a file, for a reason of its own.
func (d *decoder) refuse(line int64, field, reason string) error {
	d.rows++
	if d.pass == source.Rows {
		d.block.Read++
		d.block.Rejects = append(d.block.Rejects, record.Reject{Dataset: d.dataset(), Line: line, Field: field, Reason: reason})
	}
	if d.rows >= source.BlockRows {
		return d.flush()
	}
	return nil
}

func (d *decoder) dataset() term.Word {
	if d.table.as.person() {
		return "person"
	}
	return "encounter"
}

// fail makes the line unreadable. The first reason stands.
func (d *decoder) fail(r role, reason string) {
	if d.reason == "" {
		d.bad, d.reason = r, reason
	}
}

// reasonPersonal is why a line is rejected in which a cell that is for a term
// could name a person.
const reasonPersonal = "what may be an NHS number or a postcode, where a code should be"

// strangers rejects a line in which a cell that is for a term could name a
// person: such cells have been shifted, and nothing the line says holds.
func (d *decoder) strangers() {
	for r := range roles {
		if !roleInfo[r].term {
			continue
		}
		for _, cell := range d.list(r) {
			if term.Personal(cell) {
				d.fail(r, reasonPersonal)
			}
		}
	}
}

// has reports whether the file has a column of the role.
func (d *decoder) has(r role) bool {
	for _, column := range d.layout.columns[d.layout.from[r]:d.layout.from[r+1]] {
		if column >= 0 {
			return true
		}
	}
	return false
}

// list returns the cells of a role.
func (d *decoder) list(r role) [][]byte { return d.cells[d.layout.from[r]:d.layout.from[r+1]] }

// cell returns the first cell of a role that says something, or nothing.
func (d *decoder) cell(r role) []byte {
	for _, cell := range d.list(r) {
		if !empty(cell) {
			return cell
		}
	}
	return nil
}

// keep copies b to where it lasts as long as the block.
func (d *decoder) keep(b []byte) []byte {
	from := len(d.arena)
	d.arena = append(d.arena, b...)
	return d.arena[from:]
}

// ref names a record by the cells of a role. Records of different kinds of
// table never share a name.
func (d *decoder) ref(k record.Kind, r role) record.Ref {
	from := len(d.arena)
	d.arena = append(d.arena, d.table.as.word...)
	for _, cell := range d.list(r) {
		d.arena = append(append(d.arena, '|'), cell...)
	}
	return record.Ref{Kind: k, ID: view(d.arena[from:])}
}

// time reads the date of a role, with the time of another role where that is
// not the same.
func (d *decoder) time(r, timed role) term.Time {
	var m moment
	cell := d.cell(r)
	if cell == nil {
		return term.Unknown
	}
	if !m.date(cell) {
		d.fail(r, "not a date")
		return term.Unknown
	}
	if m.fillerDate() {
		return term.Unknown
	}
	if timed != r {
		d.clock(&m, timed)
	}
	t, ok := m.time(d.london)
	if !ok {
		d.fail(r, "a date or time that does not exist")
	}
	return t
}

// clock sets the time of day of m from the cell of a role, where it has one.
func (d *decoder) clock(m *moment, r role) bool {
	cell := d.cell(r)
	if cell == nil || fillerTime(cell) {
		return false
	}
	if !m.clock(cell) || m.hour > 23 || m.minute > 59 {
		d.fail(r, "not a time")
		return false
	}
	return true
}

// translated returns the cell of a role, through its map of codes.
func (d *decoder) translated(r role) []byte {
	cell := d.cell(r)
	if to, ok := d.table.codes[r][string(cell)]; ok && cell != nil {
		return bytesOf(to)
	}
	return cell
}

// code returns the code of a role, or none where there is none or it has not
// the form that the system's codes have.
func (d *decoder) code(r role, system term.System) term.Code {
	cell := d.translated(r)
	if !term.Code(view(cell)).In(system) {
		return ""
	}
	return term.Code(view(d.keep(cell)))
}

// word returns the word of a role, or none where the list does not have it.
func (d *decoder) word(r role, list []term.Word) term.Word {
	cell := d.translated(r)
	for _, w := range list {
		if string(w) == string(cell) {
			return w
		}
	}
	return ""
}

// The words that a status and a sex may be.
var (
	statuses = []term.Word{"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "unknown"}
	sexes    = []term.Word{"male", "female", "other", "unknown"}
)

// ods returns the organisation of a role, or none.
func (d *decoder) ods(r role) term.ODS {
	from := len(d.arena)
	d.arena = upper(d.arena, d.cell(r))
	o, ok := term.ODSOf(d.arena[from:])
	if !ok {
		d.arena = d.arena[:from]
	}
	return o
}

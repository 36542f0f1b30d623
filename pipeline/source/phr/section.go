package phr

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// divide says of each row of a record to which sections it belongs, so that what
// a person does not share can be cut out of what they do.
//
// Some of it holds for the whole record: what the app or its category calls it, its
// own code, and any code that cannot be told to be of one row. A row belongs
// besides to the sections of its own code and value. Where none of this says
// anything, it belongs to that of the record's kind.
func divide(rows []record.Of[row.Observation], kind term.Word) {
	whole := sectionOf(rows[0].Row.System, rows[0].Row.Code)
	if kind == "answer" {
		whole |= record.Answer
	}
	for _, c := range rows[0].Codings {
		if names[c.Code] {
			whole |= record.SectionOf(string(c.Code))
		} else if s := sectionOf(c.System, c.Code); s != 0 && !among(rows, c) {
			whole |= s
		}
	}
	for i := range rows {
		r := &rows[i].Row
		s := whole | sectionOf(r.System, r.Code) | sectionOf(r.ValueSystem, r.ValueCode)
		if s == 0 {
			s = record.SectionOf(string(kind))
		}
		rows[i].Sections = s
	}
}

// among reports whether one of the rows has a code as its own, or as its value.
func among(rows []record.Of[row.Observation], c record.Coding) bool {
	for i := range rows {
		r := &rows[i].Row
		if c == (record.Coding{System: r.System, Code: r.Code}) || c == (record.Coding{System: r.ValueSystem, Code: r.ValueCode}) {
			return true
		}
	}
	return false
}

// sectionOf is that of a code that tells a kind.
func sectionOf(system term.System, code term.Code) record.Sections {
	return record.SectionOf(string(kinds[record.Coding{System: system, Code: code}]))
}

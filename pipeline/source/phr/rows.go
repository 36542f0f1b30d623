package phr

import (
	"math"
	"unsafe"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

type tombstone = row.Tombstone

// keep returns the key of a record: its type and its id.
func (r *reader) keep(typ, id string) string {
	from := len(r.arena)
	r.arena = append(append(append(r.arena, typ...), '/'), id...)
	return unsafe.String(unsafe.SliceData(r.arena[from:]), len(r.arena)-from)
}

// own makes a record's key and links those of a Personal Health Record.
func (r *reader) own(h *record.Head, typ string) {
	h.ID = record.Ref{Kind: record.Self, ID: r.keep(typ, h.ID.ID)}
	if h.Part == 0 { // the parts of a record share its links
		r.ownLinks(h)
	}
}

// ownLinks makes links to what is kept here those of a Personal Health Record.
func (r *reader) ownLinks(h *record.Head) {
	for i, to := range h.Links {
		switch to.Kind {
		case record.Observation:
			h.Links[i].Ref = record.Ref{Kind: record.Self, ID: r.keep(observation, to.ID)}
		case record.MedicationStatement:
			h.Links[i].Ref = record.Ref{Kind: record.Self, ID: r.keep(statement, to.ID)}
		case record.Wrapper: // a QuestionnaireResponse may be
			h.Links[i].Kind = record.Self
		}
	}
}

// observed takes over an Observation, or what was read as one, with its parts.
func (r *reader) observed(rows []record.Of[row.Observation], typ string) {
	if len(rows) == 0 {
		return
	}
	switch h := &rows[0].Head; rows[0].Row.Status {
	case "cancelled", "registered":
		r.deleted(h, typ)
		return
	}
	kind := term.Word("answer")
	if typ == observation {
		kind = kindOf(rows)
	}
	divide(rows, kind)
	r.own(&rows[0].Head, typ)
	for i := range rows {
		o := &rows[i]
		o.ID = rows[0].ID
		x := row.SelfRecord{
			Kind: kind, System: o.Row.System, Code: o.Row.Code, At: o.Row.At, Value: o.Row.Value, Unit: o.Row.Unit,
			ValueSystem: o.Row.ValueSystem, ValueCode: o.Row.ValueCode,
		}
		if x.At == term.Unknown {
			x.At = o.Recorded
		}
		if o.Row.Comparator != "" { // a bound is not the value
			x.Value, x.Unit = math.NaN(), ""
		}
		r.block.SelfRecords = append(r.block.SelfRecords, record.Of[row.SelfRecord]{Head: o.Head, Row: x})
	}
}

// taken takes over a medicine that was taken.
func (r *reader) taken(rows []record.Of[row.Medication]) {
	for i := range rows {
		m := &rows[i]
		switch {
		case m.Row.Kind != "statement":
			r.block.Pass("medication-request", 1)
			r.wrap(&m.Head)
			continue
		case m.Row.Status == "not-taken", m.Row.Status == "intended":
			r.deleted(&m.Head, statement)
			continue
		}
		r.own(&m.Head, statement)
		m.Sections = record.Medicine
		x := row.SelfRecord{
			Kind: "medicine", System: m.Row.System, Code: m.Row.Code, At: m.Row.At, Value: m.Row.Quantity, Unit: m.Row.Unit,
		}
		if x.At == term.Unknown {
			x.At = m.Recorded
		}
		r.block.SelfRecords = append(r.block.SelfRecords, record.Of[row.SelfRecord]{Head: m.Head, Row: x})
	}
}

// deleted notes that a record does not hold, whatever it said before.
func (r *reader) deleted(h *record.Head, typ string) {
	id := record.Ref{Kind: record.Self, ID: r.keep(typ, h.ID.ID)}
	r.block.Deletions = append(r.block.Deletions, record.Of[tombstone]{Head: record.Head{
		Subject: h.Subject, Number: h.Number, ID: id, Organisation: h.Organisation,
		Version: h.Version, Recorded: h.Recorded, Line: h.Line, From: h.From, Size: h.Size,
	}})
}

package fhir

import (
	"errors"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/scan"
)

// add puts an empty record at the end of a list and begins to read it.
func add[X row.Row](d *Decoder, list *[]record.Of[X], kind record.Kind) *record.Of[X] {
	*list = append(*list, record.Of[X]{})
	o := &(*list)[len(*list)-1]
	d.begin(&o.Head, record.DatasetOf[X](), kind)
	return o
}

func (d *Decoder) begin(h *record.Head, set record.Dataset, kind record.Kind) {
	h.ID.Kind = kind
	h.Line, h.From, h.Size = d.line, d.from, d.size
	d.head, d.dataset = h, set
	d.enclosed()
	d.inside = d.inside[:0]
	d.parts = d.parts[:0]
}

// done ends the record that add put at the end of list. It reports whether the
// record stays there; else it has become a deletion or a Reject. event is when
// it happened and provider who did it.
func done[X row.Row](d *Decoder, list *[]record.Of[X], event term.Time, provider term.ODS) bool {
	if d.end(event, provider) {
		return true
	}
	*list = (*list)[:len(*list)-1]
	return false
}

func (d *Decoder) end(event term.Time, provider term.ODS) bool {
	h := d.head
	h.Expires = d.expires
	d.also()
	if h.ID.ID == "" {
		d.wrong("id", "missing")
	}
	if d.settleSubject(); d.torn {
		d.wrong("subject", "names two persons")
	}
	if d.c.End() != nil || h.ID.ID == "" || d.fault.reason != "" && !d.deleted {
		d.overhear(event)
		d.reject(term.Word(d.dataset.String()))
		return false
	}
	h.Organisation = d.of()
	if h.Organisation == "" {
		h.Organisation = provider
	}
	if d.deleted {
		d.drop()
		d.block.Deletions = append(d.block.Deletions, record.Of[row.Tombstone]{Head: record.Head{
			Subject: h.Subject, Number: h.Number, ID: h.ID, Organisation: h.Organisation,
			Version: h.Version, Recorded: h.Recorded, Line: h.Line, From: h.From, Size: h.Size,
		}})
		return false
	}
	h.Codings, h.Links = tail(d.codings, d.codingsFrom), tail(d.links, d.linksFrom)
	d.dated(event)
	return true
}

// dated says when it was: when it happened, or else was entered, or else, which is
// no date of its own, when this version was written.
func (d *Decoder) dated(event term.Time) {
	h := d.head
	h.At, h.Doubtful, h.Vague = first(event, h.Recorded, h.Version), d.doubtful, d.vague
	h.Undated = event == term.Unknown && h.Recorded == term.Unknown
}

// overhear keeps the head of a record that is rejected for one of its fields,
// if it may speak against the use of data or refers to others; else it drops the
// record.
func (d *Decoder) overhear(event term.Time) {
	h := d.head
	if d.pass == people || d.c.Err() != nil || len(d.codings) == d.codingsFrom && len(d.links) == d.linksFrom && h.Encounter.ID == "" && !h.Restricted {
		d.drop()
		return
	}
	h.Codings, h.Links, h.At, h.Vague = tail(d.codings, d.codingsFrom), tail(d.links, d.linksFrom), event, d.vague
	d.block.Heard = append(d.block.Heard, record.Of[row.Tombstone]{Head: *h})
}

// tail returns what was appended to s after it was n long; nil if nothing was.
func tail[T any](s []T, n int) []T {
	if len(s) == n {
		return nil
	}
	return s[n:len(s):len(s)]
}

// drop takes back what the record has put into the decoder's memory.
func (d *Decoder) drop() {
	d.codings, d.links = d.codings[:d.codingsFrom], d.links[:d.linksFrom]
}

// refuse counts and rejects a text of which no dataset is known.
func (d *Decoder) refuse() {
	if d.pass != people {
		d.block.Read++
	}
	d.reject("")
}

func (d *Decoder) reject(set term.Word) {
	if d.pass == people {
		return
	}
	f := d.fault
	if err := (*scan.Error)(nil); errors.As(d.c.Err(), &err) {
		f = fault{"", err.Reason}
	}
	d.block.Rejects = append(d.block.Rejects, record.Reject{Dataset: set, Line: d.line, Field: f.field, Reason: f.reason})
}

func first(times ...term.Time) term.Time {
	for _, t := range times {
		if t != term.Unknown {
			return t
		}
	}
	return term.Unknown
}

func firstODS(a, b term.ODS) term.ODS {
	if a != "" {
		return a
	}
	return b
}

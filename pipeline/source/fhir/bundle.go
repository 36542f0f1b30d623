package fhir

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// bundle decodes every entry of a Bundle as a record of its own. The text is
// checked first, so that a Bundle that is broken is one Reject and nothing
// else.
func (d *Decoder) bundle(text []byte) {
	c := &d.outer
	c.Reset(text)
	c.Skip()
	if c.End() != nil {
		d.c.Follow(text)
		d.c.Skip()
		d.c.End()
		d.refuse()
		return
	}
	defer func(outside around) { d.around = outside }(d.around)
	version := d.bundleVersion(text)
	c.Reset(text)
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		if string(key) != "entry" || c.Kind() != '[' {
			c.Skip()
			continue
		}
		c.Array()
		for c.Elem() {
			d.clear()
			d.entry(c.Raw(), version)
		}
	}
}

// bundleVersion returns when a Bundle was written, and takes up its labels.
func (d *Decoder) bundleVersion(text []byte) (version term.Time) {
	d.clear()
	d.c.Follow(text)
	d.c.Object()
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "meta":
			d.meta()
			version = first(d.head.Version, version)
		case "timestamp":
			if d.c.Kind() == '"' {
				t, _ := ParseInstant(d.c.Str())
				version = first(version, t)
				continue
			}
			d.c.Skip()
		default:
			d.c.Skip()
		}
	}
	d.enclose()
	return version
}

// entry decodes one entry: a deletion or a resource.
func (d *Decoder) entry(raw []byte, version term.Time) {
	d.c.Follow(raw)
	var text, method, url []byte
	var t target
	if d.object("entry") {
		for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
			switch string(key) {
			case "resource":
				text = d.c.Raw()
			case "fullUrl":
				url = d.address()
			case "request":
				method, t = d.request()
			default:
				d.c.Skip()
			}
		}
	}
	switch {
	case d.fault.reason != "":
		d.refuse()
	case string(method) == "DELETE":
		d.deletion(t, version)
	case text == nil:
		d.wrong("entry.resource", "missing")
		d.refuse()
	default:
		d.inEntry(text, url)
	}
}

// address reads a text of which nothing is known to depend.
func (d *Decoder) address() []byte {
	if d.c.Kind() == '"' {
		return d.c.Str()
	}
	d.c.Skip()
	return nil
}

// inEntry decodes the resource of an entry.
func (d *Decoder) inEntry(text, url []byte) {
	typ := d.open(text)
	d.called(url)
	if string(typ) == "Bundle" {
		d.wrong("entry.resource", "a bundle within a bundle")
	}
	if d.fault.reason != "" || d.c.Err() != nil {
		d.refuse()
		return
	}
	d.one(typ)
}

func (d *Decoder) request() (method []byte, t target) {
	if !d.object("entry.request") {
		return nil, t
	}
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "method":
			method = d.text("entry.request.method")
		case "url":
			t.split(d.text("entry.request.url"))
		default:
			d.c.Skip()
		}
	}
	return method, t
}

// deletion notes that the source has deleted the record at t. Of a patient's
// that must be known with the patients.
func (d *Decoder) deletion(t target, version term.Time) {
	b, ref := d.block, t.ref(record.None)
	if d.pass == people {
		if ref.Kind == record.Patient {
			b.Deletions = append(b.Deletions, record.Of[row.Tombstone]{Head: record.Head{ID: ref, Version: version, Line: d.line, From: d.from, Size: d.size}})
		}
		return
	}
	switch {
	case len(t.id) == 0 || len(t.typ) == 0:
		d.wrong("entry.request.url", "names no record")
		d.refuse()
	case ref.Kind == record.None:
		b.Read++
		b.Pass(wordOf(t.typ), 1)
	default:
		b.Read++
		b.Deletions = append(b.Deletions, record.Of[row.Tombstone]{Head: record.Head{ID: ref, Version: version, Line: d.line, From: d.from, Size: d.size}})
	}
}

package fhir

import "secondaryuse/deid/record"

// around is what is said of all that a Bundle holds.
type around struct {
	restricted bool
	codings    []record.Coding // why it is sensitive, perhaps
}

// Within takes the labels in the meta of a Bundle for labels of every record that
// is decoded after it, whatever that says of itself; nil ends it. A label that
// cannot be read restricts. meta must stay as it is until then.
func (d *Decoder) Within(meta []byte) {
	d.around = around{}
	if len(meta) == 0 {
		return
	}
	d.clear()
	d.c.Follow(meta)
	d.meta()
	d.enclose()
}

// enclose takes over the labels of the meta that was read. What they are was put
// with the codings of a record, which there is none of.
func (d *Decoder) enclose() {
	d.around.restricted = d.around.restricted || d.head.Restricted || d.fault.field == "meta" || d.fault.field == "meta.security"
	d.around.codings = append(d.around.codings, d.codings[d.codingsFrom:]...)
	d.codings = d.codings[:d.codingsFrom]
}

// enclosed gives the record that begins what is said of all around it.
func (d *Decoder) enclosed() {
	d.head.Restricted = d.around.restricted
	d.codings = append(d.codings, d.around.codings...)
}

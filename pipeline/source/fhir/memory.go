package fhir

import (
	"bytes"
	"encoding/binary"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/scan"
)

// memory holds objects and arrays that were decoded before, by their text, and
// rests of objects, behind a member that is new each time.
// Feeds repeat themselves: a code with its display, a category, a unit, a
// performer stand in thousands of records, byte for byte the same. What was
// decoded once is found again by comparing bytes, which is many times faster
// than to decode it, and gives the same, because the decoding of a value
// depends on nothing but its text and its place.
//
// A memory is bounded: it never forgets, and stops learning where it is full.
// So what it hands out stays valid as long as the decoder.
type memory struct {
	sets  [1024][4]*remembered
	sites [record.Datasets][64]site
}

const (
	longKnown  = 2048 // bytes of the longest value that is worth it
	sampleFrom = 8    // which bytes of a value tell it from others
	sampleTo   = 72
	trial      = 128 // values after which a place must have proved worth it
)

// remembered is a value that was decoded before.
type remembered struct {
	dataset record.Dataset
	place   string // decoding differs by dataset and place
	text    []byte
	depth   int  // of the value, at the most
	rest    bool // it is the rest of an object, from behind a value on
	codings []record.Coding
	best    coded
	word    term.Word
	unit    term.Unit
	ods     term.ODS
}

// site counts how well one place in the resources of a dataset is remembered.
// A place that holds something new each time is not worth looking up.
type site struct{ hits, misses int }

// recall returns what the next value was decoded to before and consumes it, or
// returns nil and has consumed nothing. slot tells places apart, roughly.
func (d *Decoder) recall(place string, slot uint8) *remembered {
	rest := d.c.Rest()
	if d.memory == nil || len(rest) < sampleTo {
		return nil
	}
	s := &d.memory.sites[d.dataset][slot%64]
	if s.misses > trial && s.hits < s.misses {
		return nil
	}
	for _, k := range d.memory.set(rest) {
		if k == nil {
			break
		}
		if k.place == place && k.dataset == d.dataset && d.c.Depth()+k.depth <= scan.MaxDepth && len(rest) > len(k.text) && string(rest[:len(k.text)]) == string(k.text) {
			s.hits++
			if k.rest {
				d.c.Leave(len(k.text))
			} else {
				d.c.Jump(len(k.text))
			}
			d.codings = append(d.codings, k.codings...)
			d.notice(k.codings)
			return k
		}
	}
	s.misses++
	return nil
}

// skipped passes over the value of a member of which nothing is wanted.
func (d *Decoder) skipped(key []byte) {
	if kind := d.c.Kind(); kind != '{' && kind != '[' {
		d.c.Skip()
		return
	}
	if d.recall(skippedPlace, slotOf(key)) != nil {
		return
	}
	m := d.mark()
	d.c.Skip()
	d.learn(m, skippedPlace)
}

// notice takes the first treatment function among codings for the record's, and
// sees a label that restricts.
func (d *Decoder) notice(codings []record.Coding) {
	for _, c := range codings {
		switch {
		case c == restricted:
			d.head.Restricted = true
		case d.specialty == "" && c.System == term.TreatmentFunction && c.Code.In(c.System):
			d.specialty = c.Code
		}
	}
}

// mark is where a value begins that may be learnt.
type mark struct {
	rest    []byte
	codings int
	sound   bool
}

func (d *Decoder) mark() mark {
	return mark{d.c.Rest(), len(d.codings), d.fault.reason == "" && d.c.Err() == nil}
}

// learn remembers the value that has been consumed since m and returns what is
// known of it, for the caller to complete; or it returns nil, if all was not
// well with the value or there is no room. What is remembered is copied: it
// outlives the text.
func (d *Decoder) learn(m mark, place string) *remembered {
	n := len(m.rest) - len(d.c.Rest())
	if d.memory == nil || !m.sound || d.fault.reason != "" || d.c.Err() != nil || n > longKnown || len(m.rest) < sampleTo {
		return nil
	}
	open := m.rest[0]
	if open != '{' && open != '[' && open != ',' {
		return nil
	}
	set := d.memory.set(m.rest)
	for i := range set {
		if set[i] == nil {
			set[i] = &remembered{dataset: d.dataset, place: place, text: bytes.Clone(m.rest[:n]), depth: depthOf(m.rest[:n]), rest: open == ','}
			for _, c := range d.codings[m.codings:] {
				set[i].codings = append(set[i].codings, record.Coding{System: c.System, Code: term.Code(strings.Clone(string(c.Code)))})
			}
			return set[i]
		}
	}
	return nil
}

// depthOf returns an upper bound of how deep a value is nested.
func depthOf(text []byte) int {
	return bytes.Count(text, []byte("{")) + bytes.Count(text, []byte("["))
}

// factors are odd numbers at random. A sum of products needs no step to wait
// for the one before.
var factors = [(sampleTo - sampleFrom) / 8]uint64{
	0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93,
	0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3, 0x589965cc75374cc3,
}

// set returns where a value that text begins with is, if it is known.
func (m *memory) set(text []byte) *[4]*remembered {
	var h uint64
	for i, odd := range factors {
		h += binary.LittleEndian.Uint64(text[sampleFrom+8*i:]) * odd
	}
	return &m.sets[h>>54]
}

// The places whose values are not known by the name of a field.
const (
	conceptPlace     = "a concept"
	codingPlace      = "codings"
	valueCodingPlace = "a coding"
	sweptPlace       = "swept"
	skippedPlace     = "skipped"
	quantityPlace    = "behind a quantity's value"
	metaPlace        = "behind a version"
)

// sweptAt returns the place of a member that is not wanted.
func sweptAt(key []byte) string {
	switch string(key) {
	case "coding":
		return codingPlace
	case "valueCoding":
		return valueCodingPlace
	}
	return sweptPlace
}

// slotOf tells the members of resources apart, roughly.
func slotOf[T string | []byte](key T) uint8 {
	if len(key) == 0 {
		return 0
	}
	return uint8(len(key)*31) + key[0]*7 + key[len(key)-1]
}

package fhir

import (
	"hash/maphash"
	"slices"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Lookup holds what records refer to instead of saying it themselves: the
// codes of Medication resources and the ODS codes of Organization resources.
// Add fills it, from one goroutine; from then on it may be used from many.
//
// It keeps 20 bytes and a map's share for each resource, and each list of
// codes once, however many resources have it.
type Lookup struct {
	d             Decoder
	seeds         [2]maphash.Seed
	medicines     map[hash]int32 // place in lists
	organisations map[hash]term.ODS
	lists         []medicine
	known         map[string]int32
	lacks         lacks
}

// hash stands for the id of a resource. Two ids share one by a chance of 1 in
// 2^128.
type hash [2]uint64

type medicine struct {
	best    coded
	codings []record.Coding
}

// NewLookup returns an empty Lookup.
func NewLookup() *Lookup {
	return &Lookup{
		seeds:         [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		medicines:     make(map[hash]int32),
		organisations: make(map[hash]term.ODS),
		known:         make(map[string]int32),
	}
}

// Added is what Add has taken in.
type Added struct {
	Name      string // "Type/id"; empty where it is nothing that is looked up
	Known     bool   // it was there before
	Otherwise bool   // and said something else
}

// Add takes in one resource, if it is a Medication or an Organization that can
// be read. The text is not needed afterwards.
func (l *Lookup) Add(text []byte) Added {
	d := &l.d
	d.Reset()
	d.clear()
	typ := d.open(text)
	if d.fault.reason != "" {
		return Added{}
	}
	switch string(typ) {
	case "Medication":
		return l.addMedicine()
	case "Organization":
		return l.addOrganisation()
	}
	return Added{}
}

func (l *Lookup) addMedicine() Added {
	d := &l.d
	var m medicine
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "id":
			d.head.ID.ID = view(d.text("id"))
		case "code":
			d.concept("code", &m.best)
		default:
			d.swept(key)
		}
	}
	if d.c.End() != nil || d.fault.reason != "" || d.head.ID.ID == "" {
		return Added{}
	}
	m.codings = d.codings
	return put(l.medicines, l.hash(d.head.ID.ID), l.keep(m), "Medication/"+d.head.ID.ID)
}

// put takes in what one resource says.
func put[V comparable](all map[hash]V, id hash, v V, name string) Added {
	was, known := all[id]
	all[id] = v
	return Added{name, known, known && was != v}
}

// keep returns the place of a list of codes, which is copied if it is new.
func (l *Lookup) keep(m medicine) int32 {
	var key strings.Builder
	for _, c := range append(m.codings, record.Coding{System: m.best.system, Code: m.best.code}) {
		key.WriteString(string(c.System))
		key.WriteByte(' ')
		key.WriteString(string(c.Code))
		key.WriteByte(' ')
	}
	at, ok := l.known[key.String()]
	if !ok {
		at = int32(len(l.lists))
		l.known[key.String()] = at
		m.codings = slices.Clone(m.codings)
		for i := range m.codings {
			m.codings[i].Code = term.Code(strings.Clone(string(m.codings[i].Code)))
		}
		m.best.code = term.Code(strings.Clone(string(m.best.code)))
		m.best.raw = nil
		l.lists = append(l.lists, m)
	}
	return at
}

func (l *Lookup) addOrganisation() Added {
	d := &l.d
	var code term.ODS
	for key, ok := d.c.Next(); ok; key, ok = d.c.Next() {
		switch string(key) {
		case "id":
			d.head.ID.ID = view(d.text("id"))
		case "identifier":
			for e := each(0); d.next(&e, "identifier"); {
				var t target
				d.identifier("identifier", &t)
				code = firstODS(code, d.ods(t))
			}
		default:
			d.c.Skip()
		}
	}
	if d.c.End() != nil || d.fault.reason != "" || d.head.ID.ID == "" || code == "" {
		return Added{}
	}
	return put(l.organisations, l.hash(d.head.ID.ID), term.ODS(strings.Clone(string(code))), "Organization/"+d.head.ID.ID)
}

func (l *Lookup) hash(id string) hash {
	return hash{maphash.String(l.seeds[0], id), maphash.String(l.seeds[1], id)}
}

// medicine returns the codes of a Medication, none where it is not known.
func (l *Lookup) medicine(id []byte) medicine {
	if l == nil || len(id) == 0 {
		return medicine{}
	}
	if at, ok := l.medicines[l.hash(view(id))]; ok {
		return l.lists[at]
	}
	l.lacks.note("Medication", id)
	return medicine{}
}

// organisation returns the ODS code of an Organization, or nothing.
func (l *Lookup) organisation(id []byte) term.ODS {
	if l == nil || len(id) == 0 {
		return ""
	}
	code := l.organisations[l.hash(view(id))]
	if code == "" {
		l.lacks.note("Organization", id)
	}
	return code
}

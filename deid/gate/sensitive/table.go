package sensitive

import (
	"iter"

	"secondaryuse/deid/term"
)

// form is how the codes of a system are compared.
type form uint8

const (
	asIs   form = iota
	folded      // without dots, in capitals: ICD-10, OPCS-4, resource groups, places, labels
	read5       // five characters, without filling dots: Read v2, CTV3
)

// table finds the rules of a code.
type table struct {
	form    form
	exact   map[string]int32 // the first entry of a code
	prefix  map[string]int32
	lengths []int // that prefixes have
	entries []entry
}

// entry is that a rule names a code. The entries of one code are a list.
type entry struct {
	rule, next int32
	via        string // the reference set or the concept above by which it does; empty: by itself
}

// tables are one for each terminology, SNOMED CT and dm+d together.
type tables struct {
	sct, icd10, opcs4, read2, ctv3, loinc, function, specialty, group, place, label, diagnosis, treatment, investigation *table
}

func newTables() tables {
	of := func(f form) *table {
		return &table{form: f, exact: make(map[string]int32), prefix: make(map[string]int32), entries: make([]entry, 1)}
	}
	return tables{of(asIs), of(folded), of(folded), of(read5), of(read5), of(asIs), of(asIs), of(asIs),
		of(folded), of(folded), of(folded), of(folded), of(folded), of(folded)}
}

// of returns the table of a system; nil where codes of that system are not
// judged.
func (t *tables) of(s term.System) *table {
	switch s {
	case term.SNOMED, term.DMD, term.Other, "":
		return t.sct
	case term.ICD10:
		return t.icd10
	case term.OPCS4:
		return t.opcs4
	case term.Read2:
		return t.read2
	case term.CTV3:
		return t.ctv3
	case term.LOINC:
		return t.loinc
	case term.TreatmentFunction:
		return t.function
	case term.Place:
		return t.place
	}
	return t.seldom(s)
}

// seldom is of for the systems of which there are few codes.
func (t *tables) seldom(s term.System) *table {
	switch s {
	case term.MainSpecialty:
		return t.specialty
	case term.ResourceGroup:
		return t.group
	case term.Label:
		return t.label
	case aeDiagnosis:
		return t.diagnosis
	case aeTreatment:
		return t.treatment
	case aeInvestigation:
		return t.investigation
	}
	return nil
}

// longest is how much of a code is compared.
const longest = 48

// has reports whether a rule names a code. It is asked of every code there is,
// and allocates nothing.
func (t *table) has(code string) bool {
	if t.form == asIs { // most codes by far
		return t.exact[code] != 0
	}
	if len(t.entries) == 1 {
		return false
	}
	var buf [longest]byte
	norm := t.form.normal(buf[:0], code)
	if t.exact[string(norm)] != 0 {
		return true
	}
	for _, n := range t.lengths {
		if n > len(norm) {
			break
		}
		if t.prefix[string(norm[:n])] != 0 {
			return true
		}
	}
	return false
}

// find yields every entry of a code.
func (t *table) find(code string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		var buf [longest]byte
		norm := t.form.normal(buf[:0], code)
		if !t.list(t.exact[string(norm)], yield) {
			return
		}
		for _, n := range t.lengths {
			if n > len(norm) || !t.list(t.prefix[string(norm[:n])], yield) {
				return
			}
		}
	}
}

// list yields the entries from one on.
func (t *table) list(at int32, yield func(entry) bool) bool {
	for ; at != 0; at = t.entries[at].next {
		if !yield(t.entries[at]) {
			return false
		}
	}
	return true
}

// normal appends a code to buf in the form that is compared. Of a code that is
// longer than any can be, the rest is left out.
func (f form) normal(buf []byte, code string) []byte {
	if len(code) > cap(buf) {
		code = code[:cap(buf)]
	}
	switch f {
	case read5:
		code = code[:min(5, len(code))]
		for len(code) > 0 && code[len(code)-1] == '.' {
			code = code[:len(code)-1]
		}
	case folded:
		for i := 0; i < len(code); i++ {
			c := code[i]
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			if c != '.' {
				buf = append(buf, c)
			}
		}
		return buf
	}
	return append(buf, code...)
}

// add enters a code of a rule, unless that very rule has it.
func (t *table) add(code string, prefix bool, rule int, via string) (new bool) {
	key := string(t.form.normal(make([]byte, 0, longest), code))
	in := t.exact
	if prefix {
		in = t.prefix
		t.length(len(key))
	}
	for at := in[key]; at != 0; at = t.entries[at].next {
		if t.entries[at].rule == int32(rule) {
			return false
		}
	}
	t.entries = append(t.entries, entry{int32(rule), in[key], via})
	in[key] = int32(len(t.entries) - 1)
	return true
}

// length keeps the lengths of prefixes in order, each once.
func (t *table) length(n int) {
	i := 0
	for i < len(t.lengths) && t.lengths[i] < n {
		i++
	}
	if i == len(t.lengths) || t.lengths[i] != n {
		t.lengths = append(t.lengths[:i], append([]int{n}, t.lengths[i:]...)...)
	}
}

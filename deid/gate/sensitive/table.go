package sensitive

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// form is how the codes of a system are compared.
type form uint8

const (
	asIs   form = iota
	folded      // without dots, in capitals: ICD-10, OPCS-4
	read5       // five characters, without filling dots: Read v2, CTV3
)

// table finds the rule of a code.
type table struct {
	form    form
	exact   map[string]int
	prefix  map[string]int
	lengths []int // that prefixes have
}

// tables are one for each terminology, SNOMED CT and dm+d together.
type tables struct {
	sct, icd10, opcs4, read2, ctv3, loinc, function *table
}

func newTables() tables {
	of := func(f form) *table { return &table{form: f, exact: make(map[string]int), prefix: make(map[string]int)} }
	return tables{of(asIs), of(folded), of(folded), of(read5), of(read5), of(asIs), of(asIs)}
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
	}
	return nil
}

// find returns the rule of a coding. It allocates nothing.
func (t *tables) find(c record.Coding) (rule int, ok bool) {
	in := t.of(c.System)
	if in == nil {
		return 0, false
	}
	if in.form == asIs { // most codes by far
		rule, ok = in.exact[string(c.Code)]
		return rule, ok
	}
	var buf [48]byte
	code := in.form.normal(buf[:0], string(c.Code))
	if rule, ok = in.exact[string(code)]; ok {
		return rule, true
	}
	for _, n := range in.lengths {
		if n > len(code) {
			break
		}
		if rule, ok = in.prefix[string(code[:n])]; ok {
			return rule, true
		}
	}
	return 0, false
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

// add enters a code. The first rule of a code stands.
func (t *table) add(code string, prefix bool, rule int) {
	key := string(t.form.normal(make([]byte, 0, 48), code))
	in := t.exact
	if prefix {
		in = t.prefix
		t.length(len(key))
	}
	if _, ok := in[key]; !ok {
		in[key] = rule
	}
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

package fhir

import (
	"regexp"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

var systems = map[string]int{"snomed": 2, "dmd": 4, "icd10": 6, "opcs4": 8, "ctv3": 10, "read2": 12, "loinc": 14}

func mod11(s string) bool {
	s = regexp.MustCompile(`^(\d{3})-(\d{3})-(\d{4})$`).ReplaceAllString(s, "$1$2$3")
	if !regexp.MustCompile(`^\d{10}$`).MatchString(s) {
		return false
	}
	sum := 0
	for i := range 10 {
		sum += (10 - i) * int(s[i]-'0')
	}
	return sum%11 == 0
}

// verhoeffValid is Verhoeff's scheme with its tables written out.
func verhoeffValid(s string) bool {
	const mul = "0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210"
	const perm = "01234567891576283094580379614289160435279453126870428657390127938064157046913258"
	c := 0
	for i := range len(s) {
		digit := int(s[len(s)-1-i] - '0')
		c = int(mul[10*c+int(perm[10*(i%8)+digit]-'0')] - '0')
	}
	return c == 0
}

var (
	digitsOnly = regexp.MustCompile(`^\d{6,18}$`)
	component  = regexp.MustCompile(`[01][0-2]\d$`)
)

func codeOK(system term.System, s string) bool {
	if _, ok := term.CodeOf([]byte(s)); !ok {
		return false
	}
	if (system == "snomed" || system == "dmd") && !digitsOnly.MatchString(s) {
		return false
	}
	return !mod11(s) || digitsOnly.MatchString(s) && component.MatchString(s) && verhoeffValid(s)
}

type picked struct {
	system term.System
	code   string
	rank   int
	raw    string
}

// one says what a coding is worth, without collecting it.
func (o *oracle) one(n node) (p picked) {
	if !o.check(n, '{') {
		return p
	}
	uri, code := o.text(n, "system"), o.text(n, "code")
	chosen := false
	for _, v := range n.all("userSelected") {
		chosen = o.check(v, 't') && v.truth
	}
	p = picked{system: term.SystemOf([]byte(uri)), raw: code}
	own := strings.HasPrefix(uri, "http://terminology.hl7.org/") ||
		strings.HasPrefix(uri, "http://hl7.org/fhir/") && !strings.HasPrefix(uri, "http://hl7.org/fhir/sid/")
	if code == "" || !codeOK(p.system, code) {
		if code == "" {
			p.system = ""
		}
		return p
	}
	p.code = code
	switch rank, ok := systems[string(p.system)]; {
	case own && strings.HasSuffix(uri, "NullFlavor"):
	case own:
		p.rank = 18
	case ok:
		p.rank = rank
	default:
		p.rank = 16
	}
	if chosen && !own {
		p.rank--
	}
	return p
}

// collect goes through the whole resource and gathers the codings in the order
// in which their ends stand there.
func (o *oracle) collect(n node, top bool) {
	for _, e := range n.elems {
		o.collect(e, false)
	}
	for _, m := range n.members {
		switch {
		case m.key == "coding" && m.value.kind == '[':
			for _, c := range m.value.elems {
				o.gather(c)
			}
		case m.key == "valueCoding", top && m.key == "class" && o.root.is("Encounter") && m.value.kind == '{':
			o.gather(m.value)
		case top && m.key == "meta":
			o.meta(m.value)
		default:
			o.collect(m.value, false)
		}
	}
}

func (o *oracle) gather(c node) {
	if c.kind != '{' {
		return
	}
	o.collect(c, false)
	p := o.one(c)
	if p.rank == 0 || p.rank == 18 {
		return
	}
	if p.system == term.TreatmentFunction && o.special == "" {
		o.special = term.Code(p.code)
	}
	o.codings = append(o.codings, record.Coding{System: p.system, Code: term.Code(p.code)})
}

func (o *oracle) meta(n node) {
	if !o.check(n, '{') {
		return
	}
	for _, list := range n.all("security") {
		if !o.check(list, '[') {
			continue
		}
		for _, label := range list.elems {
			before := len(o.codings)
			o.gather(label)
			p := o.one(label)
			if p.raw == "R" || p.raw == "V" {
				o.restrict = true
			} else if p.code != "" && len(o.codings) == before {
				o.codings = append(o.codings, record.Coding{System: p.system, Code: term.Code(p.code)})
			}
		}
	}
	for _, v := range n.all("source") {
		if o.check(v, '"') {
			if code, ok := strings.CutPrefix(v.text, "https://fhir.nhs.uk/Id/ods-organization-code|"); ok {
				o.holder = ods(code)
			}
		}
	}
}

// concept returns the preferred coding of every concept with one of the names.
func (o *oracle) concept(n node, names string) (best picked) {
	for _, c := range o.codingsOf(n.each(names)) {
		if p := o.one(c); p.rank != 0 && (best.rank == 0 || p.rank < best.rank) {
			best = p
		}
	}
	return best
}

// lastConcept is the same for a member that is replaced when it is repeated.
func (o *oracle) lastConcept(n node, name string) (best picked) {
	for _, v := range n.all(name) {
		best = o.concept(node{members: []member{{name, v}}}, name)
	}
	return best
}

func (o *oracle) codingsOf(concepts []node) (out []node) {
	for _, c := range concepts {
		if !o.check(c, '{') {
			continue
		}
		for _, list := range c.all("coding") {
			if o.check(list, '[') {
				for _, e := range list.elems {
					o.check(e, '{')
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// words returns the first word of a list that codes or concepts have; it
// begins again where the member does.
func (o *oracle) words(n node, name string, list func([]byte) term.Word) (w term.Word) {
	for _, v := range n.all(name) {
		w = ""
		for _, e := range (node{members: []member{{"x", v}}}).each("x") {
			var all []string
			if e.kind == '"' {
				all = []string{e.text}
			} else {
				for _, c := range o.codingsOf([]node{e}) {
					all = append(all, o.one(c).raw)
				}
			}
			for _, s := range all {
				if w == "" {
					w = list([]byte(s))
				}
			}
		}
	}
	return w
}

func (n node) is(typ string) bool {
	for _, m := range n.members {
		if m.key == "resourceType" {
			return m.value.text == typ
		}
	}
	return false
}

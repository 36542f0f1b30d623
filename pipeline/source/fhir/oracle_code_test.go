package fhir

import (
	"regexp"
	"slices"
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

type picked struct {
	system term.System // where the code may be stored
	code   string      // likewise
	of     term.System
	rank   int
	raw    string

	collected bool // gates judge by it
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
	p = picked{of: term.SystemOf([]byte(uri)), raw: code}
	own := strings.HasPrefix(uri, "http://terminology.hl7.org/") ||
		strings.HasPrefix(uri, "http://hl7.org/fhir/") && !strings.HasPrefix(uri, "http://hl7.org/fhir/sid/")
	if _, ok := term.CodeOf([]byte(strings.TrimSpace(code))); !ok || own && strings.HasSuffix(uri, "NullFlavor") {
		return p
	}
	form := p.of
	switch rank, ok := systems[string(p.of)]; {
	case own:
		p.rank, form = 18, term.Listed
	case ok:
		p.rank = rank
	default:
		p.rank = 16
	}
	if chosen && !own {
		p.rank--
	}
	if p.collected = !own; term.Code(code).In(form) {
		p.system, p.code = p.of, code
	} else {
		p.rank += 20
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
		case top && m.key == "contained":
			o.within(m.value)
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
	uri := o.text(c, "system")
	keptBack := oneOf(p.raw, "R", "V", "REDACTED") && (strings.HasSuffix(uri, "Confidentiality") || uri == "urn:oid:2.16.840.1.113883.5.25")
	o.restrict = o.restrict || keptBack
	defer func() {
		if keptBack {
			o.codings = append(o.codings, record.Coding{System: term.Label, Code: "R"})
		}
	}()
	if !p.collected {
		return
	}
	if p.system == term.TreatmentFunction && o.special == "" {
		o.special = term.Code(p.code)
	}
	o.codings = append(o.codings, record.Coding{System: p.of, Code: term.Code(strings.TrimSpace(p.raw))})
}

// within does for contained resources what collect does, and reads their labels.
func (o *oracle) within(list node) {
	for _, c := range list.elems {
		for _, m := range c.members {
			if m.key != "meta" {
				o.collect(node{kind: '{', members: []member{m}}, false)
				continue
			}
			for _, x := range m.value.members {
				if x.key != "security" {
					o.collect(node{kind: '{', members: []member{x}}, false)
					continue
				}
				for _, label := range (node{members: []member{x}}).each("security") {
					o.label(label)
				}
			}
		}
	}
}

func (o *oracle) meta(n node) {
	if !o.check(n, '{') {
		return
	}
	for _, m := range n.members {
		switch m.key {
		case "security":
			o.labels(m.value)
		case "extension":
			o.collect(m.value, false)
		case "tag":
			for _, c := range append(m.value.elems, m.value) {
				o.gather(c)
			}
		}
	}
	for _, v := range n.all("source") {
		if o.check(v, '"') {
			if code, ok := strings.CutPrefix(v.text, "https://fhir.nhs.uk/Id/ods-organization-code|"); ok {
				if o.holder = ods(code); o.holder == "" {
					o.holder = ods(strings.ToUpper(strings.TrimSpace(code)))
				}
				o.strange = o.holder == ""
			}
		}
	}
}

// oneOf reports whether a label is one of some, however it is spelled.
func oneOf(label string, words ...string) bool {
	return slices.Contains(words, strings.ToUpper(strings.TrimSpace(label)))
}

func (o *oracle) labels(list node) {
	if !o.check(list, '[') {
		return
	}
	for _, label := range list.elems {
		o.label(label)
	}
}

func (o *oracle) label(label node) {
	o.gather(label)
	p := o.one(label)
	if oneOf(p.raw, "R", "V", "REDACTED") {
		o.restrict = true
		if n := len(o.codings); n > 0 && o.codings[n-1] == (record.Coding{System: term.Label, Code: "R"}) {
			o.codings = o.codings[:n-1]
		}
	} else if code, ok := term.CodeOf([]byte(strings.TrimSpace(p.raw))); ok {
		o.codings = append(o.codings, record.Coding{System: term.Label, Code: code})
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

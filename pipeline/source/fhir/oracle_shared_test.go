package fhir

import (
	"regexp"
	"strings"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// shared is what the oracle finds in every resource.
type shared struct {
	head    record.Head
	ext     map[string][]node
	inside  []node
	deaths  []node // in the order of their ends
	dead    string
	deleted bool
}

func (o *oracle) common(n node, typ string, kind record.Kind) *shared {
	s := &shared{ext: map[string][]node{}}
	h := &s.head
	h.ID = record.Ref{Kind: kind, ID: o.text(n, "id")}
	o.collect(n, true)
	h.Restricted = o.restrict
	for _, m := range n.all("meta") {
		for _, v := range m.all("lastUpdated") {
			if h.Version = 0; o.check(v, '"') {
				h.Version = o.instant(v.text, false)
			}
		}
	}
	var who whom
	for _, m := range n.members {
		switch m.key {
		case "subject", "patient":
			o.about(o.ref(m.value), record.Patient, &who)
		case "encounter", "context":
			o.inEncounter(o.ref(m.value), h)
		case "contained":
			o.contained(m.value, s, kind)
		case "extension", "modifierExtension":
			o.extensions(m.value, s)
		case "participant":
			if typ == "Appointment" {
				for _, e := range (node{members: []member{m}}).each("participant") {
					if o.check(e, '{') {
						for _, a := range e.all("actor") {
							o.about(o.ref(a), record.None, &who)
						}
					}
				}
			}
		case "hospitalization":
			if typ == "Encounter" && m.value.kind == '{' {
				for _, e := range m.value.all("extension") {
					o.extensions(e, s)
				}
			}
		case "identifier":
			for _, id := range (node{members: []member{m}}).each("identifier") {
				if typ != "Patient" {
					var p pointer
					o.ident(id, &p)
					o.link(p.another(), record.Part)
				}
			}
			if typ == "Patient" {
				for _, id := range (node{members: []member{m}}).each("identifier") {
					for _, e := range id.all("extension") {
						o.extensions(e, s)
					}
				}
			}
		}
		o.tiesOf(m, m.key, kind)
	}
	for _, c := range s.inside {
		if who.within != "" && o.text(c, "id") == who.within {
			who.numbers = append(who.numbers, o.insideNumbers(c)...)
		}
	}
	h.Subject, h.Number = who.settle(&o.bad)
	return s
}

// inEncounter takes the last encounter for the record's: it is a part of each. Of
// an episode it is a member.
func (o *oracle) inEncounter(p pointer, h *record.Head) {
	o.link(p.another(), record.Part)
	switch r := p.any(record.Encounter); {
	case r.Kind == record.Wrapper:
		o.link(r, record.Member)
	case r.Kind == record.Encounter && r != h.Encounter:
		o.link(h.Encounter, record.Part)
		h.Encounter = r
	}
}

// whom is everybody that a resource says it is about.
type whom struct {
	within  string
	refs    []record.Ref
	numbers []numbered
	torn    bool
}

type numbered struct {
	number identity.Number
	past   bool
}

func (o *oracle) about(p pointer, kind record.Kind, w *whom) {
	if strings.HasPrefix(p.id, "#") && (kind == record.Patient || p.typ == "Patient") {
		w.within = p.id[1:]
	}
	if r := p.record(kind); r.Kind == record.Patient {
		w.refs = append(w.refs, r)
	}
	if n, err := identity.Parse([]byte(p.value)); p.system == NHSNumber && err == nil {
		w.numbers = append(w.numbers, numbered{n, p.old || past(p.to)})
		w.torn = w.torn || p.torn
	}
}

// settle returns the one reference and the one number, and sets bad where there
// are more. A former number names nobody without a reference.
func (w *whom) settle(bad *bool) (ref record.Ref, number identity.Number) {
	for _, r := range w.refs {
		*bad = *bad || r != w.refs[0]
		ref = r
	}
	isPast := false
	for _, n := range w.numbers {
		*bad = *bad || n.number != w.numbers[0].number
		number, isPast = n.number, n.past
	}
	*bad = *bad || w.torn
	if ref.Kind == record.None && isPast {
		number = identity.Number{}
	}
	return ref, number
}

func (o *oracle) contained(list node, s *shared, own record.Kind) {
	if !o.check(list, '[') {
		return
	}
	for _, c := range list.elems {
		if !o.check(c, '{') {
			continue
		}
		o.text(c, "id")
		for _, v := range c.all("code") {
			if v.kind == '{' {
				o.codingsOf([]node{v})
			}
		}
		o.insideNumbers(c)
		s.inside = append(s.inside, c)
		for _, m := range c.members {
			switch m.key {
			case "encounter", "context":
				p := o.ref(m.value)
				o.link(p.any(record.Encounter), record.Part)
				o.link(p.another(), record.Part)
			case "id", "code", "identifier":
			default:
				o.tiesOf(m, m.key, own)
			}
		}
	}
}

func (o *oracle) insideNumbers(c node) (found []numbered) {
	for _, id := range c.each("identifier") {
		var p pointer
		o.ident(id, &p)
		if n, err := identity.Parse([]byte(p.value)); p.system == NHSNumber && err == nil && !p.old && !past(p.to) {
			found = append(found, numbered{n, false})
		}
	}
	return found
}

var decoration = regexp.MustCompile(`^(Extension-)?(UKCore-)?(CareConnect-)?(GPC-)?`)

func (o *oracle) extensions(list node, s *shared) {
	if !o.check(list, '[') {
		return
	}
	for _, e := range list.elems {
		if !o.check(e, '{') {
			continue
		}
		for _, nested := range e.all("extension") {
			o.extensions(nested, s)
		}
		o.concept(e, "valueCodeableConcept")
		for _, v := range e.all("valueReference") {
			o.ref(v)
		}
		o.text(e, "valueDateTime")
		o.span(e, "valuePeriod")
		url := o.text(e, "url")
		name := url[strings.LastIndexByte(url, '/')+1:]
		for _, prefix := range []string{"Extension-", "UKCore-", "CareConnect-", "GPC-"} {
			if name != prefix {
				name = strings.TrimPrefix(name, prefix)
			}
		}
		if m := regexp.MustCompile(`(?s)^(.+)-\d$`).FindStringSubmatch(name); m != nil {
			name = m[1]
		}
		s.ext[name] = append(s.ext[name], e)
		switch name {
		case "DeathNotificationStatus", "deathNotificationStatus":
			s.deaths = append(s.deaths, e)
		case "DateRecorded":
			if t := o.text(e, "valueDateTime"); t != "" {
				o.instant(t, true)
			}
		case "ActualProblem", "actualProblem":
			o.link(o.extRef(e).any(record.Observation), record.Part)
			o.link(o.extRef(e).another(), record.Part)
		case "RelatedClinicalContent", "relatedClinicalContent":
			o.link(o.extRef(e).any(record.None), record.Mention)
			o.link(o.extRef(e).another(), record.Mention)
		case "encounter-associatedEncounter":
			o.inEncounter(o.extRef(e), &s.head)
		}
	}
}

func (o *oracle) extRef(e node) (p pointer) {
	for _, v := range e.all("valueReference") {
		p = o.ref(v)
	}
	return p
}

// said returns the code of the last extension of a name.
func (o *oracle) said(s *shared, name string) (c picked) {
	for _, e := range s.ext[name] {
		c = o.concept(e, "valueCodeableConcept")
	}
	return c
}

// status is the last status; a record that any status calls an error is
// deleted.
func (o *oracle) status(n node, s *shared, list func([]byte) term.Word) (w term.Word) {
	for _, v := range n.all("status") {
		w = ""
		o.doubtful = o.doubtful || v.kind != '"' || v.text == "" ||
			!strings.Contains(" final amended corrected active completed finished fulfilled arrived in-progress ", " "+v.text+" ")
		if o.check(v, '"') {
			w = list([]byte(v.text))
			s.deleted = s.deleted || v.text == "entered-in-error"
		}
	}
	return w
}

func (o *oracle) sticky(n node, s *shared, list func([]byte) term.Word, not term.Word, flag bool) term.Word {
	w := o.status(n, s, list)
	for _, v := range n.all("status") {
		flag = flag || v.kind == '"' && v.text == string(not)
	}
	if flag {
		return not
	}
	return w
}

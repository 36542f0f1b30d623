package fhir

import (
	"math"
	"regexp"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

type pointer struct {
	typ, id, system, value string
	raw                    string // of a literal reference
	from, to               term.Time
	old, torn              bool
}

var (
	literal = regexp.MustCompile(`(?s)^(?:.*/)?([^/]*)/([^/]*)$`)
	version = regexp.MustCompile(`(?s)/_history/[^/]*$`)
	query   = regexp.MustCompile(`(?s)^(?:[^?]*/)?([^/?]*)\?identifier=([^|]*)\|(.*)$`)
)

func (p *pointer) read(s string) {
	p.raw = s
	switch {
	case s == "":
	case s[0] == '#':
		p.id = s
	case strings.HasPrefix(s, "urn:uuid:"):
		p.id = s[9:]
	case strings.HasPrefix(s, "urn:oid:"):
		p.id = s[8:]
	case strings.Contains(s, "?"):
		if m := query.FindStringSubmatch(s); m != nil {
			p.torn = p.value != "" && p.system+"|"+p.value != m[2]+"|"+m[3]
			p.typ, p.system, p.value = m[1], m[2], m[3]
		}
	default:
		if cut := version.ReplaceAllString(s, ""); cut != s {
			if !strings.Contains(cut, "/") {
				return
			}
			s = cut
		}
		if m := literal.FindStringSubmatch(s); m != nil && m[2] != "" {
			p.typ, p.id = m[1], m[2]
		}
	}
}

// loose is how a reference between records is read that says nothing as it stands.
func loose(s, typ string) (p pointer) {
	s = strings.Trim(s, "/ \t\r\n")
	if m := regexp.MustCompile(`(?s)^(?:.*?/)?([^/]*?)\?_id=(.*)$`).FindStringSubmatch(s); m != nil {
		p.typ, p.id = m[1], m[2]
	} else if !strings.ContainsAny(s, "?/") {
		p.id = s
	} else if !strings.Contains(s, "?") {
		p.read("/" + s)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`).MatchString(p.id) {
		return pointer{}
	}
	for name := range typeWords {
		if strings.EqualFold(name, p.typ) {
			p.typ = name
		}
	}
	if p.typ == "" {
		p.typ = typ
	}
	return p
}

// another is what stands between a record and those that refer to it by an
// identifier that is not a person's or an organisation's.
func (p pointer) another() record.Ref {
	if len(p.value) < 4 || strings.HasPrefix(p.system, "https://fhir.nhs.uk/Id/ods-") && ods(p.value) != "" || strings.HasPrefix(p.system, "https://fhir.nhs.uk/Id/ods-organization-code") ||
		p.system == "https://fhir.nhs.uk/Id/ods-site-code" || p.system == NHSNumber {
		return record.Ref{}
	}
	return record.Ref{Kind: record.Wrapper, ID: "?" + p.system + "|" + p.value}
}

func (o *oracle) ref(n node) (p pointer) {
	if !o.check(n, '{') {
		return p
	}
	for _, v := range n.all("identifier") {
		o.ident(v, &p)
	}
	p.read(o.text(n, "reference"))
	if typ := o.text(n, "type"); p.typ == "" {
		p.typ = typ
	}
	return p
}

func (o *oracle) ident(n node, p *pointer) {
	if !o.check(n, '{') {
		return
	}
	if len(n.all("system")) > 0 {
		p.system = o.text(n, "system")
	}
	if len(n.all("value")) > 0 {
		p.value = o.text(n, "value")
	}
	if len(n.all("use")) > 0 {
		p.old = o.text(n, "use") == "old"
	}
	if len(n.all("period")) > 0 {
		p.from, p.to = o.span(n, "period")
	}
}

var recordKinds = map[string]record.Kind{
	"Patient": record.Patient, "Encounter": record.Encounter, "Condition": record.Condition, "Observation": record.Observation,
	"MedicationRequest": record.MedicationOrder, "MedicationStatement": record.MedicationStatement, "MedicationDispense": record.MedicationDispense,
	"AllergyIntolerance": record.Allergy, "Immunization": record.Immunization, "Procedure": record.Procedure,
	"ServiceRequest": record.ServiceRequest, "ReferralRequest": record.ReferralRequest, "ProcedureRequest": record.ProcedureRequest,
	"Appointment": record.Appointment, "CarePlan": record.CarePlan,
}

func (p pointer) record(kind record.Kind) record.Ref {
	if p.typ != "" {
		kind = recordKinds[p.typ]
	}
	if p.id == "" || p.id[0] == '#' || kind == record.None {
		return record.Ref{}
	}
	return record.Ref{Kind: kind, ID: p.id}
}

func ods(s string) term.ODS {
	if !term.ODS(s).Valid() {
		return ""
	}
	return term.ODS(s)
}

func (o *oracle) ods(p pointer) term.ODS {
	if p.system == "https://fhir.nhs.uk/Id/ods-organization-code" || p.system == "https://fhir.nhs.uk/Id/ods-site-code" {
		return ods(p.value)
	}
	if org, ok := o.lookup["Organization/"+p.id]; ok && (p.typ == "" || p.typ == "Organization") {
		for _, id := range org.each("identifier") {
			var q pointer
			if o.ident(id, &q); o.ods(pointer{system: q.system, value: q.value}) != "" {
				return o.ods(pointer{system: q.system, value: q.value})
			}
		}
	}
	return ""
}

// provider returns the first organisation among references.
func (o *oracle) provider(n node, names string) (found term.ODS) {
	for _, v := range n.each(names) {
		if p := o.ods(o.ref(v)); found == "" {
			found = p
		}
	}
	return found
}

// actor returns the first organisation among references, or among the
// references within backbone elements.
func (o *oracle) actor(n node, names string) (found term.ODS) {
	for _, v := range n.each(names) {
		if !o.check(v, '{') {
			continue
		}
		for _, m := range v.members {
			var p pointer
			switch m.key {
			case "reference":
				if o.check(m.value, '"') {
					p.read(m.value.text)
				}
			case "identifier":
				o.ident(m.value, &p)
			case "actor", "onBehalfOf", "agent":
				p = o.ref(m.value)
			}
			if x := o.ods(p); found == "" {
				found = x
			}
		}
	}
	return found
}

func (o *oracle) quantity(n node, names string) (value float64, unit term.Unit, cmp term.Word) {
	value = math.NaN()
	for _, q := range n.all(names) {
		value, unit, cmp = math.NaN(), "", ""
		if !o.check(q, '{') {
			continue
		}
		value = o.num(q, "value")
		cmp = comparator([]byte(o.text(q, "comparator")))
		system, code, as := o.text(q, "system"), o.text(q, "code"), o.text(q, "unit")
		if system != "http://unitsofmeasure.org" {
			code, as = as, code
		}
		known := false
		for _, s := range []string{code, as} {
			if u, ok := term.UnitOf([]byte(s)); u != "" && !known {
				unit, known = u, ok
			}
		}
	}
	return value, unit, cmp
}

package sensitive

import (
	"fmt"
	"slices"
	"strings"

	"secondaryuse/deid/term"
)

// Finding is what the policy makes of a code of one terminology.
type Finding struct {
	System   term.System
	Purposes []string // of the policy, in its order
	Actions  []string // for each of them: keep, delink, drop or drop_person
	Grounds  []Ground // every rule that names the code; none where no rule does
}

// Ground is that a rule names a code, and why that is sensitive.
type Ground struct {
	Rule    string   // where it stands: in the policy, or in which list
	How     string   // how it names the code
	Actions []string // for each purpose, by this rule alone

	Category, Reason, Statute, Source string
}

// Explain says what becomes of a record that carries a code, for each purpose
// of the policy, and why: for the given terminology, or for each of which the
// code has the form. There is none where the code has the form of none.
func (g *Gate) Explain(system term.System, code term.Code) (out []Finding) {
	for _, s := range systems {
		if system != "" && system != s.name || system == "" && s.name == term.DMD || !shaped(s.name, string(code), false) {
			continue // a code of dm+d is looked for as one of SNOMED CT
		}
		f := g.explain(s.name, string(code))
		loose := s.name == term.Label || s.name == aeDiagnosis || s.name == aeTreatment || s.name == aeInvestigation
		if system != "" || !loose || len(f.Grounds) > 0 { // nearly any text has the form of these
			out = append(out, f)
		}
	}
	return out
}

// Systems lists the terminologies that are judged.
func Systems() (out []string) {
	for _, s := range systems {
		out = append(out, string(s.name))
	}
	return out
}

// restricting are the labels that take out what carries them, whatever the policy
// says: Record is told of them as Head.Restricted.
var restricting = []string{"R", "V", "REDACTED"}

var restricted = Ground{Rule: "whatever the policy says", How: "it restricts what it is on",
	Category: "confidential", Reason: "restricted, or very restricted; on a Patient, the whole person is left out",
	Statute: "none (the duty of confidence)", Source: "PDS, HL7 v3-Confidentiality"}

func (g *Gate) explain(system term.System, code string) Finding {
	f := Finding{System: system, Purposes: g.purposes}
	worst := make([]action, len(g.purposes))
	if system == term.Label && slices.Contains(restricting, strings.ToUpper(code)) {
		ground := restricted
		for i := range worst {
			worst[i] = drop
			ground.Actions = append(ground.Actions, drop.String())
		}
		f.Grounds = append(f.Grounds, ground)
	}
	for e := range g.tables.of(system).find(code) {
		r := g.rules[e.rule]
		ground := Ground{g.where[e.rule], g.how(system, code, r, e), nil, r.Why.Category, r.Why.Reason, r.Why.Statute, r.Why.Source}
		for i, p := range g.purposes {
			does := r.Action.under(p)
			worst[i] = max(worst[i], does)
			ground.Actions = append(ground.Actions, does.String())
		}
		f.Grounds = append(f.Grounds, ground)
	}
	for _, a := range worst {
		f.Actions = append(f.Actions, a.String())
	}
	return f
}

// how says how a rule names a code.
func (g *Gate) how(system term.System, code string, r rule, e entry) string {
	switch {
	case e.via != "" && r.Match == descendants:
		return "it is below " + e.via
	case e.via != "":
		return "it is a member of reference set " + e.via
	case r.Match == prefix:
		f, by := g.tables.of(system).form, ""
		norm := string(f.normal(make([]byte, 0, longest), code))
		for _, c := range r.Codes {
			if strings.HasPrefix(norm, string(f.normal(make([]byte, 0, longest), string(c)))) {
				by = string(c)
			}
		}
		return fmt.Sprintf("it begins with %s", by)
	}
	return "it is listed"
}

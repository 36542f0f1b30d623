package project

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/people"
)

// Facts is what a project says, in the words and the order in which somebody who
// approves it asks: pairs of what and how.
func (p Project) Facts() [][2]string {
	var out [][2]string
	add := func(what, how string) {
		if how != "" {
			out = append(out, [2]string{what, how})
		}
	}
	add("project", p.Name+", "+p.Reference)
	add("title", p.Title)
	add("applicant", p.Applicant)
	for _, o := range p.Controllers {
		add("controller", fmt.Sprintf("%s (%s; %s; %s)", o.Name, o.Type, o.Registration, o.Security))
	}
	for _, o := range p.Processors {
		add("processor", fmt.Sprintf("%s (%s; %s)", o.Name, o.Registration, o.Security))
	}
	for _, r := range p.Recipients {
		add("recipient", fmt.Sprintf("%s, %s: %s", r.Name, r.Organisation, strings.Join(r.Keys, ", ")))
	}
	add("purpose", fmt.Sprintf("%s, from marts for %s; commercial: %s", p.Purpose.Kind, p.Purpose.Marts, p.Purpose.Commercial))
	add("objective", p.Purpose.Objective)
	add("processing", p.Purpose.Processing)
	add("benefits", p.Purpose.Benefits)
	add("legal basis", fmt.Sprintf("%s; UK GDPR %s and %s; confidentiality: %s", p.LegalBasis.Gateway, p.LegalBasis.Article6, p.LegalBasis.Article9, p.LegalBasis.Confidentiality))
	for _, a := range p.Approvals {
		add("approval", fmt.Sprintf("%s: %s, from %s to before %s", a.Kind, a.Reference, a.From, a.Until))
	}
	for _, o := range []struct {
		name string
		optOut
	}{{"national data opt-out", p.OptOuts.National}, {"local objection", p.OptOuts.Local}, {"Type 1 opt-out", p.OptOuts.Type1}} {
		add(o.name, o.Rule+": "+o.Why)
	}
	add("cohort", strings.Join(strings.Fields(p.Cohort), " "))
	add("rows of", fmt.Sprintf("%s to before %s; each person's days moved by up to %d", p.Period.From, p.Period.Until, p.Period.Shift))
	p.figures(add)
	p.linked(add)
	add("issued", p.Issued.String())
	add("may be used", fmt.Sprintf("from %s to before %s", p.Start, p.End))
	add("destroyed", fmt.Sprintf("by %s: %s", p.Retention.Until, p.Retention.Destruction))
	add("territory", p.Territory)
	add("onward sharing", p.Onward)
	add("outputs", strings.Join(p.Outputs, "; "))
	add("notice", p.Notice)
	add("conditions", strings.Join(p.Conditions, "; "))
	add("formats", strings.Join(p.Formats, ", "))
	add("digest", p.Digest())
	return out
}

func (p Project) figures(add func(what, how string)) {
	a := p.Anonymity
	add("anonymity", fmt.Sprintf("k %d; values emptied of at most %g of persons; of many rows about a person an attacker knows: %s", a.K, a.Suppression, cmp.Or(a.Knows, "none of them")))
	for _, q := range a.Quasi {
		add("quasi-identifier", q.Column+": "+strings.Join(q.Levels, ", then "))
	}
	for _, s := range a.Sensitive {
		kind := "values"
		if s.Entropy {
			kind = "(entropy)"
		}
		add("sensitive", fmt.Sprintf("%s: l %d %s", s.Column, s.L, kind))
	}
	for _, t := range a.Tails {
		add("tails cut", strings.TrimSuffix(t.Column+" by "+strings.Join(t.By, ", "), " by "))
	}
}

// State says in one line how a project stands now.
func State(folder string, p Project, all people.People, now time.Time) string {
	have, err := Approved(folder, p, all, now)
	if err != nil {
		return err.Error()
	}
	var who []string
	for _, s := range have {
		line := s.Statement.By + " on " + s.Statement.At.Format(time.DateOnly)
		if s.Statement.Despite != "" {
			line += " (despite what check found: " + s.Statement.Despite + ")"
		}
		who = append(who, line)
	}
	return "approved by " + strings.Join(who, " and by ")
}

package project

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// facts collects pairs of what and how.
type facts [][2]string

func (f *facts) add(what, how string) {
	if how != "" {
		*f = append(*f, [2]string{what, how})
	}
}

// Facts is what a project says, in the words and the order in which somebody who
// approves it asks: pairs of what and how. A text of several lines is one of SQL, each
// line marked, so that none can be taken for another fact.
func (p Project) Facts() [][2]string {
	var f facts
	f.add("project", p.Name+", "+p.Reference)
	f.add("title", p.Title)
	f.add("applicant", p.Applicant)
	p.parties(&f)
	p.basis(&f)
	f.add("cohort", "  | "+strings.ReplaceAll(p.Cohort, "\n", "\n  | "))
	f.add("rows of", fmt.Sprintf("%s to before %s; each person's days moved by up to %d", p.Period.From, p.Period.Until, p.Period.Shift))
	p.figures(&f)
	p.linked(&f)
	for _, file := range slices.Sorted(maps.Keys(p.lookups)) {
		to := make(map[string]bool)
		for _, value := range p.lookups[file] {
			to[value] = true
		}
		f.add("look-up", fmt.Sprintf("%s: of %d values it makes %d", file, len(p.lookups[file]), len(to)))
	}
	f.add("numbers of persons", "by the key "+p.Domain())
	f.add("issued", p.Issued.String())
	f.add("may be used", fmt.Sprintf("from %s to before %s", p.Start, p.End))
	f.add("destroyed", fmt.Sprintf("by %s: %s", p.Retention.Until, p.Retention.Destruction))
	f.add("territory", p.Territory)
	f.add("onward sharing", p.Onward)
	f.add("outputs", strings.Join(p.Outputs, "; "))
	f.add("notice", p.Notice)
	f.add("conditions", strings.Join(p.Conditions, "; "))
	f.add("formats", strings.Join(p.Formats, ", "))
	f.add("digest", p.Digest())
	return f
}

// parties is who decides, who works with the data and who gets them.
func (p Project) parties(f *facts) {
	for _, o := range p.Controllers {
		f.add("controller", fmt.Sprintf("%s (%s; %s; %s)", o.Name, o.Type, o.Registration, o.Security))
	}
	for _, o := range p.Processors {
		f.add("processor", fmt.Sprintf("%s (%s; %s)", o.Name, o.Registration, o.Security))
	}
	for _, r := range p.Recipients {
		f.add("recipient", fmt.Sprintf("%s, %s: %s", r.Name, r.Organisation, strings.Join(r.Keys, ", ")))
	}
}

// basis is what for, and why it is lawful.
func (p Project) basis(f *facts) {
	f.add("purpose", fmt.Sprintf("%s, from marts for %s; commercial: %s", p.Purpose.Kind, p.Purpose.Marts, p.Purpose.Commercial))
	f.add("objective", p.Purpose.Objective)
	f.add("processing", p.Purpose.Processing)
	f.add("benefits", p.Purpose.Benefits)
	f.add("legal basis", fmt.Sprintf("%s; UK GDPR %s and %s; confidentiality: %s", p.LegalBasis.Gateway, p.LegalBasis.Article6, p.LegalBasis.Article9, p.LegalBasis.Confidentiality))
	for _, a := range p.Approvals {
		f.add("approval", fmt.Sprintf("%s: %s, from %s to before %s", a.Kind, a.Reference, a.From, a.Until))
	}
	for _, o := range []struct {
		name string
		optOut
	}{{"national data opt-out", p.OptOuts.National}, {"local objection", p.OptOuts.Local}, {"Type 1 opt-out", p.OptOuts.Type1}} {
		f.add(o.name, o.Rule+": "+o.Why)
	}
}

// figures is how anonymous it leaves.
func (p Project) figures(f *facts) {
	a := p.Anonymity
	f.add("anonymity", fmt.Sprintf("k %d; values emptied of at most %g of persons; of many rows about a person an attacker knows: %s", a.K, a.Suppression, cmp.Or(a.Knows, "none of them")))
	for _, q := range a.Quasi {
		f.add("quasi-identifier", q.Column+": "+strings.Join(q.Levels, ", then "))
	}
	for _, s := range a.Sensitive {
		kind := "values"
		if s.Entropy {
			kind = "(entropy)"
		}
		f.add("sensitive", fmt.Sprintf("%s: l %d %s", s.Column, s.L, kind))
	}
	for _, t := range a.Tails {
		f.add("tails cut", strings.TrimSuffix(t.Column+" by "+strings.Join(t.By, ", "), " by "))
	}
}

// Rows says by which column a table is cut to the period.
func (t Table) Rows() string {
	if t.Date == "" {
		return "every row"
	}
	return "days by " + t.Date
}

// Level says how coarse a column leaves, and from which day.
func (c Column) Level() string {
	how := cmp.Or(c.Coarsen, "as-is")
	if !c.From.IsZero() {
		how += ", days from " + c.From.String()
	}
	return how
}

// State says in one line how a project stands now.
func (b Board) State(p Project, now time.Time) string {
	have, err := b.Approved(p, now)
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

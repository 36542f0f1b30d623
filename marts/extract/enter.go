package extract

import (
	"fmt"
	"strings"

	"secondaryuse/marts/register"
)

// digests writes who is in the extract to the register.
func (b *basis) digests(t *tables) (register.Persons, error) {
	held, err := b.register.Persons(func(yield func([16]byte, error) bool) {
		for _, base := range t.leaving {
			if !yield(register.Digest(b.persona, b.snapshot.Domain, base), nil) {
				return
			}
		}
	})
	if err == nil && held.Count != int64(len(t.leaving)) {
		err = fmt.Errorf("the register has %d persons, and the extract %d", held.Count, len(t.leaving))
	}
	return held, err
}

// enter returns what is to be entered in the register.
func (b *basis) enter(t *tables, m Issued, held register.Persons) register.Issue {
	p := b.project
	out := register.Issue{
		Kind: "extract", Name: m.Name, Project: b.Project, Reference: p.Reference, Title: p.Title, Applicant: p.Applicant, Purpose: b.snapshot.Purpose, Objective: p.Purpose.Objective, Notice: p.Notice,
		Snapshot: b.snapshot.ID, Domain: b.snapshot.Domain, RegisterKey: b.persona.Fingerprint(), KeyID: b.entry.ID, KeyFingerprint: b.entry.Fingerprint, By: b.By, At: b.Now,
		Ends: day(p.End.AddDate(0, 0, -1)), Retain: day(p.Retention.Until.AddDate(0, 0, -1)), Persons: held,
		Counts: map[string]int64{"persons": held.Count, "not eligible": t.who.ineligible, "not anonymous": int64(len(t.who.all)) - held.Count},
	}
	out.Levels = make(map[string]int)
	for _, l := range t.plan.Report.Levels {
		out.Levels[l.Column] = l.Step
	}
	for _, a := range b.approvals {
		out.Approvals = append(out.Approvals, register.Approval{By: a.Statement.By, At: a.Statement.At, Subject: a.Statement.Digest, Statement: a.Text(), Signature: a.Signature})
	}
	var controllers []string
	for _, c := range p.Controllers {
		controllers = append(controllers, c.Name)
	}
	out.Controller = strings.Join(controllers, "; ")
	for _, r := range p.Recipients {
		out.Recipients = append(out.Recipients, r.Name+" ("+r.Organisation+")")
	}
	for _, s := range m.Sealed {
		out.Files = append(out.Files, register.File{Name: s.File, Bytes: s.Bytes, SHA256: s.SHA256})
	}
	for i, w := range m.Tables {
		c := t.all[i].count
		out.Counts["rows of "+w.Mart] = w.Rows
		out.Counts["rows of "+w.Mart+" outside of the period"] = c.Outside
		out.Counts["rows of "+w.Mart+" too near to its ends"] = c.Edge
	}
	return out
}

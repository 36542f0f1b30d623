package extract

import (
	"context"
	"fmt"
	"iter"

	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/register"
)

// enter writes who is in the extract to the register, and returns what is to be
// entered there.
func (b *basis) enter(ctx context.Context, engine *cut.Cut, t *tables, m Issued) (register.Issue, error) {
	held, err := b.register.Persons(b.digests(ctx, engine, t))
	if err != nil {
		return register.Issue{}, err
	}
	if held.Count != t.leaving {
		return register.Issue{}, fmt.Errorf("the register has %d persons, and the extract %d", held.Count, t.leaving)
	}
	p := b.project
	out := register.Issue{
		Kind: "extract", Name: m.Name, Project: b.Project, Reference: p.Reference, Title: p.Title, Applicant: p.Applicant, Purpose: b.snapshot.Purpose, Controller: p.Controllers[0].Name,
		Snapshot: b.snapshot.ID, Domain: b.snapshot.Domain, RegisterKey: b.persona.Fingerprint(), KeyID: b.entry.ID, KeyFingerprint: b.entry.Fingerprint, By: b.By, At: b.Now,
		Ends: day(p.End.AddDate(0, 0, -1)), Retain: day(p.Retention.Until.AddDate(0, 0, -1)), Persons: held,
		Counts: map[string]int64{"persons": t.leaving, "not eligible": t.who.ineligible, "not anonymous": int64(len(t.who.all)) - t.leaving},
	}
	out.Levels = make(map[string]int)
	for _, l := range t.plan.Report.Levels {
		out.Levels[l.Column] = l.Step
	}
	for _, a := range b.approvals {
		out.Approvals = append(out.Approvals, register.Approval{By: a.Statement.By, At: a.Statement.At, Subject: a.Statement.Digest, Statement: a.Text(), Signature: a.Signature})
	}
	for _, s := range m.Sealed {
		out.Recipients = append(out.Recipients, s.Recipient)
		out.Files = append(out.Files, register.File{Name: s.File, Bytes: s.Bytes, SHA256: s.SHA256})
	}
	for i, w := range m.Tables {
		c := t.all[i].count
		out.Counts["rows of "+w.Mart] = w.Rows
		out.Counts["rows of "+w.Mart+" outside of the period"] = c.Outside
		out.Counts["rows of "+w.Mart+" too near to its ends"] = c.Edge
	}
	return out, nil
}

// digests is what the register knows the persons of an extract by.
func (b *basis) digests(ctx context.Context, engine *cut.Cut, t *tables) iter.Seq2[[16]byte, error] {
	return func(yield func([16]byte, error) bool) {
		rows, err := engine.Conn().QueryContext(ctx, "SELECT base FROM main.person WHERE place IN ("+t.plan.Persons()+")")
		if err != nil {
			yield([16]byte{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var base int64
			err := rows.Scan(&base)
			if !yield(register.Digest(b.persona, b.snapshot.Domain, base), err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield([16]byte{}, err)
		}
	}
}

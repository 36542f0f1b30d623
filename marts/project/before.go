package project

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/register"
)

// Before is what was approved and issued of a project before: whoever approves what it
// says now has seen it, and signs it.
type Before struct {
	Digest    string   `json:"digest,omitempty"`    // of what two people had approved last
	By        []string `json:"by,omitempty"`        // who they are, and when they did
	Withdrawn string   `json:"withdrawn,omitempty"` // who has taken the approval back since, when and why
	Changes   []string `json:"changes,omitempty"`   // what is otherwise now
	Joins     []string `json:"joins,omitempty"`     // by extract that was issued: what whoever holds both could join
}

// Before returns what was approved and issued of a project before.
func (b Board) Before(p Project) (out Before, err error) {
	if b.Register == nil {
		return out, nil
	}
	a, err := b.Register.Agreed(p.Name)
	if err != nil {
		return out, err
	}
	last, taken := a.Before, a.Since
	if len(a.Standing) > 0 && a.Standing[0].Subject != p.Digest() && several(a.Standing) { // it was changed since
		last, taken = a.Standing, nil
	}
	if taken != nil {
		out.Withdrawn = fmt.Sprintf("%s, %s: %s", taken.By, taken.At.UTC().Format(time.DateOnly), taken.Why)
	}
	if len(last) > 0 {
		out.Digest = last[0].Subject
		for _, s := range last {
			if !b.People.Signs(s.By, s.Signature.Key) {
				return out, fmt.Errorf("project: step %d of the register approves it for %s by a key that is not theirs in people.yaml, so that nobody can say what was approved before; next: who has left stays there as former, and keys of before as former_keys; otherwise find out who has written it", s.Number, s.By)
			}
			out.By = append(out.By, s.By+", "+s.At.UTC().Format(time.DateOnly))
		}
		if out.Changes, err = p.since(a.Said, out.Digest); err != nil {
			return out, err
		}
	}
	out.Joins, err = b.joins(p, a.Said)
	return out, err
}

// several reports whether approvals are two people's.
func several(some []register.Step) bool {
	return slices.ContainsFunc(some, func(s register.Step) bool { return s.By != some[0].By })
}

// since is what is otherwise than in what was approved by that digest.
func (p Project) since(said map[string]string, digest string) ([]string, error) {
	if said[digest] == "" {
		return []string{"what it said before is not kept: it was approved by an earlier program; look at all of it as if it were new"}, nil
	}
	before, err := read(said[digest])
	return p.changes(before), err
}

// joins says of each extract that was issued, and that nobody has certified as destroyed,
// what could be joined to what is asked for now.
func (b Board) joins(p Project, said map[string]string) (out []string, err error) {
	all, err := b.Register.Standings()
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Kind != "extract" || s.Project != p.Name || s.Is("destroyed") || len(s.Approvals) == 0 {
			continue
		}
		line := fmt.Sprintf("%s, issued on %s to %s: ", s.Name, s.At.UTC().Format(time.DateOnly), strings.Join(s.Recipients, " and "))
		text := said[s.Approvals[0].Subject]
		if text == "" {
			out = append(out, line+"what it holds is not kept; take it that its rows can be joined by the numbers of persons")
			continue
		}
		had, err := read(text)
		if err != nil {
			return nil, err
		}
		out = append(out, line+p.join(had))
	}
	return out, nil
}

// join says how an extract of the project as it was can be joined to one as it is.
func (p Project) join(had Project) string {
	if had.Generation != p.Generation {
		return "persons have other numbers there; it can be joined only by what rows say"
	}
	now := p.columns()
	var more []string
	for name, level := range had.columns() {
		then, _ := had.column(name)
		c, _ := p.column(name)
		if is, there := now[name]; !there || is != level || !then.From.IsZero() && then.From.Before(p.first(c).Time) {
			more = append(more, name)
		}
	}
	if slices.Sort(more); had.Period.From.Before(p.Period.From.Time) || had.Period.Until.After(p.Period.Until.Time) {
		more = append(more, fmt.Sprintf("rows of %s to before %s", had.Period.From, had.Period.Until))
	}
	if had.Period.Shift < p.Period.Shift {
		more = append(more, fmt.Sprintf("days that were moved by up to %d", had.Period.Shift))
	}
	if len(more) == 0 {
		return "persons have the same numbers there: whoever holds both can join them; it has no other columns"
	}
	return "persons have the same numbers there: whoever holds both can join them, and knows of each person besides, or finer: " + strings.Join(more, ", ")
}

// columns is what is asked for, by mart.column, at the finest level.
func (p Project) columns() map[string]string {
	out := make(map[string]string)
	for _, t := range p.Tables {
		for _, c := range t.Columns {
			out[t.Mart+"."+c.Name] = p.finest(t.Mart, c)
		}
	}
	return out
}

// Lines is what was approved and issued before, to be read before signing; nothing where
// nothing was.
func (b Before) Lines() (out []string) {
	if b.Digest != "" {
		out = append(out, fmt.Sprintf("it was approved before, as %s, by %s", b.Digest, strings.Join(b.By, " and ")))
	}
	if b.Withdrawn != "" {
		out = append(out, "its approval was withdrawn by "+b.Withdrawn)
	}
	for _, c := range b.Changes {
		out = append(out, "since then: "+c)
	}
	if b.Digest != "" && len(b.Changes) == 0 {
		out = append(out, "since then: nothing; it says the same")
	}
	for _, j := range b.Joins {
		out = append(out, "issued before: "+j)
	}
	return out
}

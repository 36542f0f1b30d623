package project

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// changes says in plain words what a project says otherwise than it did before: each
// difference once, and those by which it is wider, or may be, first. Where the texts
// differ, and none is found, it says that.
func (p Project) changes(before Project) []string {
	var wider, other []string
	was, is := before.all(), p.all()
	say := func(what, line string) {
		if p.wider(before, what) {
			wider = append(wider, "WIDER: "+line)
		} else {
			other = append(other, line)
		}
	}
	for _, f := range is {
		switch then, alone := only(was, is, f[0]); {
		case slices.Contains(was, f):
		case alone:
			say(f[0]+" is", otherwise(f[0], then, f[1]))
		default:
			say(f[0]+" new", fmt.Sprintf("%s, new: %s", f[0], f[1]))
		}
	}
	for _, f := range was {
		if _, alone := only(was, is, f[0]); !alone && !slices.Contains(is, f) {
			say(f[0]+" gone", fmt.Sprintf("%s, no more: %s", f[0], f[1]))
		}
	}
	if was, is := before.inOrder(p), p.inOrder(before); !slices.Equal(was, is) {
		wider = append(wider, "WIDER: "+otherwise("quasi-identifiers in order, the first coarsened first", strings.Join(was, ", "), strings.Join(is, ", ")))
	}
	out := append(wider, other...)
	if len(out) == 0 && before.Digest() != p.Digest() {
		out = append(out, "its lists are parted in another way, of the same words")
	}
	return out
}

// inOrder is the quasi-identifiers that another project has, too. By their order it is
// found which of two leaves the finer.
func (p Project) inOrder(o Project) (out []string) {
	for _, q := range p.Anonymity.Quasi {
		if slices.ContainsFunc(o.Anonymity.Quasi, func(r quasi) bool { return r.Column == q.Column }) {
			out = append(out, q.Column)
		}
	}
	return out
}

// otherwise tells a difference in a line, or of SQL in its lines.
func otherwise(what, was, is string) string {
	if strings.HasPrefix(is, "  | ") {
		return what + ": was\n" + was + "\nis\n" + is
	}
	return what + ": was " + was + "; is " + is
}

// all is the facts, those of the tables as well, but for the digest.
func (p Project) all() [][2]string {
	f := facts(slices.DeleteFunc(p.Facts(), func(f [2]string) bool { return f[0] == "digest" || f[0] == "look-up" }))
	for _, t := range p.Tables {
		f.add("table "+t.Mart, t.Rows()+": "+t.Why)
		for _, c := range t.Columns {
			f.add("column "+t.Mart+"."+c.Name, c.Level()+": "+c.Why)
		}
	}
	for file, sum := range p.hashes {
		f.add("look-up "+file, "SHA-256 "+sum)
	}
	slices.SortStableFunc(f[len(f)-len(p.hashes):], func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return f
}

// only returns the one fact of a kind, where there was one and is one.
func only(was, is [][2]string, what string) (then string, alone bool) {
	of := func(all [][2]string) (n int) {
		for _, f := range all {
			if f[0] == what {
				n++
			}
		}
		return n
	}
	i := slices.IndexFunc(was, func(f [2]string) bool { return f[0] == what })
	if i < 0 || of(was) != 1 || of(is) != 1 {
		return "", false
	}
	return was[i][1], true
}

// wider reports whether more may leave by a difference, or to more people, or for longer,
// or whether that cannot be told. What is named in none of the cases is not about that.
func (p Project) wider(before Project, what string) bool {
	kind, how, _ := strings.Cut(what, " ")
	a, was := p.Anonymity, before.Anonymity
	switch what {
	case "cohort is", "linked to is", "linked to new", "onward sharing is", "purpose is":
		return true
	case "rows of is":
		return p.Period.From.Before(before.Period.From.Time) || p.Period.Until.After(before.Period.Until.Time) || p.Period.Shift < before.Period.Shift
	case "anonymity is":
		return a.K < was.K || a.Suppression > was.Suppression || a.Knows != was.Knows && a.Knows != "all-rows"
	case "may be used is":
		return p.Start.Before(before.Start.Time) || p.End.After(before.End.Time)
	case "destroyed is":
		return p.Retention.Until.After(before.Retention.Until.Time)
	case "national data opt-out is":
		return p.OptOuts.National.Rule != before.OptOuts.National.Rule && p.OptOuts.National.Rule != "applies"
	case "territory is":
		return slices.Index(territories, p.Territory) > slices.Index(territories, before.Territory)
	case "formats is":
		return slices.ContainsFunc(p.Formats, func(f string) bool { return !slices.Contains(before.Formats, f) })
	case "quasi-identifier is", "quasi-identifier gone", "sensitive is", "sensitive gone", "tails cut is", "tails cut gone", "conditions is", "conditions gone":
		return true
	}
	switch kind {
	case "recipient", "controller", "processor":
		return how != "gone"
	case "approval": // of all of which each day of use must be one
		from, until := p.backed()
		first, last := before.backed()
		return from.Before(first.Time) || until.After(last.Time)
	case "look-up":
		return !strings.HasSuffix(how, " gone")
	case "table":
		mart := strings.Fields(how)[0]
		return strings.HasSuffix(how, " new") || strings.HasSuffix(how, " is") && p.table(mart).Date != before.table(mart).Date
	case "column":
		return !strings.HasSuffix(how, " gone") && p.finer(before, strings.Fields(how)[0])
	}
	return false
}

// backed is from when, and until when, all of the bodies' approvals hold.
func (p Project) backed() (from, until Date) {
	until = Date{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	for _, a := range p.Approvals {
		if a.From.After(from.Time) {
			from = a.From
		}
		if a.Until.Before(until.Time) {
			until = a.Until
		}
	}
	return from, until
}

// finer reports whether a column leaves finer than before, or may: it is new, its level is
// not known to be as coarse, or its days are from earlier.
func (p Project) finer(before Project, name string) bool {
	now, is := p.column(name)
	then, was := before.column(name)
	if !is || !was || p.first(now).Before(before.first(then).Time) {
		return true
	}
	at, had := slices.Index(coarser, now.Coarsen), slices.Index(coarser, then.Coarsen)
	return now.Coarsen != then.Coarsen && now.Coarsen != "all" && (at < 0 || had < 0 || at < had)
}

// first is the first day of a column of days.
func (p Project) first(c Column) Date {
	if c.From.IsZero() {
		return p.Period.From
	}
	return c.From
}

// table is what is asked for of a mart.
func (p Project) table(mart string) Table {
	if i := slices.IndexFunc(p.Tables, func(t Table) bool { return t.Mart == mart }); i >= 0 {
		return p.Tables[i]
	}
	return Table{}
}

// column is the column that mart.column names.
func (p Project) column(name string) (Column, bool) {
	mart, of, _ := strings.Cut(name, ".")
	all := p.table(mart).Columns
	if i := slices.IndexFunc(all, func(c Column) bool { return c.Name == of }); i >= 0 {
		return all[i], true
	}
	return Column{}, false
}

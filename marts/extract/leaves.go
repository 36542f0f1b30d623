package extract

import (
	"fmt"
	"slices"
	"strings"

	"secondaryuse/marts/duckdb/cut"
)

// say keeps of each column how it leaves, for those who receive it: nobody must take a
// month for a day, or a value that was emptied for one that nobody knows.
func (b *basis) say(t *tables) {
	for i, one := range t.all {
		t.all[i].leaves = make(map[string]string)
		for _, c := range one.columns {
			t.all[i].leaves[c.Name] = strings.Join(b.done(t, one, c), "; ")
		}
	}
}

// done is what was done to the values of a column.
func (b *basis) done(t *tables, one table, c cut.Column) (out []string) {
	name, report := one.asked.Mart+"."+c.Name, t.plan.Report
	if days := b.project.Period.Shift; days > 0 && slices.Contains([]string{"DATE", "TIMESTAMP"}, c.Type) {
		out = append(out, fmt.Sprintf("moved by up to %d days, all days of a person alike", days))
	}
	if p, ok := one.days[c.Name]; ok {
		out = append(out, between(p))
	}
	_, asked := one.meant(c)
	levels := []string{asked.Coarsen}
	for _, l := range report.Levels {
		if l.Column == name {
			levels = append(levels, l.Level)
		}
	}
	for _, level := range levels {
		switch level {
		case "", "as-is":
		case "all":
			return append(out, "left empty for everybody")
		default:
			out = append(out, "coarsened to "+level+": "+coarser(level))
		}
	}
	for _, tail := range b.project.Anonymity.Tails {
		if tail.Column == name {
			out = append(out, fmt.Sprintf("cut where fewer than %d persons reach: the smallest and the largest value%s stand for all beyond them", report.K, within(tail.By)))
		}
	}
	for _, e := range report.Emptied {
		if e.Column == name && e.Persons > 0 {
			out = append(out, "left empty for some persons")
		}
	}
	return out
}

// coarser says what stands for a value at a level.
func coarser(level string) string {
	word, figure, _ := strings.Cut(level, "-")
	switch {
	case slices.Contains([]string{"month", "quarter", "year"}, level):
		return "the first day of it"
	case strings.HasPrefix(level, "lookup:"):
		return "what the project's file has for it; empty where that has nothing"
	case word == "prefix":
		return "its first " + figure + " characters"
	case word == "width":
		return "from a multiple of " + figure + " to before the next, as text"
	case strings.HasSuffix(level, "-years"):
		return "bands of " + word + " years"
	}
	return "White, Unknown, or Other than White"
}

// within says in what each value is cut by itself.
func within(by []string) string {
	if len(by) == 0 {
		return ""
	}
	return " of each " + strings.Join(by, " and ")
}

// meaning is what a column means as it leaves.
func (t table) meaning(c cut.Column) string {
	have, _ := t.meant(c)
	if t.leaves[c.Name] == "" {
		return have.Meaning
	}
	return have.Meaning + "; as it leaves: " + t.leaves[c.Name]
}

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
			out = append(out, "left empty for everybody")
		default:
			out = append(out, "coarsened to "+level)
		}
	}
	for _, tail := range b.project.Anonymity.Tails {
		if tail.Column == name {
			out = append(out, fmt.Sprintf("cut where fewer than %d persons reach", report.K))
		}
	}
	for _, e := range report.Emptied {
		if e.Column == name && e.Persons > 0 {
			out = append(out, "left empty for some persons")
		}
	}
	return out
}

// meaning is what a column means as it leaves.
func (t table) meaning(c cut.Column) string {
	have, _ := t.meant(c)
	if t.leaves[c.Name] == "" {
		return have.Meaning
	}
	return have.Meaning + "; as it leaves: " + t.leaves[c.Name]
}

package extract

import (
	"context"
	"fmt"

	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/project"
)

// limits is between which days a column of days is seen: those of the period, or from
// a day of its own. Rows are taken by one column of their table; of any other the value
// is emptied where its day is outside, so that no day leaves that nobody has approved.
// Where dates are moved, the ends are as far in as anybody's can be moved, as those of
// rows are (package cut). It is nil of what is no day, and of the column that the rows
// are taken by.
func (b *basis) limits(asked project.Table, c project.Column, kind string) *cut.Period {
	if kind != "DATE" && kind != "TIMESTAMP" || c.Name == asked.Date {
		return nil
	}
	asked.Date = c.Name
	p := b.period(asked)
	if !c.From.IsZero() {
		p.From = c.From.Time
	}
	margin := b.project.Period.Shift
	p.From, p.Until = p.From.AddDate(0, 0, margin), p.Until.AddDate(0, 0, -margin)
	return &p
}

// inside is SQL that is true of a day that is seen.
func inside(p cut.Period, value string) string {
	return fmt.Sprintf("(CAST(%[1]s AS DATE) >= DATE '%[2]s' AND CAST(%[1]s AS DATE) < DATE '%[3]s')", value, day(p.From), day(p.Until))
}

// emptying empties the days that are not seen, and makes the others coarser.
func emptying(p cut.Period, coarse func(value string) string) func(value string) string {
	return func(value string) string {
		value = "(CASE WHEN " + inside(p, value) + " THEN " + value + " END)"
		if coarse == nil {
			return value
		}
		return coarse(value)
	}
}

// emptied tells how many days the rows of a table leave without, by column.
func (b *basis) emptied(ctx context.Context, engine *cut.Cut, shown cut.Table, t *table) error {
	if len(t.days) == 0 {
		return nil
	}
	all := cut.Table{Name: shown.Name + " with all its days", File: shown.File, Period: shown.Period, Shift: shown.Shift}
	for _, c := range shown.Columns {
		if _, of := t.days[c.Name]; of {
			all.Columns = append(all.Columns, cut.Column{Name: c.Name, Type: c.Type})
		}
	}
	if err := engine.Show(ctx, all); err != nil {
		return err
	}
	for _, c := range all.Columns {
		n, err := number(ctx, engine, fmt.Sprintf("SELECT count(*) FROM %q WHERE NOT %s", all.Name, inside(t.days[c.Name], fmt.Sprintf("%q", c.Name))))
		if err != nil {
			return err
		}
		t.outside = append(t.outside, told("days of "+c.Name+" left empty: they are outside of those that were asked for", n))
	}
	return nil
}

// between says in words which days of a column leave.
func between(p cut.Period) string {
	return fmt.Sprintf("left empty where the day is before %s or after %s", day(p.From), day(p.Until.AddDate(0, 0, -1)))
}

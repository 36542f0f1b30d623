package project

import (
	"maps"
	"slices"
	"strings"
)

// Crosses reports whether an extract of the project, and one of what it said before, tell
// together of a person what neither tells alone: of the columns that could find somebody
// each has one that is finer, or that the other has not. Then those who hold both have the
// finest of each, of which fewer than k may look alike. said is the text that was approved;
// then and now are the steps of the levels at which they left, by column.
func (p Project) Crosses(said string, then, now map[string]int) (bool, error) {
	had, err := read(said)
	if err != nil {
		return false, err
	}
	find := make(map[string]bool)
	for _, x := range []Project{had, p} {
		for _, q := range x.Anonymity.Quasi {
			find[q.Column] = true
		}
		for name := range x.columns() {
			if _, of, _ := strings.Cut(name, "."); slices.Contains(finders, of) {
				find[name] = true // though two people have approved that it is no quasi-identifier
			}
		}
	}
	one := told{had, had.leaves(then, find)}
	other := told{p, p.leaves(now, find)}
	return !one.within(other) && !other.within(one), nil
}

// told is what an extract tells of what could find somebody: its columns, and their levels.
type told struct {
	Project
	levels map[string]string
}

// leaves is at which level each of the columns left that the project has: by its step of
// the levels of a quasi-identifier, or else as it always does.
func (p Project) leaves(steps map[string]int, of map[string]bool) map[string]string {
	out := p.columns()
	for _, q := range p.Anonymity.Quasi {
		if n, ok := steps[q.Column]; ok && n >= 0 && n < len(q.Levels) {
			out[q.Column] = q.Levels[n]
		}
	}
	maps.DeleteFunc(out, func(column, _ string) bool { return !of[column] })
	return out
}

// within reports whether another tells all that one tells: each column as fine, of rows of
// the same days at least.
func (t told) within(o told) bool {
	for column, level := range t.levels {
		is, there := o.levels[column]
		if !there || !t.asCoarse(level, is, o.Project) {
			return false
		}
		if (t.ofDays(column) || o.ofDays(column)) && !t.daysWithin(o, column) {
			return false
		}
	}
	return true
}

// ofDays reports whether what a column tells depends on days: rows are taken by them, or
// it is one itself, as far as that can be seen.
func (t told) ofDays(name string) bool {
	mart, _, _ := strings.Cut(name, ".")
	c, _ := t.column(name)
	return t.table(mart).Date != "" || !c.From.IsZero() || slices.Contains(coarser[2:5], t.levels[name])
}

// daysWithin reports whether another tells of all the days of a column, and as exactly:
// days that were moved otherwise say together nearly where they were.
func (t told) daysWithin(o told, name string) bool {
	mart, _, _ := strings.Cut(name, ".")
	mine, _ := t.column(name)
	other, _ := o.column(name)
	rows := t.table(mart).Date == o.table(mart).Date && (t.table(mart).Date == "" || !t.Period.From.Before(o.Period.From.Time))
	return rows && !t.first(mine).Before(o.first(other).Time) && !t.Period.Until.After(o.Period.Until.Time) && (t.Period.Shift == o.Period.Shift || o.Period.Shift == 0)
}

// asCoarse reports whether a level is known to follow from another of another project.
func (t told) asCoarse(level, from string, o Project) bool {
	if file, ok := strings.CutPrefix(level, "lookup:"); ok && level == from {
		return t.hashes[file] == o.hashes[file]
	}
	kind, n := figure(level)
	of, m := figure(from)
	switch {
	case level == from, level == "all", from == "", from == "as-is":
		return true
	case kind == "" || kind != of:
		return false
	case kind == "-years", kind == "width-":
		return m > 0 && n%m == 0
	}
	return m <= n
}

package disclose

import (
	"fmt"
	"slices"
	"strings"

	"secondaryuse/marts/format"
)

// table is what was asked for, in true figures: every cell of every level.
type table struct {
	q      *Question
	sets   []set // whom a figure counts
	uses   []int // of each measure, its set; -1 of a rate
	gives  []int // of each measure that adds up values, the set of who has one above 0; else -1
	levels []level

	floating map[string]bool // columns of floating point
}

// set is a choice of the persons of a cell: all of them, or those with a value
// in a column, or with one above 0.
type set struct {
	column string
	above  bool
}

// level is the table broken down by some of its dimensions: level 0 by all of
// them, the others are totals over those that are not in it.
type level struct {
	by    []bool // which dimensions
	cells map[string]*cell
	order []string
}

// cell holds the true figures of one row of the table.
type cell struct {
	place   int       // among the cells of its level, as they were first seen
	at      []string  // value of each dimension; "" where it is a total over it
	people  []int64   // of each set
	rows    int64     // of the SELECT
	figures []figure  // of each measure
	shown   []string  // of each measure: what is told
	number  []float64 // of each measure: the same as a number, where it is one
}

// figure is one figure. Numbers of a sum, mean or median are in hundredths.
type figure struct {
	value  int64
	rows   int64   // behind a mean or median
	crowd  int64   // the most of these that are one person's
	least  int64   // the smallest contribution above 0 of a single person
	most   []int64 // the largest contributions of single persons, largest first
	hidden string  // why it is hidden; "" where it is not
}

// reasons why a figure is hidden.
const (
	small      = "small"
	fewPeople  = "few people"
	dominated  = "dominance"
	difference = "differencing"
	secondary  = "secondary"
	wholeTable = "whole table"
	unadding   = "does not add up"
)

func newTable(q *Question) *table {
	t := &table{q: q, sets: []set{{}}, floating: make(map[string]bool)}
	for _, m := range q.Measures {
		use, gives := -1, -1
		switch {
		case m.Of != "":
		case m.Kind == persons:
			use = t.set(set{column: m.Column})
		case m.Kind == mean || m.Kind == median:
			use, gives = t.set(set{column: m.Column}), t.set(set{m.Column, true})
		default:
			use = t.set(set{m.Column, m.Column != ""})
			gives = use
		}
		t.uses, t.gives = append(t.uses, use), append(t.gives, gives)
	}
	n := len(q.Dimensions)
	for left := range 1 << n { // which dimensions are totalled
		if l, ok := t.level(left); ok && (left == 0 || q.Totals) {
			t.levels = append(t.levels, l)
		}
	}
	return t
}

// set returns the number of a set, which it makes where there is none.
func (t *table) set(s set) int {
	i := slices.Index(t.sets, s)
	if i < 0 {
		i, t.sets = len(t.sets), append(t.sets, s)
	}
	return i
}

// level returns the level in which the given dimensions are totalled; there is
// none that keeps a dimension and not the one it lies within.
func (t *table) level(left int) (level, bool) {
	n := len(t.q.Dimensions)
	l := level{by: make([]bool, n), cells: make(map[string]*cell)}
	for i, d := range t.q.Dimensions {
		l.by[i] = left>>(n-1-i)&1 == 0
		above := slices.IndexFunc(t.q.Dimensions, func(o dimension) bool { return o.Name == d.Within })
		if l.by[i] && above >= 0 && !l.by[above] {
			return l, false
		}
	}
	return l, true
}

// left is the level's number: the dimensions that it totals. Level 0 totals none.
func (l *level) left() (out int64) {
	for _, by := range l.by {
		out <<= 1
		if !by {
			out |= 1
		}
	}
	return out
}

// cell returns the level's cell at the values, which it makes where there is
// none.
func (l *level) cell(t *table, at []string) *cell {
	at = slices.Clone(at)
	for i := range at {
		if !l.by[i] {
			at[i] = ""
		}
	}
	key := strings.Join(at, "\x1f")
	c := l.cells[key]
	if c == nil {
		c = &cell{at: at, place: len(l.order), people: make([]int64, len(t.sets)), figures: make([]figure, len(t.q.Measures)),
			shown: make([]string, len(t.q.Measures)), number: make([]float64, len(t.q.Measures))}
		l.cells[key] = c
		l.order = append(l.order, key)
	}
	return c
}

// all calls f with every cell of every level, in the order of the table.
func (t *table) all(f func(l *level, c *cell)) {
	for i := range t.levels {
		l := &t.levels[i]
		for _, key := range l.order {
			f(l, l.cells[key])
		}
	}
}

// rows are all cells as they are shown: of each level in the natural order of their
// values. What is hidden is chosen in the order of all, so that it stays as it was.
func (t *table) rows(asText bool) (out []*cell) {
	for i := range t.levels {
		l, first := &t.levels[i], len(out)
		for _, key := range l.order {
			out = append(out, l.cells[key])
		}
		if !asText {
			slices.SortFunc(out[first:], func(a, b *cell) int { return slices.CompareFunc(a.at, b.at, format.Natural) })
		}
	}
	return out
}

// fill adds the cells of nobody: every choice of values that the dimensions
// have together. A dimension within another has only the values that lie there.
// Each value of it must lie in one.
func (t *table) fill() error {
	base := &t.levels[0]
	groups, err := t.groups(base)
	if err != nil {
		return err
	}
	ats := [][]string{make([]string, len(t.q.Dimensions))}
	for _, g := range groups {
		if len(ats)*len(g.values) > maxCells {
			return fmt.Errorf("the table has more than %d cells: ask for fewer dimensions or wider bands", maxCells)
		}
		var next [][]string
		for _, at := range ats {
			for _, v := range g.values {
				both := slices.Clone(at)
				for i, d := range g.dims {
					both[d] = v[i]
				}
				next = append(next, both)
			}
		}
		ats = next
	}
	for i := range t.levels {
		l := &t.levels[i]
		for _, at := range ats {
			l.cell(t, at)
		}
		slices.SortFunc(l.order, func(a, b string) int { return slices.Compare(l.cells[a].at, l.cells[b].at) })
	}
	return nil
}

// group is a dimension with those that lie within it, and the values that they
// have together.
type group struct {
	dims   []int
	values [][]string
}

func (t *table) groups(base *level) ([]group, error) {
	var out []group
	root := make(map[string]int) // of a dimension, its group
	for i, d := range t.q.Dimensions {
		g, ok := root[d.Within]
		if !ok || d.Within == "" {
			g = len(out)
			out = append(out, group{})
		}
		root[d.Name] = g
		out[g].dims = append(out[g].dims, i)
	}
	for g := range out {
		seen := make(map[string]bool)
		for _, key := range base.order {
			var v []string
			for _, d := range out[g].dims {
				v = append(v, base.cells[key].at[d])
			}
			if k := strings.Join(v, "\x1f"); !seen[k] {
				seen[k] = true
				out[g].values = append(out[g].values, v)
			}
		}
	}
	return out, t.nested(base)
}

// nested checks that each value of a dimension lies in one value of the one
// that it is within.
func (t *table) nested(base *level) error {
	for i, d := range t.q.Dimensions {
		above := slices.IndexFunc(t.q.Dimensions, func(o dimension) bool { return o.Name == d.Within })
		if above < 0 {
			continue
		}
		in := make(map[string]string)
		for _, key := range base.order {
			at := base.cells[key].at
			if other, ok := in[at[i]]; ok && other != at[above] {
				return fmt.Errorf("dimension %s: a value of it lies in two of %s; leave out \"within\", or put both into the value", d.Name, d.Within)
			}
			in[at[i]] = at[above]
		}
	}
	return nil
}

package anonymity

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// oracle counts in plain Go, row by row, what the package counts in SQL. It knows
// two tables: people, one row a person, and events, many.
type oracle struct {
	persons []int64
	rows    map[string][]record
	rule    Rule
	many    map[string]bool
}

// record is a row: its person and its values; an empty one is nil.
type record struct {
	person int64
	cells  map[string]*string
}

func (o oracle) of(table string, person int64) (out []record) {
	for _, r := range o.rows[table] {
		if r.person == person {
			out = append(out, r)
		}
	}
	return out
}

// at is a value at a level.
func at(q Quasi, level int, v *string) *string {
	l := q.Levels[level]
	switch {
	case v == nil || l.Name == "all":
		return nil
	case l.Lookup != nil:
		to := l.Lookup[*v]
		return &to
	}
	return v
}

func shown(v *string) string {
	if v == nil {
		return "-"
	}
	return "=" + *v
}

// one is a person's own values of quasi-identifiers of tables of one row.
func (o oracle) one(person int64, levels []int) string {
	var out []string
	for i, q := range o.rule.Quasi {
		if !o.many[q.Table] {
			var v *string
			for _, r := range o.of(q.Table, person) {
				v = r.cells[q.Column]
			}
			out = append(out, shown(at(q, levels[i], v)))
		}
	}
	return strings.Join(out, "|")
}

// row is a row's values of the quasi-identifiers of its table.
func (o oracle) row(table string, r record, levels []int) string {
	var out []string
	for i, q := range o.rule.Quasi {
		if q.Table == table {
			out = append(out, shown(at(q, levels[i], r.cells[q.Column])))
		}
	}
	return strings.Join(out, "|")
}

// by reports whether a table of many rows has a quasi-identifier.
func (o oracle) by(table string) bool {
	return o.many[table] && slices.ContainsFunc(o.rule.Quasi, func(q Quasi) bool { return q.Table == table })
}

// member is a person in a class, with their values of each sensitive column.
type member struct {
	person int64
	values []map[string]bool
}

// values is a person's values of every sensitive column; of a table only those
// rows that keep says.
func (o oracle) values(person int64, table string, keep func(record) bool) []map[string]bool {
	out := make([]map[string]bool, len(o.rule.Sensitive))
	for i, s := range o.rule.Sensitive {
		out[i] = make(map[string]bool)
		rows := o.of(s.Table, person)
		for _, r := range rows {
			if s.Table != table || keep(r) {
				out[i][shown(r.cells[s.Column])] = true
			}
		}
		if !o.many[s.Table] && len(rows) == 0 {
			out[i]["-"] = true
		}
	}
	return out
}

// classes is everybody who is in a class, by view and class.
func (o oracle) classes(levels []int) map[string][]member {
	out := make(map[string][]member)
	every := func(record) bool { return true }
	for _, p := range o.persons {
		key := "person " + o.one(p, levels)
		for _, t := range slices.Sorted(maps.Keys(o.many)) {
			if !o.by(t) {
				continue
			}
			history := make(map[string]int)
			for _, r := range o.of(t, p) {
				history[o.row(t, r, levels)]++
			}
			if o.rule.AllRows {
				for _, row := range slices.Sorted(maps.Keys(history)) {
					key += fmt.Sprint(" ", row, "*", history[row])
				}
				continue
			}
			for seen := range history {
				row := t + " " + o.one(p, levels) + " " + seen
				out[row] = append(out[row], member{p, o.values(p, t, func(r record) bool { return o.row(t, r, levels) == seen })})
			}
		}
		out[key] = append(out[key], member{p, o.values(p, "", every)})
	}
	return out
}

// bad reports whether a class is below k or l.
func (o oracle) bad(class []member) bool {
	if len(class) < o.rule.K {
		return true
	}
	for i, s := range o.rule.Sensitive {
		sets, held := make(map[string]float64), make(map[string]int)
		for _, m := range class {
			sets[strings.Join(slices.Sorted(maps.Keys(m.values[i])), "&")]++
			for v := range m.values[i] {
				held[v]++
			}
		}
		if len(sets) < s.L {
			return true
		}
		for _, n := range held {
			if n == len(class) && o.many[s.Table] {
				return true
			}
		}
		entropy := 0.0
		for _, n := range sets {
			entropy -= n / float64(len(class)) * math.Log(n/float64(len(class)))
		}
		if s.Entropy && entropy < math.Log(float64(s.L))-1e-9 {
			return true
		}
	}
	return false
}

// below counts the persons of whom something is below, each once a view.
func (o oracle) below(levels []int) (n int64) {
	persons := make(map[string]bool)
	for key, class := range o.classes(levels) {
		if o.bad(class) {
			for _, m := range class {
				persons[fmt.Sprint(strings.SplitN(key, " ", 2)[0], m.person)] = true
			}
		}
	}
	return int64(len(persons))
}

// choice tries everything: all levels, those with the fewest steps first, and of
// equal ones those that coarsen more what is named first.
func (o oracle) choice() []int {
	all := [][]int{{}}
	for _, q := range o.rule.Quasi {
		var next [][]int
		for _, head := range all {
			for l := range q.Levels {
				next = append(next, append(slices.Clone(head), l))
			}
		}
		all = next
	}
	slices.SortFunc(all, func(a, b []int) int {
		if d := sum(a) - sum(b); d != 0 {
			return d
		}
		return slices.Compare(b, a)
	})
	for _, levels := range all {
		if o.below(levels) <= int64(o.rule.Suppression*float64(len(o.persons))) {
			return levels
		}
	}
	return nil
}

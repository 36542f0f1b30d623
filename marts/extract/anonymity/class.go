package anonymity

import (
	"fmt"
	"strings"
)

// Risk is what somebody who knows the quasi-identifiers could find.
type Risk struct {
	Persons  int64   `json:"persons"`
	Classes  int64   `json:"classes"`  // of persons who look alike
	Smallest int64   `json:"smallest"` // of how many the smallest class is: the k that holds
	Unique   int64   `json:"unique"`   // persons, or persons' rows, who are alone
	Below    int64   `json:"below"`    // persons of whom something is below k or l
	L        []int64 `json:"l"`        // by sensitive column, the smallest number of values in a class
}

// Highest is the largest chance of finding the right person in a class, and
// Average that of a person taken at random.
func (r Risk) Highest() float64 { return 1 / float64(max(r.Smallest, 1)) }

// Average is the mean chance over all persons.
func (r Risk) Average() float64 { return float64(r.Classes) / float64(max(r.Persons, 1)) }

// seen is the columns of a view at some levels: g0, g1 ..., in the order of its
// quasi-identifiers, and what comes after them where all rows are known.
func (w *work) seen(v view, levels []int) (as, names []string) {
	for n, i := range v.quasi {
		as = append(as, fmt.Sprintf("q%d_%d AS g%d", i, levels[i], n))
		names = append(names, fmt.Sprintf("g%d", n))
	}
	return as, names
}

// members is who is in which class of a view, in SQL: g0 ..., s0 ..., n, and but
// where persons could be added up, p. It returns the names of the g, too.
func (w *work) members(v view, levels []int) (string, []string) {
	as, names := w.seen(v, levels)
	held := numbered("s", upTo(len(w.Sensitive)))
	switch {
	case v.table != "":
		columns := append(append([]string{"p"}, as...), "1 AS n")
		for i, s := range w.Sensitive {
			if s.Table == v.table {
				columns = append(columns, fmt.Sprintf("bit_or(s%d) AS s%d", i, i))
			} else {
				columns = append(columns, fmt.Sprintf("any_value(s%d) AS s%d", i, i))
			}
		}
		return "SELECT " + list(columns) + " FROM " + v.base + " GROUP BY " + list(append([]string{"p"}, names...)), names
	case w.AllRows:
		return w.histories(v, levels, as, names)
	}
	return "SELECT " + list(append(append([]string{"n"}, held...), as...)) + " FROM " + v.base, names
}

// histories is members where an attacker knows all rows about a person: besides
// what is known of each there is a sum over the person's rows, which is the same
// for the same rows alone (but for a chance of one in 2^64 or less).
func (w *work) histories(v view, levels []int, as, names []string) (string, []string) {
	columns := append([]string{"b.p", "b.n"}, as...)
	columns = append(columns, numbered("b.s", upTo(len(w.Sensitive)))...)
	from := v.base + " b"
	for n, r := range w.views {
		if r.table == "" {
			continue
		}
		var own []string
		for _, i := range r.quasi[len(v.quasi):] {
			own = append(own, fmt.Sprintf("COALESCE('=' || CAST(q%d_%d AS VARCHAR), '')", i, levels[i]))
		}
		row := "concat_ws(chr(31), " + list(own) + ")"
		counted := "SELECT p, " + row + " || chr(30) || sum(times) AS x FROM " + r.base + " GROUP BY p, " + row
		sum := "SELECT p, CAST(sum(md5_number_lower(x)) AS VARCHAR) || ' ' || CAST(sum(md5_number_upper(x)) AS VARCHAR) AS h FROM (" + counted + ") GROUP BY p"
		from += fmt.Sprintf(" LEFT JOIN (%s) h%d ON h%d.p = b.p", sum, n, n)
		columns = append(columns, fmt.Sprintf("COALESCE(h%d.h, '') AS h%d", n, n))
		names = append(names, fmt.Sprintf("h%d", n))
	}
	return "SELECT " + list(columns) + " FROM " + from, names
}

// looked is the views that are counted: where all rows are known, that of
// persons says it all.
func (w *work) looked() []view {
	if w.AllRows {
		return w.views[:1]
	}
	return w.views
}

// classes is the classes of members, in SQL: their g, n, and whether they are
// below k or l.
func (w *work) classes(members string, names []string) string {
	columns := append([]string{}, names...)
	columns = append(columns, "sum(n) AS n")
	bad := []string{fmt.Sprintf("sum(n) < %d", w.K)}
	for i, s := range w.Sensitive {
		l := fmt.Sprintf("count(DISTINCT s%d) + CASE WHEN count(*) > count(s%d) THEN 1 ELSE 0 END", i, i)
		columns = append(columns, fmt.Sprintf("%s AS l%d", l, i))
		bad = append(bad, fmt.Sprintf("%s < %d", l, s.L))
		if w.table(s.Table).Many {
			bad = append(bad, fmt.Sprintf("bit_count(bit_and(s%d)) > 0", i))
		}
	}
	columns = append(columns, "("+strings.Join(bad, " OR ")+") AS bad")
	query := "SELECT " + list(columns) + " FROM (" + members + ")" + by(names)
	for i, s := range w.Sensitive {
		if s.Entropy {
			query = w.entropy(i, s, query, members, names)
		}
	}
	return query
}

func by(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " GROUP BY " + list(names)
}

// entropy adds to classes those whose entropy of a column is below ln l. What is
// within a part in 10^12 of it counts as equal to it.
func (w *work) entropy(i int, s Sensitive, classes, members string, names []string) string {
	counted := fmt.Sprintf("SELECT %s FROM (%s) GROUP BY ALL", list(append(append([]string{}, names...), fmt.Sprintf("s%d", i), "CAST(sum(n) AS DOUBLE) AS c")), members)
	flat := fmt.Sprintf("SELECT %s FROM (%s)%s", list(append(append([]string{}, names...), "ln(sum(c)) - sum(c * ln(c)) / sum(c) AS e")), counted, by(names))
	return fmt.Sprintf("SELECT c.* REPLACE (c.bad OR f.e < ln(%d) - 1e-12 AS bad) FROM (%s) c JOIN (%s) f ON %s", s.L, classes, flat, same("c", "f", names))
}

// same joins two relations by their g; an empty value is a value.
func same(a, b string, names []string) string {
	out := []string{"true"}
	for _, n := range names {
		out = append(out, fmt.Sprintf("%s.%s IS NOT DISTINCT FROM %s.%s", a, n, b, n))
	}
	return strings.Join(out, " AND ")
}

// below counts the persons of whom something is below k or l at some levels, in
// each view.
func (w *work) below(levels []int) (int64, error) {
	r, err := w.sum(levels)
	return r.Below, err
}

// risk measures all views together: the smallest class of any, and the sum of the
// others.
func (w *work) risk(levels []int) (Risk, error) {
	r, err := w.sum(levels)
	if err == nil {
		r.Persons, err = w.everybody()
	}
	return r, err
}

func (w *work) sum(levels []int) (Risk, error) {
	all := Risk{L: make([]int64, len(w.Sensitive))}
	for i, v := range w.looked() {
		r, err := w.through(v, levels)
		if err != nil {
			return all, err
		}
		all.Classes, all.Unique, all.Below = all.Classes+r.Classes, all.Unique+r.Unique, all.Below+r.Below
		if i > 0 && r.Classes == 0 { // nobody has a row
			continue
		}
		if i == 0 || r.Smallest < all.Smallest {
			all.Smallest = r.Smallest
		}
		for j, l := range r.L {
			if i == 0 || l < all.L[j] {
				all.L[j] = l
			}
		}
	}
	return all, nil
}

// through is the risk through one view. It is counted once for the same levels of
// the columns that the view is by.
func (w *work) through(v view, levels []int) (Risk, error) {
	key := fmt.Sprint(v.table, levels)
	if !w.AllRows {
		key = v.table
		for _, i := range v.quasi {
			key += fmt.Sprint(" ", levels[i])
		}
	}
	if r, ok := w.told[key]; ok {
		return r, nil
	}
	r, err := w.count(v, levels)
	if w.told == nil {
		w.told = make(map[string]Risk)
	}
	w.told[key] = r
	return r, err
}

func (w *work) count(v view, levels []int) (Risk, error) {
	members, names := w.members(v, levels)
	r := Risk{L: make([]int64, len(w.Sensitive))}
	columns := []string{"count(*)", "COALESCE(CAST(min(n) AS BIGINT), 0)", "count(*) FILTER (n = 1)", "COALESCE(CAST(sum(n) FILTER (bad) AS BIGINT), 0)"}
	into := []any{&r.Classes, &r.Smallest, &r.Unique, &r.Below}
	for j := range w.Sensitive {
		columns, into = append(columns, fmt.Sprintf("COALESCE(min(l%d), 0)", j)), append(into, &r.L[j])
	}
	err := w.Conn.QueryRowContext(w.ctx, "SELECT "+list(columns)+" FROM ("+w.classes(members, names)+") WHERE n > 0").Scan(into...)
	if err != nil || r.Below == 0 || v.table == "" {
		return r, err
	}
	// somebody may have several rows that are below, and is one person
	query := fmt.Sprintf("WITH m AS MATERIALIZED (%s) SELECT count(DISTINCT m.p) FROM m JOIN (%s) c ON %s WHERE c.bad", members, w.classes("SELECT * FROM m", names), same("m", "c", names))
	return r, w.Conn.QueryRowContext(w.ctx, query).Scan(&r.Below)
}

func (w *work) everybody() (n int64, err error) {
	return n, w.Conn.QueryRowContext(w.ctx, "SELECT count(*) FROM "+w.Cohort).Scan(&n)
}

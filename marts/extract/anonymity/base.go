package anonymity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// work is one measurement: the data, the rule, and the temporary tables that hold
// of the data what the rule is about.
type work struct {
	ctx context.Context
	Data
	Rule
	views []view
	known string // what is known of each person: a table or a view
	told  map[string]Risk
	sizes []int    // of how many values a sensitive column of many rows is
	from  []string // what has those values, and whose they are
	stage string   // what the temporary tables are called besides
}

// view is a way of looking at persons: by what is known of each, or by that and
// any one row of a table.
type view struct {
	table string // of many rows; empty for what is known of each person
	quasi []int  // which quasi-identifiers it is by
	base  string // a temporary table
}

func (w *work) exec(query string) error {
	_, err := w.Conn.ExecContext(w.ctx, query)
	return err
}

// make makes a temporary table anew.
func (w *work) make(name, query string) error {
	return w.exec("CREATE OR REPLACE TEMP TABLE " + name + " AS " + query)
}

func (w *work) name(parts ...any) string {
	return "anonymity_" + w.stage + strings.ReplaceAll(strings.TrimSpace(fmt.Sprintln(parts...)), " ", "_")
}

// build makes the temporary tables: what is known of each person, and for every
// table of many rows with a quasi-identifier, of each row.
func (w *work) build() error {
	if err := w.lookups(); err != nil {
		return err
	}
	if err := w.values(); err != nil {
		return err
	}
	if err := w.persons(); err != nil {
		return err
	}
	var one []int
	rows := make(map[string][]int)
	for i, q := range w.Quasi {
		if w.table(q.Table).Many {
			rows[q.Table] = append(rows[q.Table], i)
		} else {
			one = append(one, i)
		}
	}
	w.views = []view{{quasi: one, base: w.name("base")}}
	if err := w.make(w.views[0].base, w.grouped(one)); err != nil {
		return err
	}
	for n, t := range w.Tables {
		if len(rows[t.Name]) == 0 {
			continue
		}
		v := view{table: t.Name, quasi: append(append([]int{}, one...), rows[t.Name]...), base: w.name("rows", n)}
		if err := w.make(v.base, w.perRow(t, one, rows[t.Name])); err != nil {
			return err
		}
		w.views = append(w.views, v)
	}
	return nil
}

// lookups puts the pairs of levels that are looked up into tables.
func (w *work) lookups() error {
	for i, q := range w.Quasi {
		for j, l := range q.Levels {
			if l.Lookup == nil {
				continue
			}
			if err := w.exec("CREATE OR REPLACE TEMP TABLE " + w.name("lookup", i, j) + "(fine VARCHAR, coarse VARCHAR)"); err != nil {
				return err
			}
			pairs := l.pairs()
			for from := 0; from < len(pairs); from += 1000 {
				var rows []string
				for _, p := range pairs[from:min(from+1000, len(pairs))] {
					rows = append(rows, "("+text(p[0])+", "+text(p[1])+")")
				}
				if err := w.exec("INSERT INTO " + w.name("lookup", i, j) + " VALUES " + strings.Join(rows, ", ")); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// most is how many values of a sensitive column of many rows are told apart. A
// column with more has several of them counted as one, so that l is found too
// small rather than too large.
const most = 1000

// zeros is the set without a value, of the values of a sensitive column: a number
// where there are few, which is faster.
func (w *work) zeros(i int) string {
	if w.sizes[i] < 63 {
		return "CAST(0 AS BIGINT)"
	}
	return "CAST('" + strings.Repeat("0", w.sizes[i]) + "' AS BIT)"
}

// values numbers the values of sensitive columns of many rows.
func (w *work) values() error {
	w.sizes, w.from = make([]int, len(w.Sensitive)), make([]string, len(w.Sensitive))
	for i, s := range w.Sensitive {
		t := w.table(s.Table)
		if !t.Many {
			continue
		}
		w.from[i] = cmp.Or(t.Held, t.Relation)
		query := fmt.Sprintf("SELECT v, CAST((row_number() OVER (ORDER BY v) - 1) %% %d AS INTEGER) AS place FROM (SELECT DISTINCT %s AS v FROM %s)", most, ident(s.Column), w.from[i])
		if err := w.make(w.name("value", i), query); err != nil {
			return err
		}
		if err := w.Conn.QueryRowContext(w.ctx, "SELECT COALESCE(max(place), 0) + 1 FROM "+w.name("value", i)).Scan(&w.sizes[i]); err != nil {
			return err
		}
	}
	return nil
}

// set is the value of a row of a sensitive column of many rows, as the set of it alone.
func (w *work) set(i int) string {
	if w.sizes[i] < 63 {
		return fmt.Sprintf("(CAST(1 AS BIGINT) << v%d.place)", i)
	}
	return fmt.Sprintf("set_bit(%s, v%d.place, 1)", w.zeros(i), i)
}

// valued joins the numbers of a sensitive column's values to the rows r.
func (w *work) valued(i int, s Sensitive) string {
	return fmt.Sprintf(" JOIN %s v%d ON v%d.v IS NOT DISTINCT FROM r.%s", w.name("value", i), i, i, ident(s.Column))
}

// persons makes the table of what is known of each person: p, the quasi-identifiers
// of tables of one row as q0, q1 ..., and the sensitive columns as s0, s1 ...
func (w *work) persons() error {
	first, err := w.first()
	if err != nil {
		return err
	}
	from, who := w.Cohort+" c", "c."+ident(w.Person)
	if first >= 0 {
		from, who = fmt.Sprintf("%s t%d", w.Tables[first].Relation, first), fmt.Sprintf("t%d.%s", first, ident(w.Person))
	}
	columns := []string{who + " AS p"}
	for n, t := range w.Tables {
		if n != first && !t.Many && w.needs(t) {
			from += fmt.Sprintf(" LEFT JOIN %s t%d ON t%d.%s = %s", t.Relation, n, n, ident(w.Person), who)
		}
		for i, q := range w.Quasi {
			if q.Table == t.Name && !t.Many {
				columns = append(columns, fmt.Sprintf("t%d.%s AS q%d", n, ident(q.Column), i))
			}
		}
		for i, s := range w.Sensitive {
			switch {
			case s.Table != t.Name:
			case t.Many:
				from += fmt.Sprintf(" LEFT JOIN (SELECT r.%s AS p, bit_or(%s) AS m FROM %s r%s GROUP BY ALL) m%d ON m%d.p = %s", ident(w.Person), w.set(i), w.sets(i, t, s), w.valued(i, s), i, i, who)
				columns = append(columns, fmt.Sprintf("COALESCE(m%d.m, %s) AS s%d", i, w.zeros(i), i))
			default:
				columns = append(columns, fmt.Sprintf("t%d.%s AS s%d", n, ident(s.Column), i))
			}
		}
	}
	query := "SELECT " + list(columns) + " FROM " + from
	if slices.ContainsFunc(w.Quasi, func(q Quasi) bool { return w.table(q.Table).Many }) {
		w.known = w.name("person")
		return w.make(w.known, query)
	}
	w.known = w.name("person", "view") // which is read once
	return w.exec("CREATE OR REPLACE TEMP VIEW " + w.known + " AS " + query)
}

// sets is the values that are put together to sets, each once a person where there
// are many: to put them together costs more than to leave out what is there twice.
func (w *work) sets(i int, t Table, s Sensitive) string {
	if w.sizes[i] < 63 || w.from[i] != t.Relation {
		return w.from[i]
	}
	return "(SELECT DISTINCT " + ident(w.Person) + ", " + ident(s.Column) + " FROM " + t.Relation + ")"
}

// needs reports whether the rule is about a column of a table.
func (w *work) needs(t Table) bool {
	return slices.ContainsFunc(w.Quasi, func(q Quasi) bool { return q.Table == t.Name }) || slices.ContainsFunc(w.Sensitive, func(s Sensitive) bool { return s.Table == t.Name })
}

// first is a table of one row a person that has everybody, so that nobody need be
// joined to it; -1 where there is none.
func (w *work) first() (int, error) {
	for n, t := range w.Tables {
		if t.Many || !w.needs(t) {
			continue
		}
		var whole bool
		if err := w.Conn.QueryRowContext(w.ctx, "SELECT (SELECT count(*) FROM "+t.Relation+") = (SELECT count(*) FROM "+w.Cohort+")").Scan(&whole); err != nil {
			return -1, err
		}
		if whole {
			return n, nil
		}
	}
	return -1, nil
}

// steps is every level of some quasi-identifiers as columns q0_0, q0_1 ... of
// the columns q0 ... that from has.
func (w *work) steps(quasi []int) (columns []string) {
	for _, i := range quasi {
		for j, l := range w.Quasi[i].Levels {
			columns = append(columns, fmt.Sprintf("%s AS q%d_%d", l.SQL(fmt.Sprintf("q%d", i), w.name("lookup", i, j)), i, j))
		}
	}
	return columns
}

func numbered(letter string, of []int) (out []string) {
	for _, i := range of {
		out = append(out, fmt.Sprintf("%s%d", letter, i))
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// grouped is the persons as the combinations that there are, with how many have
// each; where all rows are known, each person with their own.
func (w *work) grouped(one []int) string {
	held := append(numbered("q", one), numbered("s", upTo(len(w.Sensitive)))...)
	if w.AllRows {
		return "SELECT " + list(append(append([]string{"p", "1 AS n"}, numbered("s", upTo(len(w.Sensitive)))...), w.steps(one)...)) + " FROM " + w.known
	}
	inner := "SELECT " + list(append(held, "count(*) AS n")) + " FROM " + w.known + " GROUP BY ALL"
	return "SELECT " + list(append(append([]string{"n"}, numbered("s", upTo(len(w.Sensitive)))...), w.steps(one)...)) + " FROM (" + inner + ")"
}

// perRow is the rows of a table of many: each combination of a person once, with
// how many times it is there. A sensitive column of the same table is the row's own value.
func (w *work) perRow(t Table, one, own []int) string {
	columns, joins := append([]string{"p.p"}, numbered("p.q", one)...), ""
	for _, i := range own {
		columns = append(columns, fmt.Sprintf("r.%s AS q%d", ident(w.Quasi[i].Column), i))
	}
	for i, s := range w.Sensitive {
		if s.Table == t.Name {
			columns = append(columns, fmt.Sprintf("%s AS s%d", w.set(i), i))
			joins += w.valued(i, s)
		} else {
			columns = append(columns, fmt.Sprintf("p.s%d", i))
		}
	}
	inner := "SELECT " + list(append(columns, "count(*) AS times")) + " FROM " + t.Relation + " r JOIN " + w.known + " p ON p.p = r." + ident(w.Person) + joins + " GROUP BY ALL"
	return "SELECT " + list(append(append([]string{"p", "times"}, numbered("s", upTo(len(w.Sensitive)))...), w.steps(append(append([]int{}, one...), own...))...)) + " FROM (" + inner + ")"
}

func list(s []string) string { return strings.Join(s, ", ") }

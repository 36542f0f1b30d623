package anonymity

import (
	"fmt"
	"slices"
	"strings"
)

// rounds is how often what leaves is counted again before it is refused. Each
// round only takes more away, and one or two are enough but in tests.
const rounds = 12

// settle empties and leaves out what the chosen levels leave below k or l and cuts
// the tails. Where it takes anything that k or l depend on, it counts what leaves,
// as it leaves, until nothing is below.
func (p *Plan) settle() error {
	p.drops = make(map[int]int)
	n, err := p.work.below(p.levels)
	if err == nil && n == 0 && !p.judged() {
		if err = p.trim(); err == nil {
			err = p.close(p.work, p.levels)
		}
		return err
	}
	if err != nil {
		return err
	}
	for range rounds {
		w := &work{ctx: p.work.ctx, Data: p.leaving(), Rule: p.asIs(), stage: "out_"}
		if err := w.build(); err != nil {
			return err
		}
		n, err := w.below(make([]int, len(w.Quasi)))
		if err != nil {
			return err
		}
		switch {
		case n > 0:
			err = p.take(w)
		case len(p.tails) < len(p.work.Tails):
			err = p.trim()
		default:
			return p.close(w, make([]int, len(w.Quasi)))
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: what is left over when small classes are emptied is below k or l again and again; coarsen more, or allow less suppression", ErrRefused)
}

// judged says that a tail is cut of a column that is sensitive, too.
func (p *Plan) judged() bool {
	return slices.ContainsFunc(p.work.Tails, func(t Tail) bool {
		return slices.ContainsFunc(p.work.Sensitive, func(s Sensitive) bool { return s.Table == t.Table && s.Column == t.Column })
	})
}

// asIs is the rule for data that are coarsened already.
func (p *Plan) asIs() Rule {
	r := p.work.Rule
	r.Tails, r.Quasi = nil, append([]Quasi{}, r.Quasi...)
	for i := range r.Quasi {
		r.Quasi[i].Levels = []Level{{Name: "as-is", sql: levels["as-is"]}}
	}
	return r
}

// take takes away what is below: first of persons, and when no person is below,
// of rows.
func (p *Plan) take(w *work) error {
	n, err := p.hide(w)
	if err != nil {
		return err
	}
	for _, v := range w.views[1:] {
		if n > 0 || w.AllRows {
			break
		}
		if err := p.drop(w, v); err != nil {
			return err
		}
	}
	persons, err := p.work.everybody()
	if err != nil {
		return err
	}
	if n, err = p.affected(); err == nil && n > int64(p.work.Suppression*float64(persons)) {
		err = fmt.Errorf("%w: to empty small classes would take something of %d of %d persons, more than the share of %g that is allowed; declare coarser levels, or a larger share", ErrRefused, n, persons, p.work.Suppression)
	}
	return err
}

// hide empties values of the persons who are below, one column after the other,
// until those who are emptied alike are enough; who is left then is left out. It
// returns how many persons that were.
func (p *Plan) hide(w *work) (n int64, err error) {
	v := w.views[0]
	levels := make([]int, len(w.Quasi))
	members, names := w.members(v, levels)
	if !w.AllRows {
		as := w.raw(v)
		members = "SELECT " + list(append([]string{"p", "1 AS n"}, append(as, numbered("s", upTo(len(w.Sensitive)))...)...)) + " FROM " + w.known
	}
	if err := w.split(w.name("bad", 0), members, names, "c.bad"); err != nil {
		return 0, err
	}
	if err := w.Conn.QueryRowContext(w.ctx, "SELECT count(*) FROM "+w.name("bad", 0)).Scan(&n); err != nil || n == 0 {
		return n, err
	}
	steps := []string{}
	for j := range v.quasi {
		bad, next := w.name("bad", j), w.name("bad", j+1)
		emptied := fmt.Sprintf("SELECT * REPLACE (NULLIF(g%d, g%d) AS g%d) FROM %s", j, j, j, bad)
		if err := w.split(w.name("good", j), emptied, names, "NOT c.bad"); err != nil {
			return 0, err
		}
		if err := w.split(next, emptied, names, "c.bad"); err != nil {
			return 0, err
		}
		steps = append(steps, fmt.Sprintf("SELECT p, %d::BIGINT AS blank, false AS gone FROM %s", int64(1)<<(j+1)-1, w.name("good", j)))
	}
	return n, p.add(append(steps, "SELECT p, 0::BIGINT AS blank, true AS gone FROM "+w.name("bad", len(v.quasi))))
}

// raw is a view's columns of what is known of each person.
func (w *work) raw(v view) (as []string) {
	for n, i := range v.quasi {
		as = append(as, fmt.Sprintf("q%d AS g%d", i, n))
	}
	return as
}

// split makes a table of the members whose class is as which says.
func (w *work) split(table, members string, names []string, which string) error {
	return w.make(table, fmt.Sprintf("WITH m AS MATERIALIZED (%s) SELECT m.* FROM m JOIN (%s) c ON %s WHERE %s", members, w.classes("SELECT * FROM m", names), same("m", "c", names), which))
}

// add adds to those of whom something is emptied, or who are left out.
func (p *Plan) add(queries []string) error {
	if p.cut {
		queries = append(queries, "SELECT * FROM "+p.work.name("cut"))
	}
	p.cut = true
	return p.work.make(p.work.name("cut"), "SELECT p, bit_or(blank) AS blank, bool_or(gone) AS gone FROM ("+strings.Join(queries, " UNION ALL ")+") GROUP BY p")
}

// drop leaves out the rows of a table that are below. To empty them would show
// whose they are: those few who have emptied rows.
func (p *Plan) drop(w *work, v view) error {
	members, names := w.members(v, make([]int, len(w.Quasi)))
	if err := w.split(w.name("rare"), members, names, "c.bad"); err != nil {
		return err
	}
	n, columns := p.number(v.table), []string{"p"}
	for j := len(w.views[0].quasi); j < len(names); j++ {
		columns = append(columns, fmt.Sprintf("g%d AS g%d", j, j-len(w.views[0].quasi)))
	}
	query := "SELECT " + list(columns) + " FROM " + w.name("rare")
	if p.drops[n] > 0 {
		query += " UNION SELECT * FROM " + p.work.name("drop", n)
	}
	p.drops[n] = len(columns) - 1
	return p.work.make(p.work.name("drop", n), query)
}

// affected counts those of whom something is emptied or left out.
func (p *Plan) affected() (n int64, err error) {
	var from []string
	if p.cut {
		from = append(from, "SELECT p FROM "+p.work.name("cut"))
	}
	for t := range p.drops {
		from = append(from, "SELECT p FROM "+p.work.name("drop", t))
	}
	if len(from) == 0 {
		return 0, nil
	}
	return n, p.work.Conn.QueryRowContext(p.work.ctx, "SELECT count(*) FROM ("+strings.Join(from, " UNION ")+")").Scan(&n)
}

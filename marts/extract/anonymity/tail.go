package anonymity

import "fmt"

// trim finds the bounds of every tail, of what leaves.
func (p *Plan) trim() error {
	p.tails = make([]bool, len(p.work.Tails))
	for n, t := range p.work.Tails {
		if err := p.work.make(p.work.name("tail", n), p.bounds(t)); err != nil {
			return err
		}
		p.tails[n] = true
	}
	return nil
}

// bounds is the bounds of a tail, in SQL: high is the largest value that at least
// k persons reach, low the smallest that at least k persons are not above. Where
// there is none there are too few, and every value is emptied.
func (p *Plan) bounds(t Tail) string {
	var names, as []string
	for i, c := range t.By {
		names, as = append(names, fmt.Sprintf("b%d", i)), append(as, fmt.Sprintf("%s AS b%d", ident(c), i))
	}
	x := ident(t.Column)
	person := fmt.Sprintf("SELECT %s, min(%s) AS low, max(%s) AS high FROM (%s) WHERE %s IS NOT NULL GROUP BY ALL", list(append([]string{ident(p.work.Person)}, as...)), x, x, p.Select(t.Table), x)
	side := func(column, order, aggregate string) string {
		over := "ORDER BY " + column + " " + order
		if len(names) > 0 {
			over = "PARTITION BY " + list(names) + " " + over
		}
		counted := fmt.Sprintf("SELECT %s, sum(count(*)) OVER (%s) AS c FROM (%s) GROUP BY %s", list(append([]string{column}, names...)), over, person, list(append([]string{column}, names...)))
		return fmt.Sprintf("SELECT %s FROM (%s) WHERE c >= %d%s", list(append([]string{aggregate + "(" + column + ") AS " + column}, names...)), counted, p.work.K, by(names))
	}
	return fmt.Sprintf("SELECT l.*, h.high FROM (%s) l JOIN (%s) h ON %s WHERE l.low <= h.high", side("low", "ASC", "min"), side("high", "DESC", "max"), same("l", "h", names))
}

// bounded joins the bounds of a tail to the rows r.
func (p *Plan) bounded(n int, t Tail) string {
	on := "true"
	for i, c := range t.By {
		on += fmt.Sprintf(" AND t%d.b%d IS NOT DISTINCT FROM r.%s", n, i, ident(c))
	}
	return fmt.Sprintf(" LEFT JOIN %s t%d ON %s", p.work.name("tail", n), n, on)
}

// close fills in the report.
func (p *Plan) close(w *work, levels []int) (err error) {
	r := &p.Report
	if r.Remaining, err = w.risk(levels); err != nil {
		return err
	}
	if r.Affected, err = p.affected(); err != nil {
		return err
	}
	count := func(into *int64, query string) {
		if err == nil {
			err = p.work.Conn.QueryRowContext(p.work.ctx, query).Scan(into)
		}
	}
	if p.cut {
		count(&r.LeftOut, "SELECT count(*) FROM "+p.work.name("cut")+" WHERE gone")
		for n, i := range p.work.views[0].quasi {
			e := Emptied{Column: p.work.Quasi[i].Table + "." + p.work.Quasi[i].Column}
			count(&e.Persons, fmt.Sprintf("SELECT count(*) FROM %s WHERE NOT gone AND blank >> %d & 1 = 1", p.work.name("cut"), n))
			r.Emptied = append(r.Emptied, e)
		}
	}
	for n, t := range p.work.Tables {
		var all, left int64
		if p.cut || p.drops[n] > 0 {
			count(&all, "SELECT count(*) FROM "+t.Relation)
			count(&left, "SELECT count(*) FROM ("+p.Select(t.Name)+")")
			r.Rows = append(r.Rows, Rows{t.Name, all - left})
		}
	}
	return err
}

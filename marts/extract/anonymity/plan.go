package anonymity

import "fmt"

// Plan is how the data leave. It holds as long as its connection and the
// relations it was made of.
type Plan struct {
	Report Report

	work   *work
	levels []int
	cut    bool        // somebody has values emptied, or is left out
	drops  map[int]int // by table: how many quasi-identifiers its rows were left out by
	tails  []bool      // which of the rule's tails are cut already
}

// Report is what was done, for the manifest.
type Report struct {
	K         int       `json:"k"`
	Levels    []Chosen  `json:"levels"`
	Emptied   []Emptied `json:"emptied,omitempty"`
	LeftOut   int64     `json:"persons_left_out"`
	Affected  int64     `json:"persons_affected"` // of whom anything is emptied or left out
	Rows      []Rows    `json:"rows_left_out,omitempty"`
	Remaining Risk      `json:"remaining"` // of what leaves, counted as it leaves
}

// Chosen is the level at which a column leaves.
type Chosen struct {
	Column string `json:"column"`
	Level  string `json:"level"`
	Step   int    `json:"step"` // 0 for the finest
}

// Emptied is of how many persons a column's value was emptied.
type Emptied struct {
	Column  string `json:"column"`
	Persons int64  `json:"persons"`
}

// Rows is how many rows something was done to.
type Rows struct {
	Of   string `json:"of"`
	Rows int64  `json:"rows"`
}

// Select is the rows of a table as they leave, in SQL: its columns in their order,
// coarsened, cut and emptied. Person is as it was.
func (p *Plan) Select(table string) string {
	t := p.work.table(table)
	if t == nil {
		return ""
	}
	from := "(" + p.coarse(*t) + ") r"
	var replaced []string
	where := ""
	if p.cut {
		from += fmt.Sprintf(" LEFT JOIN %s c ON c.p = r.%s", p.work.name("cut"), ident(p.work.Person))
		where = " WHERE c.p IS NULL OR NOT c.gone"
		if !t.Many {
			for n, i := range p.work.views[0].quasi {
				if q := p.work.Quasi[i]; q.Table == table {
					replaced = append(replaced, fmt.Sprintf("CASE WHEN c.blank >> %d & 1 = 1 THEN NULL ELSE r.%s END AS %s", n, ident(q.Column), ident(q.Column)))
				}
			}
		}
	}
	from += p.dropped(*t)
	for n, x := range p.work.Tails {
		if x.Table == table && n < len(p.tails) && p.tails[n] {
			from += p.bounded(n, x)
			replaced = append(replaced, fmt.Sprintf("CASE WHEN t%d.low IS NULL THEN NULL WHEN r.%s > t%d.high THEN t%d.high WHEN r.%s < t%d.low THEN t%d.low ELSE r.%s END AS %s", n, ident(x.Column), n, n, ident(x.Column), n, n, ident(x.Column), ident(x.Column)))
		}
	}
	columns := "r.*"
	if len(replaced) > 0 {
		columns += " REPLACE (" + list(replaced) + ")"
	}
	return "SELECT " + columns + " FROM " + from + where
}

// Persons is everybody who leaves, in SQL: one column named as Person is.
func (p *Plan) Persons() string {
	query := "SELECT k." + ident(p.work.Person) + " FROM " + p.work.Cohort + " k"
	if p.cut {
		query += fmt.Sprintf(" LEFT JOIN %s c ON c.p = k.%s WHERE c.p IS NULL OR NOT c.gone", p.work.name("cut"), ident(p.work.Person))
	}
	return query
}

// coarse is the rows of a table at the chosen levels.
func (p *Plan) coarse(t Table) string {
	var replaced []string
	for i, q := range p.work.Quasi {
		if q.Table == t.Name {
			column := "r." + ident(q.Column)
			replaced = append(replaced, q.Levels[p.levels[i]].SQL(column, p.work.name("lookup", i, p.levels[i]))+" AS "+ident(q.Column))
		}
	}
	if len(replaced) == 0 {
		return "SELECT * FROM " + t.Relation
	}
	return "SELECT r.* REPLACE (" + list(replaced) + ") FROM " + t.Relation + " r"
}

// dropped leaves out the rows of a table that find somebody.
func (p *Plan) dropped(t Table) string {
	n := p.number(t.Name)
	if p.drops[n] == 0 {
		return ""
	}
	on := fmt.Sprintf(" ANTI JOIN %s d ON d.p = r.%s", p.work.name("drop", n), ident(p.work.Person))
	at := 0
	for _, q := range p.work.Quasi {
		if q.Table == t.Name {
			on += fmt.Sprintf(" AND d.g%d IS NOT DISTINCT FROM r.%s", at, ident(q.Column))
			at++
		}
	}
	return on
}

func (p *Plan) number(table string) int {
	for n, t := range p.work.Tables {
		if t.Name == table {
			return n
		}
	}
	return -1
}

// leaving is what leaves, as data of its own.
func (p *Plan) leaving() Data {
	out := Data{Conn: p.work.Conn, Person: p.work.Person, Cohort: "(" + p.Persons() + ")"}
	for _, t := range p.work.Tables {
		out.Tables = append(out.Tables, Table{Name: t.Name, Relation: "(" + p.Select(t.Name) + ")", Many: t.Many})
	}
	return out
}

package extract

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/extract/anonymity"
	"secondaryuse/marts/project"
)

// tables is what leaves, as the engine shows it.
type tables struct {
	who     persons
	leaving []int64 // persons, by their numbers in the snapshot's domain
	all     []table
	plan    anonymity.Plan
}

// table is one table that leaves.
type table struct {
	asked    project.Table
	mart     catalogue.Mart
	whole    int64 // rows of the mart
	count    cut.Count
	held     string // what its persons have in the columns that must stay unknown of them; empty where that would be as long
	relation string
	columns  []cut.Column          // as they leave
	kept     []string              // those that leave as they are in the mart, but for days that move
	link     string                // why it has the pseudonyms of an older study, where it has
	texts    map[string]string     // the columns of text, each with a relation that has exactly the texts that leave
	unique   []string              // by which no two rows are alike; nil where nothing says so
	leaves   map[string]string     // by column: how it leaves, where not as in the mart
	days     map[string]cut.Period // by column of days: which of them leave, where the rows are not taken by it
	outside  []Told                // how many days do not
}

// tables shows the tables that were asked for to the engine, and holds them to the
// anonymity that was declared.
func (b *basis) tables(ctx context.Context, engine *cut.Cut, who persons) (*tables, error) {
	if err := engine.Persons(who.all); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	if err := b.showLinks(engine, who); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	t := &tables{who: who}
	for _, asked := range b.project.Tables {
		one, err := b.show(ctx, engine, asked, len(who.all))
		if err != nil {
			return nil, fmt.Errorf("extract: %s: %w", asked.Mart, err)
		}
		t.all = append(t.all, one)
	}
	if err := b.anonymous(ctx, engine, t); err != nil {
		return nil, err
	}
	for i := range t.all {
		one := &t.all[i]
		one.relation = "(" + t.plan.Select(one.asked.Mart) + ")"
		var err error
		if one.relation, one.link, err = b.withLinks(*one); err != nil {
			return nil, err
		}
		if one.columns, err = engine.Describe(ctx, one.relation); err != nil {
			return nil, fmt.Errorf("extract: %s: %w", one.asked.Mart, err)
		}
		one.kept = b.kept(t.plan, *one)
		one.texts = b.texts(t.plan, *one)
		if !slices.ContainsFunc(one.mart.Grain, func(g string) bool { return !slices.Contains(one.kept, g) }) {
			one.unique = one.mart.Grain
		}
	}
	b.say(t)
	return t, nil
}

// show makes a view of one table: the rows of the persons, in the period, with the
// columns that were asked for.
func (b *basis) show(ctx context.Context, engine *cut.Cut, asked project.Table, persons int) (table, error) {
	i := slices.IndexFunc(b.marts, func(m catalogue.Mart) bool { return m.Name == asked.Mart })
	if i < 0 {
		return table{}, refused("the snapshot has no such mart")
	}
	t := table{asked: asked, mart: b.marts[i], days: make(map[string]cut.Period)}
	if !slices.Contains(t.mart.Grain, "person_id") {
		return table{}, refused("its rows are not about single persons; a table of numbers leaves as a release (ohc-marts release)")
	}
	shown := cut.Table{Name: asked.Mart, Shift: b.project.Period.Shift}
	for _, f := range b.snapshot.Files {
		if f.Mart == asked.Mart {
			shown.File, t.whole = filepath.Join(b.folder, filepath.Base(f.Name)), f.Rows
		}
	}
	for _, c := range asked.Columns {
		if c.Name == "person_id" {
			continue
		}
		col, err := b.column(ctx, engine, t.mart, c)
		if err != nil {
			return table{}, err
		}
		if p := b.limits(asked, c, col.Type); p != nil {
			t.days[c.Name], col.Coarse = *p, emptying(*p, col.Coarse)
		}
		shown.Columns = append(shown.Columns, col)
	}
	shown.Period = b.period(asked)
	if err := engine.Show(ctx, shown); err != nil {
		return table{}, err
	}
	if err := b.emptied(ctx, engine, shown, &t); err != nil {
		return table{}, err
	}
	sensitive := b.sensitive(asked.Mart)
	var err error
	if len(sensitive) > 0 && t.whole >= int64(often*persons) {
		t.count, t.held, err = engine.Hold(ctx, shown, sensitive)
	} else {
		t.count, err = engine.Count(ctx, shown)
	}
	return t, err
}

// often is how many rows a person has, on average, where what each has in a column is
// kept while they are counted, so that rows are not read again for it.
const often = 8

// sensitive is the columns of a mart that must stay unknown of those who look alike.
func (b *basis) sensitive(mart string) (out []string) {
	for _, s := range b.project.Anonymity.Sensitive {
		if of, column := split(s.Column); of == mart {
			out = append(out, column)
		}
	}
	return out
}

// period is the days of which rows are taken. What lies after the day that the marts
// show is not there; where dates are moved, that is an end as well.
func (b *basis) period(asked project.Table) cut.Period {
	if asked.Date == "" {
		return cut.Period{}
	}
	p := cut.Period{Column: asked.Date, From: b.project.Period.From.Time, Until: b.project.Period.Until.Time}
	if after := b.asOf.AddDate(0, 0, 1); p.Until.IsZero() || p.Until.After(after) {
		p.Until = after
	}
	return p
}

// column is one column as it is shown, at the level at which it leaves always.
func (b *basis) column(ctx context.Context, engine *cut.Cut, m catalogue.Mart, c project.Column) (cut.Column, error) {
	i := slices.IndexFunc(m.Columns, func(have catalogue.Column) bool { return have.Name == c.Name })
	if i < 0 {
		return cut.Column{}, refused("it has no column %s", c.Name)
	}
	out := cut.Column{Name: c.Name, Type: m.Columns[i].Type}
	if c.Coarsen == "" {
		return out, nil
	}
	level, err := anonymity.Named(c.Coarsen, b.project.Lookup)
	if err != nil {
		return out, refused("%s: %w", c.Name, err)
	}
	pairs := "lookup_" + m.Name + "_" + c.Name
	if level.Lookup != nil {
		if err := engine.Lookup(ctx, pairs, level.Lookup); err != nil {
			return out, err
		}
	}
	out.Coarse = func(value string) string { return level.SQL(value, pairs) }
	return out, nil
}

// anonymous finds the least coarsening by which what leaves is as anonymous as was
// declared, and refuses where there is none.
func (b *basis) anonymous(ctx context.Context, engine *cut.Cut, t *tables) error {
	rule, err := b.rule()
	if err != nil {
		return refused("%w", err)
	}
	data := anonymity.Data{Conn: engine.Conn(), Person: "person_id", Cohort: "(SELECT place AS person_id FROM main.person)"}
	for _, one := range t.all {
		data.Tables = append(data.Tables, anonymity.Table{Name: one.asked.Mart, Relation: `"` + one.asked.Mart + `"`, Many: project.Many(one.mart), Held: one.held})
	}
	if t.plan, err = anonymity.Choose(ctx, data, rule); errors.Is(err, anonymity.ErrRefused) {
		return refused("%w", err)
	} else if err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	t.leaving, err = b.leaving(ctx, engine, t.plan)
	if err == nil && len(t.leaving) < rule.K {
		err = refused("fewer than %d persons would be left", rule.K)
	}
	return err
}

// leaving is who leaves.
func (b *basis) leaving(ctx context.Context, engine *cut.Cut, plan anonymity.Plan) (out []int64, err error) {
	rows, err := engine.Conn().QueryContext(ctx, "SELECT base FROM main.person WHERE place IN ("+plan.Persons()+")")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var base int64
		if err := rows.Scan(&base); err != nil {
			return nil, err
		}
		out = append(out, base)
	}
	return out, rows.Err()
}

// rule is what the project declares.
func (b *basis) rule() (anonymity.Rule, error) {
	a := b.project.Anonymity
	r := anonymity.Rule{K: a.K, Suppression: a.Suppression, AllRows: a.Knows == "all-rows"}
	for _, q := range a.Quasi {
		mart, column := split(q.Column)
		out := anonymity.Quasi{Table: mart, Column: column}
		for _, word := range q.Levels {
			level, err := anonymity.Named(word, b.project.Lookup)
			if err != nil {
				return r, fmt.Errorf("%s: %s: %w", q.Column, word, err)
			}
			out.Levels = append(out.Levels, level)
		}
		r.Quasi = append(r.Quasi, out)
	}
	for _, s := range a.Sensitive {
		mart, column := split(s.Column)
		r.Sensitive = append(r.Sensitive, anonymity.Sensitive{Table: mart, Column: column, L: s.L, Entropy: s.Entropy})
	}
	for _, tail := range a.Tails {
		mart, column := split(tail.Column)
		out := anonymity.Tail{Table: mart, Column: column}
		for _, by := range tail.By {
			_, name := split(by)
			out.By = append(out.By, name)
		}
		r.Tails = append(r.Tails, out)
	}
	return r, nil
}

// kept is the columns of a table that leave as they are, but for days that move.
func (b *basis) kept(plan anonymity.Plan, t table) (out []string) {
	changed := make(map[string]bool)
	for _, c := range t.asked.Columns {
		_, emptied := t.days[c.Name]
		changed[c.Name] = emptied || c.Coarsen != "" && c.Coarsen != "as-is"
	}
	for _, l := range plan.Report.Levels {
		if mart, column := split(l.Column); mart == t.asked.Mart && (l.Level != "as-is" || !project.Many(t.mart)) { // of one row a person, it is emptied, too
			changed[column] = true
		}
	}
	for _, tail := range b.project.Anonymity.Tails {
		if mart, column := split(tail.Column); mart == t.asked.Mart {
			changed[column] = true
		}
	}
	for _, c := range t.columns {
		if c.Name == "person_id" || !changed[c.Name] {
			out = append(out, c.Name)
		}
	}
	return out
}

// texts is the columns of text of a table. What a person has in a column is what leaves
// of it where nothing was done to anybody.
func (b *basis) texts(plan anonymity.Plan, t table) map[string]string {
	out, sensitive := make(map[string]string), b.sensitive(t.asked.Mart)
	for _, c := range t.columns {
		if c.Type != "VARCHAR" {
			continue
		}
		if out[c.Name] = t.relation; t.held != "" && plan.Report.Affected == 0 && slices.Contains(sensitive, c.Name) && slices.Contains(t.kept, c.Name) {
			out[c.Name] = t.held
		}
	}
	return out
}

func number(ctx context.Context, engine *cut.Cut, query string) (n int64, err error) {
	return n, engine.Conn().QueryRowContext(ctx, query).Scan(&n)
}

// day is a day of the calendar.
func day(t time.Time) string { return t.Format(time.DateOnly) }

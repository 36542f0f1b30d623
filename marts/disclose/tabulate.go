package disclose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"secondaryuse/marts/disclose/differ"
)

const (
	maxCells = 50_000        // of the table without totals
	total    = "Total"       // what stands for a dimension that is totalled
	unknown  = "(not known)" // what stands for a dimension that is NULL
)

// tabulate counts, and takes down on the sheet who is counted in each cell.
func (in *Input) tabulate(ctx context.Context, sheet *differ.Sheet) (*table, error) {
	if err := in.Question.still(); err != nil {
		return nil, err
	}
	if err := in.personal(ctx); err != nil {
		return nil, err
	}
	if err := in.typed(ctx); err != nil {
		return nil, err
	}
	if err := in.positive(ctx); err != nil {
		return nil, err
	}
	if err := in.known(ctx); err != nil {
		return nil, err
	}
	t := newTable(&in.Question)
	for name, kind := range in.types {
		t.floating[name] = kind == "DOUBLE" || kind == "FLOAT"
	}
	if err := in.nameless(ctx, t); err != nil {
		return nil, err
	}
	for i := range t.levels { // one after the other: an answer of all would be as many times larger
		if err := in.ask(ctx, t.statement(i), func(row []any) error { return t.take(&t.levels[i], row, in.Person, sheet) }); err != nil {
			return nil, err
		}
	}
	if len(t.levels[0].order) == 0 {
		return nil, errors.New("nobody is in the table: the SELECT has no rows")
	}
	if err := t.fill(); err != nil {
		return nil, err
	}
	if err := errors.Join(in.medians(ctx, t), t.steady()); err != nil {
		return nil, err
	}
	if err := in.local(ctx, t); err != nil {
		return nil, err
	}
	return t, in.gifts(ctx, t, sheet)
}

// errUnsteady is about a SELECT that has other rows each time it is asked.
var errUnsteady = errors.New("the SELECT does not give the same rows twice: leave out random() and the like, and give a LIMIT an order")

// steady checks that every level was counted of the same rows.
func (t *table) steady() error {
	rows := make(map[*cell]int64)
	t.over(func(base, above *cell) { rows[above] += base.rows })
	for above, n := range rows {
		if n != above.rows {
			return errUnsteady
		}
	}
	return nil
}

// statement is the question that counts: a row for every person of every cell
// of a level, sorted. A person is in one row of a cell.
func (t *table) statement(i int) string {
	out := append(t.dims(&t.levels[i]), "person_id", "count(*) AS row_count")
	by := strings.Join(append(t.kept(&t.levels[i]), "person_id"), ", ")
	for i, m := range t.q.Measures {
		out = append(out, fmt.Sprintf("%s AS value_%d, count(%s) AS rows_%d", aggregate(m), i, counted(m), i))
	}
	return "SELECT " + strings.Join(out, ", ") + " FROM (" + t.plain() + ") AS plain GROUP BY " + by + " ORDER BY " + by
}

// plain is the author's SELECT with its dimensions as text, and its floating point as
// far as everybody who asks comes to the same: what is added up in another order, by more
// threads or with less memory, differs in its last digits, and could be rounded to
// another hundredth.
func (t *table) plain() string {
	out := []string{"person_id"}
	for _, d := range t.q.Dimensions {
		out = append(out, fmt.Sprintf("COALESCE(CAST(%s AS VARCHAR), '%s') AS %s", quoted(d.Name), unknown, quoted(d.Name)))
	}
	for _, c := range t.columns() {
		if t.floating[c] {
			out = append(out, "round(CAST("+quoted(c)+" AS DOUBLE), 6) AS "+quoted(c))
			continue
		}
		out = append(out, quoted(c))
	}
	return "SELECT " + strings.Join(out, ", ") + " FROM (\n" + t.q.SQL + "\n) AS asked"
}

// dims are the columns of a level's dimensions: empty text where it totals one.
func (t *table) dims(l *level) (out []string) {
	for i, d := range t.q.Dimensions {
		if l.by[i] {
			out = append(out, quoted(d.Name))
			continue
		}
		out = append(out, "''")
	}
	return out
}

// kept are the dimensions that a level does not total.
func (t *table) kept(l *level) (out []string) {
	return slices.DeleteFunc(t.dims(l), func(d string) bool { return d == "''" })
}

// aggregate is what is summed of a person in a cell. Numbers are taken in
// hundredths, so that a sum is the same in whatever order it is made.
func aggregate(m measure) string {
	switch m.Kind {
	case persons:
		if m.Column != "" {
			return "CAST(bool_or(" + quoted(m.Column) + ") AS INTEGER)"
		}
		return "1"
	case events:
		if m.Column != "" {
			return "CAST(sum(" + quoted(m.Column) + ") AS BIGINT)"
		}
		return "count(*)"
	case sum, mean, median:
		return "CAST(sum(CAST(" + quoted(m.Column) + " AS DECIMAL(30,2))) * 100 AS BIGINT)"
	}
	return "0"
}

// counted is what the rows of a person are counted by: those with a value.
func counted(m measure) string {
	if m.Column == "" {
		return "*"
	}
	return quoted(m.Column)
}

// quoted is a name that SQL reads as one, whatever word it is.
func quoted(name string) string { return `"` + name + `"` }

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// errNegative is about measures; of means it is one as well, as a mean is told
// beside the number that it is of.
var errNegative = errors.New("a column of a measure has a value below 0; add what makes it positive, or count bands of it")

// most is the largest figure, in hundredths where it is a sum: up to it a number
// is exact in whatever it is told in.
const most = 1 << 53

var errLarge = errors.New("a figure is too large; give the SELECT the column in thousands or millions")

// take adds one person of one cell to the table.
func (t *table) take(l *level, row []any, person func(int64) [16]byte, sheet *differ.Sheet) error {
	n := len(t.q.Dimensions)
	at := texts(row[:n])
	for d, v := range at {
		if l.by[d] && misnamed(v) {
			return fmt.Errorf("dimension %s has a value that is empty, %q, longer than %d bytes, with blanks around it, or what a spreadsheet would calculate (=, @); name it otherwise", t.q.Dimensions[d].Name, total, longest)
		}
	}
	c := l.cell(t, at)
	if len(l.order) > maxCells {
		return fmt.Errorf("the table has more than %d cells: ask for fewer dimensions or wider bands", maxCells)
	}
	records, _ := row[n+1].(int64)
	c.rows += records
	in := t.nothing()
	in[0].is = true
	for m := range t.q.Measures {
		if err := t.add(c, m, row[n+2+2*m:n+4+2*m], in); err != nil {
			return err
		}
	}
	for s := range in {
		if in[s].is {
			c.people[s]++
		}
	}
	id, ok := row[n].(int64)
	if !ok {
		return errUnsteady // each was one of the population a moment ago
	}
	if l.left() > 0 {
		return nil // of level 0 alone: a total is of all its cells' people
	}
	return t.note(c, person(id), in, sheet)
}

// longest is how long a value of a dimension may be: a name, and not a record.
const longest = 200

// misnamed says that a value of a dimension cannot stand in a table: it would be taken
// for a total or for another value, or be run by who opens the table.
func misnamed(v string) bool {
	return v == "" || strings.EqualFold(v, total) || strings.TrimSpace(v) != v || len(v) > longest || strings.Contains(v, "\x1f") || strings.ContainsRune("=@", rune(v[0]))
}

// add adds what one person has of one measure: a value and of how many rows.
func (t *table) add(c *cell, m int, what []any, in []part) error {
	value, ok := what[0].(int64)
	rows, _ := what[1].(int64)
	if !ok || t.uses[m] < 0 {
		return nil // the person has no value
	}
	if value < 0 {
		return errNegative
	}
	f, kind := &c.figures[m], t.q.Measures[m].Kind
	f.value += value
	f.rows += rows
	if value > most || f.value > most {
		return errLarge
	}
	if value > 0 || kind == mean || kind == median {
		in[t.uses[m]].is = true
	}
	f.crowd = max(f.crowd, rows)
	if g := t.gives[m]; g >= 0 && value > 0 {
		in[g] = part{true, inHundredths(kind, value), rows}
		f.most = largest(f.most, value)
		if f.least == 0 || value < f.least {
			f.least = value
		}
	}
	return nil
}

// largest keeps the largest values, in falling order.
func largest(most []int64, v int64) []int64 {
	i, _ := slices.BinarySearchFunc(most, v, func(a, b int64) int { return int(min(max(b-a, -1), 1)) })
	if i == top {
		return most
	}
	most = slices.Insert(most, i, v)
	return most[:min(len(most), top)]
}

func texts(row []any) []string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i], _ = v.(string)
	}
	return out
}

// medians fills in the medians, which no sum of persons' parts tells.
func (in *Input) medians(ctx context.Context, t *table) error {
	var which []int
	for i, m := range t.q.Measures {
		if m.Kind == median {
			which = append(which, i)
		}
	}
	if which == nil {
		return nil
	}
	for i := range t.levels {
		l := &t.levels[i]
		if err := in.ask(ctx, t.middle(l, which), func(row []any) error {
			c := l.cell(t, texts(row[:len(l.by)]))
			if row[len(row)-1] != c.rows {
				return errUnsteady
			}
			for k, m := range which {
				c.figures[m].value, _ = row[len(l.by)+k].(int64)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// middle is the question for a level's medians.
func (t *table) middle(l *level, which []int) string {
	out := t.dims(l)
	for _, m := range which {
		out = append(out, fmt.Sprintf("CAST(round(median(CAST(%s AS DOUBLE)) * 100) AS BIGINT) AS value_%d", quoted(t.q.Measures[m].Column), m))
	}
	ask := "SELECT " + strings.Join(append(out, "count(*) AS row_count"), ", ") + " FROM (" + t.plain() + ") AS plain"
	if by := t.kept(l); len(by) > 0 {
		ask += " GROUP BY " + strings.Join(by, ", ")
	}
	return ask
}

// typed has the engine say which columns the SELECT has, and of which types.
func (in *Input) typed(ctx context.Context) error {
	types := make(map[string]string)
	in.types = types
	if err := in.ask(ctx, "DESCRIBE "+in.Question.SQL, func(row []any) error {
		name, _ := row[0].(string)
		for other := range types {
			if strings.EqualFold(name, other) {
				return fmt.Errorf("the SELECT has two columns %s; give each its own name", name)
			}
		}
		types[name], _ = row[1].(string)
		return nil
	}); err != nil {
		return err
	}
	need := map[string][]string{"person_id": {"BIGINT"}}
	for _, d := range in.Question.Dimensions {
		need[d.Name] = nil
	}
	var wrong []string
	for _, m := range in.Question.Measures {
		if m.Column != "" && !fits(m.Kind, types[m.Column]) {
			wrong = append(wrong, fmt.Sprintf("%s of %s", m.Kind, m.Column))
		}
	}
	for name, want := range need {
		if kind, ok := types[name]; !ok || want != nil && !slices.Contains(want, kind) {
			wrong = append(wrong, name)
		}
	}
	slices.Sort(wrong)
	if wrong != nil {
		return fmt.Errorf("the SELECT must give person_id as BIGINT, every dimension, BOOLEAN for persons of, whole numbers for events of, numbers for the others; it does not for: %s", strings.Join(wrong, ", "))
	}
	return nil
}

// positive checks that no column of numbers has one below 0: not a person's own sum
// either, of which the parts could be anything.
func (in *Input) positive(ctx context.Context) error {
	var below []string
	for _, m := range in.Question.Measures {
		if m.Column != "" && m.Kind != persons {
			below = append(below, quoted(m.Column)+" < 0")
		}
	}
	if below == nil {
		return nil
	}
	return in.ask(ctx, "SELECT count(*) FROM (\n"+in.Question.SQL+"\n) AS asked WHERE "+strings.Join(below, " OR "), func(row []any) error {
		if row[0] != int64(0) {
			return errNegative
		}
		return nil
	})
}

// fits says that a measure can be made of a column of the type.
func fits(kind, column string) bool {
	whole := []string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
	switch kind {
	case persons:
		return column == "BOOLEAN"
	case events:
		return slices.Contains(whole, column)
	}
	return slices.Contains(append(whole, "FLOAT", "DOUBLE"), column) || strings.HasPrefix(column, "DECIMAL(")
}

// nameless checks that no value of a dimension has the person's id in it: a
// value stands in the table, whether its figures are hidden or not. Ids of fewer
// than ten digits, which are found in other numbers, are as good as never given.
func (in *Input) nameless(ctx context.Context, t *table) error {
	var has []string
	for _, d := range in.Question.Dimensions {
		has = append(has, "contains("+quoted(d.Name)+", CAST(person_id AS VARCHAR))")
	}
	return in.ask(ctx, "SELECT count(*) FROM ("+t.plain()+") AS plain WHERE person_id >= 1000000000 AND ("+strings.Join(has, " OR ")+")", func(row []any) error {
		if row[0] != int64(0) {
			return errors.New("a dimension has person_id in it: a table is not about persons one by one")
		}
		return nil
	})
}

// known checks that every person is one of the population: who is not was made
// up.
func (in *Input) known(ctx context.Context) error {
	return in.ask(ctx, "SELECT count(*) FROM (SELECT DISTINCT person_id FROM (\n"+in.Question.SQL+"\n) AS asked) AS who ANTI JOIN population AS p ON p.person_id = who.person_id", func(row []any) error {
		if row[0] != int64(0) {
			return fmt.Errorf("person_id is not that of a person of the mart population in every row")
		}
		return nil
	})
}

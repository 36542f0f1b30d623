package duckdb

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"secondaryuse/marts/catalogue"
)

// follower goes on from an earlier snapshot: a mart that follows persons is
// built anew for those whose rows may have changed, which are
//
//   - whoever was touched in a layer above the snapshot's;
//   - whom the mart's contract names besides (dates, also), because the day moved;
//   - whose birth is shown otherwise on that day, if the mart reads births;
//   - who is built anew in a mart that it reads.
//
// For a mart of persons their rows of the snapshot give way to the new ones.
// Of a mart that adds, what they had in it on the day of the snapshot is taken
// off, and what they have now is added. All else is built from everything.
type follower struct {
	*builder
	before   Before
	was, now world
	asks     world    // for also
	others   []string // the names of all marts
	enrols   *sync.Mutex
}

func (b *builder) follow(ctx context.Context, marts []catalogue.Mart) ([]Built, error) {
	f := &follower{builder: b, before: b.all.src.Before, was: b.all, now: b.all, asks: b.all, enrols: new(sync.Mutex)}
	since, err := time.Parse(time.DateOnly, f.before.AsOf)
	if err != nil {
		return nil, fmt.Errorf("the day of the snapshot to go on from is none")
	}
	f.was.schema, f.was.layer, f.was.asOf = "was", f.before.Layer, since
	f.now.schema = "now"
	f.asks.schema, f.asks.layer, f.asks.since = "asks", f.before.Layer, since
	for _, m := range marts {
		f.others = append(f.others, m.Name)
	}
	if err := f.worlds(ctx); err != nil {
		return nil, err
	}
	return f.together(ctx, marts)
}

// worlds begins those that this follower asks.
func (f *follower) worlds(ctx context.Context) error {
	for _, w := range []world{f.was, f.now, f.asks} {
		if err := f.begin(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// look finds who must be built anew in a mart, a table fresh_MART (base), and
// gives them a number. It has been done for the marts that this one reads.
func (f *follower) look(ctx context.Context, m catalogue.Mart) error {
	if err := f.enter(ctx, f.asks); err != nil {
		return err
	}
	who, err := f.who(ctx, m)
	if err != nil {
		return err
	}
	if err := f.codelists(ctx, m); err != nil {
		return err
	}
	if err := f.exec(ctx, "CREATE TABLE main.fresh_"+m.Name+" AS "+strings.Join(who, " UNION ")); err != nil {
		return fmt.Errorf("also: %w", err)
	}
	if err := f.forget(ctx, m); err != nil {
		return err
	}
	f.enrols.Lock() // or two would give one person two numbers
	defer f.enrols.Unlock()
	return f.enrol(ctx, "SELECT base FROM main.fresh_"+m.Name, f.all.src)
}

// who writes the queries for who must be built anew in one mart.
func (f *follower) who(ctx context.Context, m catalogue.Mart) ([]string, error) {
	out := []string{fmt.Sprintf("SELECT DISTINCT base FROM main.touch WHERE layer > %d", f.before.Layer)} // once, in however many layers
	for _, r := range m.Reads {
		if slices.Contains(f.others, r) {
			out = append(out, "SELECT base FROM main.fresh_"+r)
		}
	}
	if f.asks.asOf.Equal(f.asks.since) {
		return out, nil
	}
	for _, d := range m.Dates {
		out = append(out, f.waited(d)...)
	}
	if m.Also != "" {
		out = append(out, "SELECT person_id AS base FROM ("+m.Also+")")
		for _, in := range f.inputs {
			if !in.Staged() || !slices.Contains(m.Reads, in.Name) {
				continue
			}
			if err := f.bare(ctx, f.asks, in); err != nil {
				return nil, fmt.Errorf("stage: %s: %w", in.Name, err)
			}
		}
	}
	if slices.Contains(m.Reads, "person") {
		out = append(out, f.grown()...)
	}
	return out, nil
}

// waited asks for those who have a row whose day has come. It asks for what is
// staged, so that what cannot have such a row is not read.
func (f *follower) waited(d catalogue.Date) []string {
	from := f.all.src.layers(d.Dataset, none, f.before.Layer)
	if len(from) == 0 {
		return nil
	}
	day := func(t time.Time) string { return "TIMESTAMP " + text(t.AddDate(0, 0, 1).Format(time.DateOnly)) }
	return []string{fmt.Sprintf(`SELECT t.person_id AS base FROM (%[1]s) t WHERE t."%[2]s" >= %[3]s AND t."%[2]s" < %[4]s`,
		f.all.src.union(from, []string{"person_id", d.Column}), d.Column, day(f.was.asOf), day(f.now.asOf))}
}

// grown asks for those whose birth is shown otherwise than it was.
func (f *follower) grown() []string {
	from := f.all.src.layers("person", none, f.before.Layer)
	if len(from) == 0 || f.was.asOf.Format("2006-01") == f.now.asOf.Format("2006-01") {
		return nil
	}
	var differ []string
	for _, c := range []string{"birth_year", "birth_month"} {
		x := known(c, "INTEGER")
		differ = append(differ, fmt.Sprintf("%s IS DISTINCT FROM %s", capped(c, x, f.was.asOf), capped(c, x, f.now.asOf)))
	}
	return []string{fmt.Sprintf("SELECT t.person_id AS base FROM (%s) t WHERE %s",
		f.all.src.union(from, []string{"person_id", "birth_year", "birth_month"}), strings.Join(differ, " OR "))}
}

// made makes what a mart has of those built anew, checks it, and writes the
// query for what of it stays; there is none when it is as it was.
func (f *follower) made(ctx context.Context, m catalogue.Mart) (string, error) {
	if err := f.make(ctx, f.now, m, f.dir, f.table("made")); err != nil {
		return "", err
	}
	rest, err := f.merged(ctx, m)
	if err != nil || rest == "" {
		return "", err
	}
	return rest, f.promised(ctx, m, f.table("made"), true)
}

// table names one of what this follower makes of a mart: made, what those built
// anew have in it now; unmade, what they had; moved, what of it is otherwise.
func (f *follower) table(name string) string { return f.now.schema + "." + name }

// make asks a mart's query of one world, for those who must be built anew, and
// leaves the answer in a table. That its columns are those of the contract was
// seen when the same contract was built for everybody.
func (f *follower) make(ctx context.Context, w world, m catalogue.Mart, folder, table string) error {
	if err := f.enter(ctx, w); err != nil {
		return err
	}
	if err := f.admit(ctx, w, "SELECT base FROM main.fresh_"+m.Name); err != nil {
		return err
	}
	lowest, err := f.number(ctx, fmt.Sprintf("SELECT coalesce(min(home), %d) FROM %s.chosen", f.now.layer, w.schema))
	if err != nil {
		return err
	}
	for _, r := range m.Reads {
		i := slices.IndexFunc(f.inputs, func(in catalogue.Input) bool { return in.Name == r })
		switch {
		case i >= 0 && f.inputs[i].Staged():
			err = f.hold(ctx, w, m.Needs(f.inputs[i]), max(lowest-1, none))
		case i < 0 && !slices.ContainsFunc(m.Codelists, func(l catalogue.Codelist) bool { return l.Name == r }):
			err = f.exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s.%s AS SELECT x.* FROM read_parquet(%s) x SEMI JOIN %[1]s.chosen c ON c.id = x.person_id",
				w.schema, r, text(filepath.Join(folder, r+".parquet"))))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
	}
	return f.exec(ctx, "CREATE OR REPLACE TABLE "+table+" AS SELECT "+list(m)+" FROM ("+m.SQL+")")
}

// hold takes what the chosen have in a dataset into memory: a condition of the
// mart's query would be asked of everybody's rows before they are chosen.
func (f *follower) hold(ctx context.Context, w world, in catalogue.Input, above int64) error {
	if err := f.show(ctx, w, in, "seen", above); err != nil {
		return err
	}
	return f.exec(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE %s.%s AS FROM %[1]s.seen", w.schema, in.Name))
}

// merged writes the query for what of a mart stays beside what was made; there is
// none when it is as it was.
func (f *follower) merged(ctx context.Context, m catalogue.Mart) (string, error) {
	old := "read_parquet(" + text(filepath.Join(f.before.Folder, m.Name+".parquet")) + ")"
	if len(m.Adds) > 0 {
		return f.added(ctx, m, old)
	}
	same, err := f.same(ctx, m, old)
	if err != nil || same {
		return "", err
	}
	return fmt.Sprintf("SELECT %s FROM %s x ANTI JOIN (SELECT p.id FROM main.fresh_%s JOIN main.persons p USING (base)) c ON c.id = x.person_id", list(m), old, m.Name), nil
}

// few is how many rows are compared with those that there were.
const few = 1000

// same reports whether the chosen have in a mart what they had. Of many rows some
// will be otherwise: to look for them would take a part of the time that it takes
// to write the mart.
func (f *follower) same(ctx context.Context, m catalogue.Mart, old string) (bool, error) {
	n, err := f.number(ctx, "SELECT count(*) FROM "+f.table("made"))
	if err != nil || n > few {
		return false, err
	}
	err = f.exec(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE %s AS SELECT %s FROM %s x SEMI JOIN %s.chosen c ON c.id = x.person_id", f.table("unmade"), list(m), old, f.now.schema))
	if err != nil {
		return false, err
	}
	n, err = f.number(ctx, fmt.Sprintf(`SELECT abs((SELECT count(*) FROM %[1]s) - (SELECT count(*) FROM %[2]s))
		+ (SELECT count(*) FROM (FROM %[1]s EXCEPT ALL FROM %[2]s))`, f.table("made"), f.table("unmade")))
	return n == 0, err
}

// added takes off what there was of those built anew and adds what there is.
func (f *follower) added(ctx context.Context, m catalogue.Mart, old string) (string, error) {
	if err := f.unmake(ctx, m); err != nil {
		return "", err
	}
	grain, made, unmade, moved := strings.Join(m.Grain, ", "), f.table("made"), f.table("unmade"), f.table("moved")
	sum := func(sign string) string {
		out := grain
		for _, a := range m.Adds {
			out += fmt.Sprintf(", %scoalesce(%s, 0) AS %[2]s", sign, a)
		}
		return out
	}
	var sums []string
	for _, a := range m.Adds {
		sums = append(sums, fmt.Sprintf("sum(%s) AS %[1]s", a))
	}
	group := func(from string) string {
		return fmt.Sprintf("SELECT * FROM (SELECT %s, %s FROM (%s) GROUP BY %[1]s) WHERE NOT (%[4]s)", grain, strings.Join(sums, ", "), from, nothing(m))
	}
	err := f.exec(ctx, "CREATE OR REPLACE TABLE "+moved+" AS "+group(fmt.Sprintf("SELECT %s FROM %s UNION ALL SELECT %s FROM %s", sum(""), made, sum("-"), unmade)))
	if err != nil {
		return "", err
	}
	n, err := f.number(ctx, "SELECT count(*) FROM "+moved)
	if err != nil || n == 0 {
		return "", err
	}
	err = f.exec(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE %s AS SELECT %s FROM (%s)", made, summed(m),
		group(fmt.Sprintf("SELECT %s FROM %s SEMI JOIN %s USING (%s) UNION ALL FROM %[3]s", sum(""), old, moved, grain))))
	return fmt.Sprintf("SELECT %s FROM %s ANTI JOIN %s USING (%s)", list(m), old, moved, grain), err
}

// unmake makes what there was of those built anew.
func (f *follower) unmake(ctx context.Context, m catalogue.Mart) error {
	if err := f.enter(ctx, f.was); err != nil {
		return err
	}
	if err := f.codelists(ctx, m); err != nil {
		return err
	}
	if err := f.make(ctx, f.was, m, f.before.Folder, f.table("unmade")); err != nil {
		return err
	}
	if err := f.forget(ctx, m); err != nil {
		return err
	}
	return f.enter(ctx, f.now)
}

// summed is the columns of a mart that adds, from sums of its own rows.
func summed(m catalogue.Mart) string {
	var columns []string
	for _, c := range m.Columns {
		x := c.Name
		if c.Null {
			x = "nullif(" + x + ", 0)"
		}
		columns = append(columns, fmt.Sprintf("CAST(%s AS %s) AS %s", x, c.Type, c.Name))
	}
	return strings.Join(columns, ", ")
}

// promised checks a mart. What looks at one row alone is asked of the new rows:
// the others were asked when they were new. So is whether a grain stands twice,
// since no person, or group, has both old rows and new ones.
func (f *follower) promised(ctx context.Context, m catalogue.Mart, from string, new bool) error {
	var checks []catalogue.Check
	for i, c := range promises(m) {
		if new == (i == 0 || m.PerRow(c)) {
			checks = append(checks, c)
		}
	}
	if err := f.exec(ctx, "CREATE OR REPLACE VIEW "+f.now.schema+"."+m.Name+" AS FROM "+from); err != nil {
		return err
	}
	return f.check(ctx, checks)
}

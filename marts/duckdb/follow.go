package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
)

// follower goes on from an earlier snapshot: a mart that follows persons is
// built anew for those whose rows may have changed, which are
//
//   - whoever was touched in a layer above the snapshot's;
//   - whom the mart's contract names besides (also), because the day moved;
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
	asks     world // for also
}

func (b *builder) follow(ctx context.Context, marts []catalogue.Mart) ([]Built, error) {
	f := follower{builder: b, before: b.all.src.Before, was: b.all, now: b.all, asks: b.all}
	since, err := time.Parse(time.DateOnly, f.before.AsOf)
	if err != nil {
		return nil, fmt.Errorf("the day of the snapshot to go on from is none")
	}
	f.was.schema, f.was.layer, f.was.asOf = "was", f.before.Layer, since
	f.now.schema = "now"
	f.asks.schema, f.asks.layer, f.asks.since = "asks", f.before.Layer, since
	for _, w := range []world{f.was, f.now, f.asks} {
		if err := f.begin(ctx, w); err != nil {
			return nil, err
		}
	}
	if err := f.look(ctx, marts); err != nil {
		return nil, err
	}
	var out []Built
	for _, m := range marts {
		var built Built
		if m.Follows() {
			built, err = f.mart(ctx, m)
		} else {
			built, err = f.whole(ctx, m)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		out = append(out, built)
	}
	return out, nil
}

// look finds who must be built anew in each mart, a table fresh_MART (base),
// and gives all of them a number.
func (f *follower) look(ctx context.Context, marts []catalogue.Mart) error {
	if err := f.enter(ctx, f.asks); err != nil {
		return err
	}
	var shown, all []string
	for _, m := range marts {
		if !m.Follows() {
			continue
		}
		who := []string{fmt.Sprintf("SELECT base FROM main.touch WHERE layer > %d", f.before.Layer)}
		for _, r := range m.Reads {
			if slices.ContainsFunc(marts, func(o catalogue.Mart) bool { return o.Name == r }) {
				who = append(who, "SELECT base FROM main.fresh_"+r)
			}
		}
		if !f.asks.asOf.Equal(f.asks.since) {
			for _, in := range f.inputs {
				if slices.Contains(m.Reads, in.Name) && in.Staged() && !slices.Contains(shown, in.Name) {
					shown = append(shown, in.Name)
					if err := f.bare(ctx, f.asks, in); err != nil {
						return fmt.Errorf("stage: %s: %w", in.Name, err)
					}
				}
			}
			if m.Also != "" {
				who = append(who, "SELECT person_id AS base FROM ("+m.Also+")")
			}
			if slices.Contains(m.Reads, "person") {
				who = append(who, f.grown()...)
			}
		}
		if err := f.codelists(ctx, m); err != nil {
			return err
		}
		if err := f.exec(ctx, "CREATE TABLE main.fresh_"+m.Name+" AS "+strings.Join(who, " UNION ")); err != nil {
			return fmt.Errorf("%s: also: %w", m.Name, err)
		}
		if err := f.forget(ctx, m); err != nil {
			return err
		}
		all = append(all, "SELECT base FROM main.fresh_"+m.Name)
	}
	if len(all) == 0 {
		return nil
	}
	return f.enrol(ctx, strings.Join(all, " UNION ALL "), f.all.src)
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

// mart writes a mart that follows persons.
func (f *follower) mart(ctx context.Context, m catalogue.Mart) (Built, error) {
	b := Built{Mart: m, File: m.Name + ".parquet"}
	if err := f.codelists(ctx, m); err != nil {
		return b, err
	}
	if err := f.make(ctx, f.now, m, f.dir, "made"); err != nil {
		return b, err
	}
	changed, err := f.merged(ctx, m)
	if err != nil {
		return b, err
	}
	old, path := filepath.Join(f.before.Folder, b.File), filepath.Join(f.dir, b.File)
	if changed == "" {
		err = os.Link(old, path)
	} else {
		err = f.copyTo(ctx, sorted(m, changed), path)
	}
	if err != nil {
		return b, err
	}
	if err := f.exec(ctx, "CREATE VIEW main."+m.Name+" AS FROM read_parquet("+text(path)+")"); err != nil {
		return b, err
	}
	if err := f.promised(ctx, m); err != nil {
		return b, err
	}
	if err := f.forget(ctx, m); err != nil {
		return b, err
	}
	return f.finish(ctx, b, f.dir)
}

// make asks a mart's query of one world, for those who must be built anew, and
// leaves the answer in a table.
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
			err = f.show(ctx, w, f.inputs[i], max(lowest-1, none))
		case i < 0 && !slices.ContainsFunc(m.Codelists, func(l catalogue.Codelist) bool { return l.Name == r }):
			err = f.exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s.%s AS SELECT x.* FROM read_parquet(%s) x SEMI JOIN %[1]s.chosen c ON c.id = x.person_id",
				w.schema, r, text(filepath.Join(folder, r+".parquet"))))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
	}
	if err := f.shape(ctx, m); err != nil {
		return err
	}
	return f.exec(ctx, "CREATE OR REPLACE TEMP TABLE "+table+" AS SELECT "+list(m)+" FROM ("+m.SQL+")")
}

// merged writes the query for what a mart is now, given what was made; there is
// none when it is as it was.
func (f *follower) merged(ctx context.Context, m catalogue.Mart) (string, error) {
	old := "read_parquet(" + text(filepath.Join(f.before.Folder, m.Name+".parquet")) + ")"
	if len(m.Adds) > 0 {
		return f.added(ctx, m, old)
	}
	n, err := f.number(ctx, fmt.Sprintf(`WITH old AS (SELECT %s FROM %s x SEMI JOIN now.chosen c ON c.id = x.person_id)
		SELECT (SELECT count(*) FROM (FROM old EXCEPT ALL FROM made)) + (SELECT count(*) FROM (FROM made EXCEPT ALL FROM old))`, list(m), old))
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("SELECT %s FROM %s x ANTI JOIN now.chosen c ON c.id = x.person_id UNION ALL FROM made", list(m), old), nil
}

// added takes off what there was of those built anew and adds what there is.
func (f *follower) added(ctx context.Context, m catalogue.Mart, old string) (string, error) {
	if err := f.make(ctx, f.was, m, f.before.Folder, "unmade"); err != nil {
		return "", err
	}
	if err := f.enter(ctx, f.now); err != nil {
		return "", err
	}
	grain := strings.Join(m.Grain, ", ")
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
	err := f.exec(ctx, "CREATE OR REPLACE TEMP TABLE moved AS "+group(fmt.Sprintf("SELECT %s FROM made UNION ALL SELECT %s FROM unmade", sum(""), sum("-"))))
	if err != nil {
		return "", err
	}
	n, err := f.number(ctx, "SELECT count(*) FROM moved")
	if err != nil || n == 0 {
		return "", err
	}
	var columns []string
	for _, c := range m.Columns {
		x := c.Name
		if c.Null {
			x = "nullif(" + x + ", 0)"
		}
		columns = append(columns, fmt.Sprintf("CAST(%s AS %s) AS %s", x, c.Type, c.Name))
	}
	return fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(columns, ", "), group(fmt.Sprintf("SELECT %s FROM %s UNION ALL FROM moved", sum(""), old))), nil
}

// promised checks a mart. What looks at one row alone is asked of the new rows
// of a mart of persons: the others were asked when they were new. So is whether
// a grain stands twice, since nobody has both old rows and new ones.
func (f *follower) promised(ctx context.Context, m catalogue.Mart) error {
	var new, all []catalogue.Check
	for i, c := range promises(m) {
		if len(m.Adds) == 0 && (i == 0 || m.PerRow(c)) {
			new = append(new, c)
		} else {
			all = append(all, c)
		}
	}
	for _, set := range []struct {
		from   string
		checks []catalogue.Check
	}{{"made", new}, {"main." + m.Name, all}} {
		if err := f.exec(ctx, "CREATE OR REPLACE VIEW now."+m.Name+" AS FROM "+set.from); err != nil {
			return err
		}
		if err := f.check(ctx, set.checks); err != nil {
			return err
		}
	}
	return nil
}

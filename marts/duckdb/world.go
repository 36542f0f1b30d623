package duckdb

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain"
	"secondaryuse/pipeline/stage/seal"
)

// world is what marts see of a stage, up to one of its layers, on one day. Its
// tables and views lie in a schema of their own, so that one text of SQL can be
// asked of several worlds.
type world struct {
	schema string // "main", or one that is made
	src    Source
	layer  int64     // the newest that is seen
	asOf   time.Time // the day of the marts
	since  time.Time // zero where there is none
}

// begin makes the schema, with the tables run and calendar, and with chosen:
// whose rows are seen.
//
//	chosen (base, id, home)    home is the newest layer in which the person was touched
func (e *engine) begin(ctx context.Context, w world) error {
	since := "NULL"
	if !w.since.IsZero() {
		since = "DATE " + text(w.since.Format(time.DateOnly))
	}
	for _, query := range []string{
		"CREATE SCHEMA IF NOT EXISTS " + w.schema,
		"CREATE TABLE " + w.schema + ".chosen (base BIGINT, id BIGINT, home BIGINT)",
		"CREATE TABLE " + w.schema + ".run AS SELECT DATE " + text(w.asOf.Format(time.DateOnly)) + " AS as_of, CAST(" + since + " AS DATE) AS since",
		"CREATE TABLE " + w.schema + ".calendar AS SELECT CAST(d AS DATE) AS day, CAST(date_trunc('month', d) AS DATE) AS month FROM " + w.schema +
			".run, range(TIMESTAMP '1990-01-01', as_of + INTERVAL 1 DAY, INTERVAL 1 DAY) t(d)",
	} {
		if err := e.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// enter lets the names of tables mean those of a world.
func (e *engine) enter(ctx context.Context, w world) error {
	path := w.schema
	if path != "main" {
		path += ",main"
	}
	return e.exec(ctx, "SET search_path = "+text(path))
}

// none is below every layer: the home of who was never touched.
const none = -1

// touches makes the tables of who was touched in which layer of the stage, and
// of the base ids that have a number in the marts' domain.
//
//	touch (base, layer)    persons (base, id)
func (e *engine) touches(ctx context.Context, src Source) error {
	query := "CREATE TABLE main.touch (base BIGINT, layer BIGINT)"
	if all := src.layers(seal.Touched, none, src.Manifest.Layer); len(all) > 0 {
		query = "CREATE TABLE main.touch AS SELECT DISTINCT person_id AS base, layer FROM (" + src.union(all, []string{"person_id"}) + ")"
	}
	if err := e.exec(ctx, query); err != nil {
		return err
	}
	return e.exec(ctx, "CREATE TABLE main.persons (base BIGINT, id BIGINT)")
}

// enrol gives every person of a query, which yields base ids, a number in the
// marts' domain. That no two have one number is seen among all that were
// enrolled.
func (e *engine) enrol(ctx context.Context, query string, src Source) error {
	var base []int64
	err := e.each(ctx, "SELECT DISTINCT base FROM ("+query+") ANTI JOIN main.persons USING (base)", func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		base = append(base, id)
		return err
	})
	if err != nil {
		return err
	}
	ids, err := src.Key.Map(base)
	if err != nil {
		return err
	}
	if err := e.insert("persons", len(base), func(i int) []driver.Value { return []driver.Value{base[i], ids[i]} }); err != nil {
		return err
	}
	n, err := e.number(ctx, "SELECT count(*) - count(DISTINCT id) FROM main.persons")
	if err == nil && n > 0 {
		err = domain.ErrCollision
	}
	return err
}

// admit lets a world see the rows of the persons that a query, which yields
// base ids, names. All must have a number.
func (e *engine) admit(ctx context.Context, w world, query string) error {
	return e.exec(ctx, fmt.Sprintf(`CREATE OR REPLACE TABLE %s.chosen AS SELECT p.base, p.id, coalesce(h.home, %d) AS home
		FROM (%s) f JOIN main.persons p ON p.base = f.base
		LEFT JOIN (SELECT base, max(layer) AS home FROM main.touch WHERE layer <= %d GROUP BY base) h ON h.base = f.base`, w.schema, none, query, w.layer))
}

// layer is the parts of a dataset that are of one layer.
type layer struct {
	number int64
	files  []string
}

// layers returns the parts of a dataset above one layer and up to another, the
// lowest first.
func (src Source) layers(dataset string, above, upto int64) (out []layer) {
	for _, p := range src.Manifest.Parts {
		if p.Dataset != dataset || p.Layer <= above || p.Layer > upto {
			continue
		}
		i := slices.IndexFunc(out, func(l layer) bool { return l.number == p.Layer })
		if i < 0 {
			i, out = len(out), append(out, layer{number: p.Layer})
		}
		out[i].files = append(out[i].files, p.File)
	}
	slices.SortFunc(out, func(a, b layer) int { return cmp.Compare(a.number, b.number) })
	return out
}

// union writes a query over the parts of several layers, with each row's.
func (src Source) union(all []layer, columns []string) string {
	dir := seal.Dir(src.Stage, src.Manifest.Run)
	var parts []string
	for _, l := range all {
		parts = append(parts, fmt.Sprintf(`SELECT "%s", %d::BIGINT AS layer FROM %s`, strings.Join(columns, `", "`), l.number, parquet(dir, l.files, "")))
	}
	return strings.Join(parts, " UNION ALL ")
}

// show makes the view of one dataset of the stage, of the layers above the
// given one: the rows that count of the chosen, but those that may be used
// without their person only, with person ids in the marts' domain, numbers that are none as null, and nobody's birth closer than their
// age on the day of the marts allows.
func (e *engine) show(ctx context.Context, w world, in catalogue.Input, view string, above int64) error {
	name := w.schema + "." + view
	all := w.src.layers(in.Name, above, w.layer)
	if len(all) == 0 {
		return e.exec(ctx, "CREATE OR REPLACE VIEW "+name+" AS SELECT "+nulls(in)+" WHERE false")
	}
	on := "p.base = t.person_id"
	if len(w.src.layers(seal.Touched, none, w.layer)) > 0 {
		on += " AND t.layer >= p.home"
	}
	return e.exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT p.id AS person_id, %s FROM (%s) t JOIN %s.chosen p ON %s",
		name, values(in, w.asOf), w.linked(in.Name, all, names(in)), w.schema, on))
}

// bare is show for who is looked for: it has the base ids, of everybody, and
// rows that do not count any more besides.
func (e *engine) bare(ctx context.Context, w world, in catalogue.Input) error {
	name := w.schema + "." + in.Name
	all := w.src.layers(in.Name, none, w.layer)
	if len(all) == 0 {
		return e.exec(ctx, "CREATE OR REPLACE VIEW "+name+" AS SELECT "+nulls(in)+" WHERE false")
	}
	return e.exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT t.person_id, %s FROM (%s) t", name, values(in, w.asOf), w.src.union(all, names(in))))
}

func names(in catalogue.Input) (out []string) {
	for _, c := range in.Columns {
		out = append(out, c.Name)
	}
	return out
}

// nulls writes a row of nothing with the columns of an input.
func nulls(in catalogue.Input) string {
	var out []string
	for _, c := range in.Columns {
		out = append(out, fmt.Sprintf(`CAST(NULL AS %s) AS "%s"`, c.Type, c.Name))
	}
	return strings.Join(out, ", ")
}

// values writes the columns of a dataset but the first as marts see them.
func values(in catalogue.Input, asOf time.Time) string {
	var cols []string
	for _, c := range in.Columns[1:] {
		value := known(c.Name, c.Type)
		if in.Name == "person" {
			value = capped(c.Name, value, asOf)
		}
		cols = append(cols, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, value, c.Type, c.Name))
	}
	return strings.Join(cols, ", ")
}

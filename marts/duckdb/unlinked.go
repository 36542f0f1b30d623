package duckdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/stage/seal"
)

// alone are the records that may be used without their person only, of those
// that count up to the world's layer; empty where there are none.
func (w world) alone() string {
	all := w.src.layers(seal.Unlinked, none, w.layer)
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("SELECT DISTINCT u.person_id, u.feed, u.record_key, u.layer FROM (%s) u ANTI JOIN main.touch h ON h.base = u.person_id AND h.layer > u.layer AND h.layer <= %d",
		w.src.union(all, []string{"person_id", "feed", "record_key"}), w.layer)
}

// linked writes a query over the parts of several layers of a dataset, with each
// row's layer, without the rows of records that may be used without their person
// only. What of a person lies in such an encounter of theirs is shown in none:
// that there is one would tell of it.
func (w world) linked(dataset string, all []layer, columns []string) string {
	alone := w.alone()
	if alone == "" || dataset == "person" {
		return w.src.union(all, columns)
	}
	show, encounter := make([]string, len(columns)), ""
	for i, c := range columns {
		if show[i] = `t."` + c + `"`; c == "encounter_key" {
			show[i] = "CASE WHEN e.record_key IS NULL THEN t.encounter_key ELSE 0 END AS encounter_key"
			encounter = " LEFT JOIN (SELECT DISTINCT person_id, feed, record_key FROM (" + alone + ")) e ON e.person_id = t.person_id AND e.feed = t.feed AND e.record_key = t.encounter_key"
		}
	}
	return fmt.Sprintf("SELECT %s, t.layer FROM (%s) t ANTI JOIN (%s) a ON %s%s",
		strings.Join(show, ", "), w.src.union(all, with(columns, "feed", "record_key")), alone, itself, encounter)
}

// itself says that a row t is of a record a.
const itself = "a.person_id = t.person_id AND a.feed = t.feed AND a.record_key = t.record_key AND a.layer = t.layer"

// with adds columns that are not there.
func with(columns []string, more ...string) []string {
	out := slices.Clone(columns)
	for _, c := range more {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// showAlone makes the view of what may be used of a dataset without its persons
// only: of the chosen, whom the view does not name, with no key, no provider and
// every time as the month it fell into.
func (e *engine) showAlone(ctx context.Context, w world, in catalogue.Input) error {
	name, of, alone := w.schema+"."+in.Name, in.Unlinked(), w.alone()
	all := w.src.layers(of, none, w.layer)
	if alone == "" || len(all) == 0 {
		return e.exec(ctx, "CREATE OR REPLACE VIEW "+name+" AS SELECT "+nulls(in)+" WHERE false")
	}
	on := "p.base = t.person_id"
	if len(w.src.layers(seal.Touched, none, w.layer)) > 0 {
		on += " AND t.layer >= p.home"
	}
	var cols []string
	for _, c := range in.Columns {
		value := known(c.Name, c.Type)
		if c.Type == "TIMESTAMP" {
			value = "date_trunc('month', " + value + ")"
		}
		cols = append(cols, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, value, c.Type, c.Name))
	}
	return e.exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT %s FROM (%s) t JOIN %s.chosen p ON %s SEMI JOIN (%s) a ON %s",
		name, strings.Join(cols, ", "), w.src.union(all, with(names(in), "person_id", "feed", "record_key")), w.schema, on, alone, itself))
}

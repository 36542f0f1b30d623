package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// kind is a type that a watermark can have.
type kind struct {
	name string
	sane string // a condition on values that count; those in the future do not
	time bool
}

var kinds = map[string]kind{
	"timestamp with time zone":    {"timestamptz", "%s <= now()", true},
	"timestamp without time zone": {"timestamp", "%s <= localtimestamp", true},
	"date":                        {"date", "%s <= current_date", true},
	"smallint":                    {name: "int8", sane: "%s IS NOT NULL"},
	"integer":                     {name: "int8", sane: "%s IS NOT NULL"},
	"bigint":                      {name: "int8", sane: "%s IS NOT NULL"},
	"numeric":                     {name: "numeric", sane: "%s < 'Infinity'::float8"},
	"xid8":                        {name: "xid8"},
}

// relation is a table as the server has it.
type relation struct {
	Table
	oid   uint32
	plain bool              // a table: every row has its transaction
	types map[string]string // by column
	kind  kind              // of the watermark
}

// relation looks a table up, and holds that it has the columns and that they
// may be read.
func (s *snapshot) relation(ctx context.Context, t Table) (relation, error) {
	r := relation{Table: t, types: make(map[string]string)}
	rows, err := s.tx.Query(ctx, `
		SELECT c.oid, c.relkind IN ('r', 'p'), has_schema_privilege(n.oid, 'USAGE'), coalesce(a.attname, ''),
			coalesce(format_type(a.atttypid, NULL), ''), coalesce(has_column_privilege(c.oid, a.attnum, 'SELECT'), false)
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, t.Schema, t.Table)
	if err != nil {
		return r, &tableError{t.String(), err}
	}
	found, usage, may := false, false, make(map[string]bool)
	var name, form string
	var readable bool
	_, err = pgx.ForEachRow(rows, []any{&r.oid, &r.plain, &usage, &name, &form, &readable}, func() error {
		found, r.types[name], may[name] = true, form, readable
		return nil
	})
	switch {
	case err != nil:
	case !found:
		err = errors.New("there is no such table or view; next: see whether it was renamed, and schema and table in the configuration")
	case !usage:
		err = fmt.Errorf("its schema is closed; next: GRANT USAGE ON SCHEMA %s", ident(t.Schema))
	default:
		err = r.check(may)
	}
	if err != nil {
		return r, &tableError{t.String(), err}
	}
	return r, nil
}

func (r *relation) check(may map[string]bool) error {
	wanted := slices.Clone(r.Columns)
	if r.After != "" && !slices.Contains(wanted, r.After) {
		wanted = append(wanted, r.After)
	}
	for _, c := range wanted {
		if _, ok := r.types[c]; !ok {
			return fmt.Errorf("there is no column %s: it was dropped or renamed; next: ask why, then change columns in the configuration", ident(c))
		}
		if !may[c] {
			return fmt.Errorf("column %s may not be read; next: GRANT SELECT (%s) ON %s", ident(c), ident(c), ident(r.Schema, r.Table.Table))
		}
	}
	if r.After == "" {
		return nil
	}
	var ok bool
	r.kind, ok = kinds[r.types[r.After]]
	_, unit := r.lag()
	switch {
	case !ok:
		return fmt.Errorf("column %s is no watermark: not a time, a date, a number or an xid8", ident(r.After))
	case r.kind.name == "xid8" && r.Lag != "":
		return errors.New("a column of transactions needs no lag; take it away")
	case r.Lag != "" && r.kind.time != (unit != ""):
		return errors.New("lag: a span such as 10m for a time or date, a number for a number")
	case r.Lag == "" && !r.plain && r.kind.name != "xid8":
		return errors.New("it is not a table whose rows tell their transaction; next: give a lag that is longer than any transaction that writes to it")
	}
	return nil
}

// ident quotes names.
func ident(names ...string) string { return pgx.Identifier(names).Sanitize() }

// literal quotes a value. Backslashes stand for themselves: the session says so.
func literal(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
}

func (t Table) lag() (n, unit string) {
	m := lagForm.FindStringSubmatch(t.Lag)
	if m == nil {
		return "", ""
	}
	return m[1], m[2]
}

var units = map[string]string{"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

// since is the condition on rows that are read when the table has been read up
// to a watermark, in a snapshot with a horizon.
func (r relation) since(after, horizon string) string {
	col := ident(r.After)
	switch {
	case r.After == "":
		return "true"
	case r.kind.name == "xid8":
		return fmt.Sprintf("%s >= %s::pg_catalog.xid8", col, literal(horizon))
	case after == "":
		return "true"
	}
	from := literal(after) + "::pg_catalog." + r.kind.name
	switch n, unit := r.lag(); {
	case unit != "":
		return fmt.Sprintf("(%s > %s - interval '%s %s')", col, from, n, units[unit])
	case n != "":
		return fmt.Sprintf("(%s > %s - %s)", col, from, n)
	}
	return fmt.Sprintf("(%s > %s OR pg_catalog.age(xmin) <= pg_catalog.age(%s::pg_catalog.xid))", col, from, literal(xid(horizon)))
}

// xid is a transaction as rows have it: without its epoch.
func xid(horizon string) string {
	n, _ := strconv.ParseUint(horizon, 10, 64) // it was parsed before
	return strconv.FormatUint(uint64(max(uint32(n), 3)), 10)
}

// copyOut is the statement that reads the rows for which a condition holds. A
// last column tells whether the next fetch will read the row again.
func (r relation) copyOut(where, again string) string {
	list := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		list[i] = ident(c)
		if r.types[c] == "timestamp with time zone" {
			list[i] = fmt.Sprintf(`CASE WHEN pg_catalog.isfinite(%[1]s) THEN pg_catalog.to_char(%[1]s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END AS %[1]s`, ident(c))
		}
	}
	return fmt.Sprintf("COPY (SELECT %s, coalesce(%s, false) AS %s FROM %s WHERE %s) TO STDOUT WITH (FORMAT csv, HEADER, ENCODING 'UTF8')",
		strings.Join(list, ", "), again, ident(againColumn), ident(r.Schema, r.Table.Table), where)
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// everySpoiltFieldShows shows that TestTruth can fail: whichever cell of a
// mart or of the stage is changed, emptied or filled, whichever row is dropped,
// told twice or given to somebody else, a check says so; and so it does
// whichever field of the truth is another. What no check can tell is named:
// where it could, the name is an error too.
func everySpoiltFieldShows(t *testing.T, w *world, got map[string][]string) {
	s := newSpoiler(t, w)
	t.Run("marts", s.marts)
	t.Run("stage", s.stage)
	t.Run("truth", func(t *testing.T) { everyToldFieldShows(t, w, got) })
}

// spoiler is a world whose rows lie in tables, so that they can be changed.
type spoiler struct {
	*world
	columns map[string][]column // of each table
	out     int                 // somebody who is left out
}

// column is a column of a mart or of the stage.
type column struct {
	name, kind string
	staged     bool
}

func newSpoiler(t *testing.T, w *world) *spoiler {
	own := *w
	s := &spoiler{world: &own, columns: make(map[string][]column)}
	s.db = look(t, w.conf)
	s.db.SetMaxOpenConns(1) // so that what one call begins, the next can end
	for _, l := range s.ask(t, nil, "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY table_name, ordinal_position") {
		c := strings.Split(l, " | ")
		s.columns[c[0]] = append(s.columns[c[0]], column{name: c[1], kind: c[2]})
	}
	stage := datasets(t, s.db)
	s.do(t, "SET threads = 1") // the tables are small, and the queries many
	for name, columns := range s.columns {
		for i := range columns {
			columns[i].staged = slices.Contains(stage, name)
		}
		s.do(t, "CREATE TABLE own AS SELECT * FROM "+name)
		s.do(t, "DROP VIEW "+name)
		s.do(t, "ALTER TABLE own RENAME TO "+name)
	}
	s.out = w.told.Persons[slices.IndexFunc(w.told.Persons, func(p toldPerson) bool { return p.Outcome == "excluded" })].Person
	return s
}

// do executes a statement and returns how many rows it has changed.
func (s *spoiler) do(t *testing.T, statement string) int64 {
	t.Helper()
	done, err := s.db.Exec(statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rows are rows of a table of which the truth tells in one way. untold names,
// in words, the columns that no check sees there; loose says that none knows
// how many such rows a record has.
type rows struct {
	table, where, untold string
	loose                bool
}

// first is the first of the rows of which more holds.
func (r rows) first(more string) string {
	return fmt.Sprintf("rowid = (SELECT min(rowid) FROM %s WHERE %s AND %s)", r.table, r.where, more)
}

func (c column) quoted() string { return `"` + c.name + `"` }

// damage is a way to spoil a cell: what is put there, and where.
type damage struct{ name, set, where string }

// damages returns the ways to spoil a cell of a column, the slightest of each
// kind.
func (c column) damages() []damage {
	name := c.quoted()
	other, fillings := name+" + 1", []string{"0"}
	switch c.kind {
	case "VARCHAR":
		other, fillings = name+" || 'x'", []string{"'x'", "''", "'-'"}
	case "BOOLEAN":
		other, fillings = "NOT "+name, []string{"false"}
	case "DATE":
		fillings = []string{"DATE '2026-01-01'"}
	case "TIMESTAMP":
		other, fillings = name+" + INTERVAL 1 SECOND", []string{"TIMESTAMP '2026-01-01'"}
	case "DOUBLE":
		other = name + " + 0.01"
	}
	if _, scale, ok := strings.Cut(strings.TrimSuffix(c.kind, ")"), ","); ok {
		other = name + " + 1e-" + scale + "::" + c.kind
	}
	out := []damage{{"changed", other, name + " IS NOT NULL"}, {"emptied", "NULL", name + " IS NOT NULL"}}
	for _, f := range fillings {
		out = append(out, damage{"filled with " + f, f, name + " IS NULL"})
	}
	return out
}

// every spoils the columns of r in each way, a cell at a time, and wants it to
// be seen; and all the columns that are untold in one row, and wants that not
// to be seen. id is the person_id of somebody who is left out.
func (s *spoiler) every(t *testing.T, r rows, id int64, seen func() bool) {
	t.Helper()
	var untold []string
	for _, c := range s.columns[r.table] {
		ways := c.damages()
		if slices.Contains(strings.Fields(r.untold), c.name) {
			untold = append(untold, fmt.Sprintf("%s = COALESCE(%s, %s)", c.quoted(), ways[0].set, ways[2].set))
			continue
		}
		if c.name == "person_id" {
			ways = append(ways, damage{"of somebody who is left out", fmt.Sprint(id), "true"})
		}
		tried := int64(0)
		for _, x := range ways {
			if c.staged && (x.set == "NULL" && unknown[c.kind] == "" || x.set == "''" || x.set == "'-'") {
				continue // look makes a null of an empty text, and other kinds are never null
			}
			tried += s.spoilt(t, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", r.table, c.quoted(), x.set, r.first(x.where)), func() {
				if !seen() {
					t.Errorf("%s where %s: %s is %s, and no check says so", r.table, r.where, c.name, x.name)
				}
			})
		}
		if tried == 0 {
			t.Errorf("%s where %s: there is no %s to spoil", r.table, r.where, c.name)
		}
	}
	if len(untold) != len(strings.Fields(r.untold)) {
		t.Errorf("%s: untold are %q; has it all these columns?", r.table, r.untold)
	}
	if len(untold) > 0 {
		s.spoilt(t, fmt.Sprintf("UPDATE %s SET %s WHERE %s", r.table, strings.Join(untold, ", "), r.first("true")), func() {
			if seen() {
				t.Errorf("%s where %s: of what is untold, something is told: %s", r.table, r.where, r.untold)
			}
		})
	}
}

// wholly drops a row of r and tells one twice, and wants it to be seen.
func (s *spoiler) wholly(t *testing.T, r rows, seen func() bool) {
	t.Helper()
	for _, statement := range []string{
		"DELETE FROM " + r.table + " WHERE " + r.first("true"),
		"INSERT INTO " + r.table + " SELECT * FROM " + r.table + " WHERE " + r.first("true"),
	} {
		n := s.spoilt(t, statement, func() {
			if !seen() {
				t.Errorf("no check says what this does: %s", statement)
			}
		})
		if n != 1 {
			t.Errorf("%d rows changed: %s", n, statement)
		}
	}
}

// spoilt changes one row or none, lets look where it has changed one, and
// changes it back.
func (s *spoiler) spoilt(t *testing.T, statement string, look func()) (n int64) {
	t.Helper()
	s.do(t, "BEGIN")
	defer s.do(t, "ROLLBACK")
	if n = s.do(t, statement); n > 1 {
		t.Errorf("%d rows changed: %s", n, statement)
	}
	if n > 0 {
		look()
	}
	return n
}

// marts spoils each mart. The check that is for it must say so.
func (s *spoiler) marts(t *testing.T) {
	for name := range s.columns {
		if slices.Contains(datasets(t, s.db), name) {
			continue
		}
		i := slices.IndexFunc(martChecks, func(c check) bool { return c.name == "mart "+name })
		if i < 0 {
			t.Errorf("no check is for %s", name)
			continue
		}
		want := martChecks[i].want(s.world, s.told)
		seen := func() bool { return len(differ(want, martChecks[i].got(t, s.world))) > 0 }
		if seen() {
			t.Fatalf("%s differs before it is spoilt", name)
		}
		r := rows{table: name, where: "true"}
		s.every(t, r, idOf(s.mart, s.out), seen)
		s.wholly(t, r, seen)
	}
}

// idOf is the person_id of somebody.
func idOf(whose map[int64]int, who int) int64 {
	for id, person := range whose {
		if person == who {
			return id
		}
	}
	return 0
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/fetchtest"
)

const secret = "9434765919"

var (
	persons = Table{Schema: "care", Table: "persons", Columns: []string{"id", "nhs_number", "updated_at"}, After: "updated_at"}
	events  = Table{Schema: "care", Table: "events", Columns: []string{"id", "what"}, After: "tx"}
)

func (d *database) tables() {
	d.exec(`CREATE TABLE care.persons (id int PRIMARY KEY, nhs_number text, note text, updated_at timestamptz DEFAULT now());
		CREATE TABLE care.events (id int PRIMARY KEY, what text, tx xid8 NOT NULL DEFAULT pg_current_xact_id())`)
}

// quiet is a fetch.Progress that calls a function when bytes come.
type quiet struct{ add func() }

func (quiet) Step(string, int64) {}
func (quiet) Note(string)        {}
func (q quiet) Add(int64) {
	if q.add != nil {
		q.add()
	}
}

// lines is what a delivery holds, without the heads.
func lines(dir string) (all []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "[^.]*"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		_, body, _ := strings.Cut(string(text), "\n")
		all = append(all, strings.Split(strings.TrimSuffix(body, "\n"), "\n")...)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" }), err
}

func TestSuite(t *testing.T) {
	fetchtest.Run(t, func(t *testing.T) fetchtest.Fixture {
		d := newDatabase(t)
		d.tables()
		n := 0
		var all, last []string
		change := func() {
			n++
			at := fmt.Sprintf("2026-01-01T00:00:%02d.000000Z", n)
			d.exec(fmt.Sprintf(`INSERT INTO care.persons VALUES (%d, '%s', 'free text', '%s'); INSERT INTO care.events (id, what) VALUES (%d, 'came')`, n, secret, at, n))
			last = []string{fmt.Sprintf("%d,%s,%s", n, secret, at), fmt.Sprintf("%d,came", n)}
			all = append(all, last...)
		}
		change()
		return fetchtest.Fixture{
			New: func() fetch.Fetcher { return d.fetcher(persons, events) }, Change: change, Lines: lines,
			All: func() []string { return all }, Changed: func() []string { return last },
			Secrets: []string{secret, password, "came"},
			Faults: []fetchtest.Fault{
				{Name: "nobody is let in", Break: d.breaks("ALTER DATABASE "+d.name+" ALLOW_CONNECTIONS false", "ALTER DATABASE "+d.name+" ALLOW_CONNECTIONS true")},
				{Name: "permission denied", Break: d.breaks("REVOKE SELECT ON care.events FROM reader", "GRANT SELECT ON care.events TO reader")},
				{Name: "a dropped column", Break: d.breaks("ALTER TABLE care.events RENAME what TO which", "ALTER TABLE care.events RENAME which TO what")},
				{Name: "another password", Break: d.breaks("ALTER ROLE reader PASSWORD 'x'", "ALTER ROLE reader PASSWORD '"+password+"'")},
			},
		}
	})
}

func (d *database) breaks(sql, mend string) func() func() {
	return func() func() {
		in := d.name
		if strings.HasPrefix(sql, "ALTER DATABASE") {
			in = "postgres"
		}
		d.must(server.exec(in, sql))
		return func() { d.must(server.exec(in, mend)) }
	}
}

// take fetches into a new folder.
func (d *database) take(f *Fetcher, last fetch.Last) (fetch.Last, []string, error) {
	d.t.Helper()
	dir := d.t.TempDir()
	got, err := f.Fetch(context.Background(), last, dir, quiet{})
	all, lineErr := lines(dir)
	d.must(lineErr)
	return fetch.Last{Delivery: got, Dir: dir}, all, err
}

// want fetches and wants these lines.
func (d *database) want(f *Fetcher, last fetch.Last, want ...string) fetch.Last {
	d.t.Helper()
	l, got, err := d.take(f, last)
	if len(want) == 0 && errors.Is(err, fetch.ErrNothing) && len(got) == 0 {
		return last
	}
	d.must(err)
	if slices.Sort(got); !slices.Equal(got, want) || l.Records != int64(len(want)) {
		d.t.Fatalf("it brings %q (%d records), not %q", got, l.Records, want)
	}
	return l
}

// TestLateCommit has one transaction take its watermark first and commit last.
// Whoever goes on after the highest watermark never sees it; each of the ways
// does.
func TestLateCommit(t *testing.T) {
	columns := []string{"id"}
	for name, table := range map[string]Table{
		"time, by the table's horizon":     {Schema: "care", Table: "t", Columns: columns, After: "at"},
		"sequence, by the table's horizon": {Schema: "care", Table: "t", Columns: columns, After: "id"},
		"transaction":                      {Schema: "care", Table: "t", Columns: columns, After: "tx"},
		"transaction, in a view":           {Schema: "care", Table: "v", Columns: columns, After: "tx"},
		"time, by a lag":                   {Schema: "care", Table: "t", Columns: columns, After: "at", Lag: "10m"},
		"time without zone, by a lag":      {Schema: "care", Table: "t", Columns: columns, After: "bare", Lag: "600s"},
		"time, by a lag, in a view":        {Schema: "care", Table: "v", Columns: columns, After: "at", Lag: "1h"},
		"sequence, by a lag":               {Schema: "care", Table: "v", Columns: columns, After: "id", Lag: "5"},
		"day, by a lag":                    {Schema: "care", Table: "v", Columns: columns, After: "day", Lag: "1d"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t)
			d.exec(`CREATE TABLE care.t (id int GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT clock_timestamp(), bare timestamp DEFAULT localtimestamp,
				day date DEFAULT current_date, tx xid8 DEFAULT pg_current_xact_id()); CREATE VIEW care.v AS SELECT * FROM care.t`)
			f := d.fetcher(table)
			late, err := d.open().Begin(context.Background())
			d.must(err)
			_, err = late.Exec(context.Background(), "INSERT INTO care.t DEFAULT VALUES") // takes 1
			d.must(err)
			d.exec("INSERT INTO care.t DEFAULT VALUES") // takes 2
			l := d.want(f, fetch.Last{}, "2")
			d.must(late.Commit(context.Background()))
			_, got, err := d.take(f, l)
			if err != nil || !slices.Contains(got, "1") {
				t.Fatalf("it brings %q: %v", got, err)
			}
			l, _, _ = d.take(f, l)
			d.want(f, l)
			d.exec("INSERT INTO care.t DEFAULT VALUES")
			if _, got, err := d.take(f, l); err != nil || !slices.Contains(got, "3") {
				t.Fatalf("it brings %q: %v", got, err)
			}
		})
	}
}

// TestTouched holds that a row which changes without its watermark is seen in a
// table, and that one dated in the future hides no other.
func TestTouched(t *testing.T) {
	d := newDatabase(t)
	d.tables()
	d.exec("CREATE VIEW care.v AS SELECT * FROM care.persons; INSERT INTO care.persons VALUES (1, 'a', '', '2026-01-01'), (2, 'b', '', '9999-01-01'), (3, 'c', '', 'infinity')")
	table := persons
	table.Columns = []string{"id", "nhs_number"}
	view := table
	view.Table, view.Lag = "v", "1m"
	byTable, byView := d.fetcher(table), d.fetcher(view)
	l, v := d.want(byTable, fetch.Last{}, "1,a", "2,b", "3,c"), d.want(byView, fetch.Last{}, "1,a", "2,b", "3,c")
	d.want(byTable, l)
	d.want(byView, v)
	d.exec("UPDATE care.persons SET nhs_number = 'x' WHERE id = 1")
	d.want(byTable, l, "1,x", "2,b", "3,c")
	d.exec("INSERT INTO care.persons VALUES (4, 'd', '', '2026-01-02')")
	d.want(byView, v, "1,x", "2,b", "3,c", "4,d")
}

// TestSnapshot has a writer put a row into both tables while they are read: a
// delivery has both or none.
func TestSnapshot(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE care.a (id int); CREATE TABLE care.b (id int); INSERT INTO care.a VALUES (1); INSERT INTO care.b VALUES (1)")
	f := d.fetcher(Table{Schema: "care", Table: "a", Columns: []string{"id"}}, Table{Schema: "care", Table: "b", Columns: []string{"id"}})
	n := 1
	f.step = func(string) {
		n++
		d.exec(fmt.Sprintf("BEGIN; INSERT INTO care.a VALUES (%d); DELETE FROM care.b; INSERT INTO care.b VALUES (%d); COMMIT", n, n))
	}
	d.want(f, fetch.Last{}, "1", "1")
	f.step = func(string) {}
	d.want(f, fetch.Last{}, "1", "2", "3", "4", "4")
	if n != 4 {
		t.Errorf("the writer wrote %d times", n)
	}
}

// TestWhole holds when a delivery is everything, and that tables without a
// watermark are new only when they differ.
func TestWhole(t *testing.T) {
	d := newDatabase(t)
	d.tables()
	d.exec("INSERT INTO care.persons VALUES (1, 'a', '', now()), (2, 'a', '', now()); INSERT INTO care.events VALUES (1, 'x')")
	plain := persons
	plain.After, plain.Columns = "", []string{"nhs_number"}
	f := d.fetcher(plain)
	l := d.want(f, fetch.Last{}, "a", "a")
	d.want(f, l)
	d.exec("DELETE FROM care.persons WHERE id = 2")
	if l = d.want(f, l, "a"); !l.Whole {
		t.Error("a table that is read whole is not everything")
	}
	both := d.fetcher(plain, events)
	l = d.want(both, fetch.Last{}, "1,x", "a")
	d.exec("INSERT INTO care.events VALUES (2, 'y')")
	if l = d.want(both, l, "2,y", "a"); l.Whole {
		t.Error("a part is called everything")
	}
	wider := events
	wider.Columns = []string{"id", "what", "tx"}
	if _, got, err := d.take(d.fetcher(plain, wider), l); err != nil || len(got) != 3 {
		t.Errorf("with another column it brings %q: %v", got, err)
	}
}

// TestCSV holds that values and names come through as they are.
func TestCSV(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE care."Odd ""table"";--" ("a ""b"",c" text, "SELECT" timestamptz, d timestamp, e date, n numeric, again text);
		INSERT INTO care."Odd ""table"";--" VALUES (E'x,"y"\nz', '2026-07-01 12:00:00.5+01', '2026-07-01 12:00', '2026-07-01', 1.50, 't'), ('', 'infinity', NULL, NULL, NULL, E'\\.')`)
	d.exec(`GRANT SELECT ON ALL TABLES IN SCHEMA care TO reader`)
	f := d.fetcher(Table{Schema: "care", Table: `Odd "table";--`, File: "x.csv", Columns: []string{`a "b",c`, "SELECT", "d", "e", "n", "again"}})
	l, _, err := d.take(f, fetch.Last{})
	d.must(err)
	text, err := os.ReadFile(filepath.Join(l.Dir, "x.csv"))
	d.must(err)
	want := `"a ""b"",c",SELECT,d,e,n,again` + "\n\"x,\"\"y\"\"\nz\",2026-07-01T11:00:00.500000Z,2026-07-01 12:00:00,2026-07-01,1.50,t\n\"\",,,,,\\.\n"
	if string(text) != want && string(text) != strings.Replace(want, `,\.`, `,"\."`, 1) || l.Records != 2 {
		t.Errorf("%d records:\n%s", l.Records, text)
	}
}

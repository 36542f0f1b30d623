package postgres

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
)

// backend is the server's process that serves the reader.
func (d *database) backend() (pid int) {
	d.must(d.conn.QueryRow(context.Background(), "SELECT pid FROM pg_stat_activity WHERE usename = 'reader' AND datname = $1", d.name).Scan(&pid))
	return pid
}

// TestKilled ends the server's side in the middle of a table, in three ways: no
// file is there, and the next fetch begins anew and brings all.
func TestKilled(t *testing.T) {
	d := newDatabase(t)
	const rows = 300_000
	// The lines are long: of short ones the server could have sent all, into buffers, when it is told to end.
	d.exec(fmt.Sprintf("CREATE TABLE care.big (id int, nhs_number text, note text); INSERT INTO care.big SELECT i, '%s', repeat('x', 200) FROM generate_series(1, %d) i", secret, rows))
	f := d.fetcher(Table{Schema: "care", Table: "big", Columns: []string{"id", "nhs_number", "note"}})
	dir := t.TempDir()
	for name, end := range map[string]func(){
		"terminated": func() { d.exec(fmt.Sprintf("SELECT pg_terminate_backend(%d)", d.backend())) },
		"cancelled":  func() { d.exec(fmt.Sprintf("SELECT pg_cancel_backend(%d)", d.backend())) },
		"kill -9":    func() { d.must(syscall.Kill(d.backend(), syscall.SIGKILL)) },
	} {
		n := 0
		_, err := f.Fetch(context.Background(), fetch.Last{}, dir, quiet{add: func() {
			if n++; n == 2 {
				end()
			}
		}})
		if err == nil || errors.Is(err, fetch.ErrNothing) || strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "postgres: table care.big: ") {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := lines(dir); err != nil || len(got) > 0 {
			t.Errorf("%s: %d lines, %v", name, len(got), err)
		}
		for name == "kill -9" && d.conn.Ping(context.Background()) == nil {
			time.Sleep(10 * time.Millisecond) // until the server has seen it, and ends all others
		}
		d.must(server.await())
		d.conn = d.open()
	}
	got, err := f.Fetch(context.Background(), fetch.Last{}, dir, quiet{})
	if all, lineErr := lines(dir); err != nil || lineErr != nil || len(all) != rows || got.Records != rows {
		t.Errorf("then it brings %d lines, %d records: %v", len(all), got.Records, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.half")); len(left) > 0 {
		t.Error("a half is left")
	}
}

// TestRewritten truncates or rewrites what is read after the snapshot: it looks
// empty then, and must not be taken for that.
func TestRewritten(t *testing.T) {
	for name, sql := range map[string]string{
		"truncated":           "TRUNCATE care.t",
		"rewritten":           "ALTER TABLE care.t ALTER id TYPE bigint",
		"a part of it":        "TRUNCATE care.p1",
		"below a view":        "TRUNCATE care.below",
		"below view and view": "TRUNCATE care.deep",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t)
			d.exec(`CREATE TABLE care.t (id int); INSERT INTO care.t VALUES (1);
				CREATE TABLE care.p (id int) PARTITION BY LIST (id); CREATE TABLE care.p1 PARTITION OF care.p FOR VALUES IN (1); INSERT INTO care.p VALUES (1);
				CREATE TABLE care.below (id int); INSERT INTO care.below VALUES (1); CREATE VIEW care.v AS SELECT id FROM care.below;
				CREATE TABLE care.deep (id int); INSERT INTO care.deep VALUES (1); CREATE VIEW care.w AS SELECT id FROM care.deep; CREATE VIEW care.x AS SELECT id FROM care.w`)
			var all []Table
			for _, t := range []string{"t", "p", "v", "x"} {
				all = append(all, Table{Schema: "care", Table: t, Columns: []string{"id"}})
			}
			f := d.fetcher(all...)
			d.want(f, fetch.Last{}, "1", "1", "1", "1")
			f.step = func(step string) {
				if step == "snapshot" {
					d.exec(sql)
				}
			}
			if _, got, err := d.take(f, fetch.Last{}); err == nil || !strings.Contains(err.Error(), "truncated or rewritten") || len(got) > 0 {
				t.Errorf("it brings %q: %v", got, err)
			}
		})
	}
}

// TestRefused holds what is said of what cannot be read, and that it is said
// without a value.
func TestRefused(t *testing.T) {
	d := newDatabase(t)
	d.tables()
	d.exec(`INSERT INTO care.persons VALUES (1, '` + secret + `', '', now()), (2, '` + secret + `', '', NULL);
		CREATE VIEW care.v AS SELECT * FROM care.persons;
		CREATE VIEW care.bad AS SELECT id, nhs_number::date AS day FROM care.persons;
		CREATE VIEW care.slow AS SELECT id, pg_sleep(60)::text AS nap FROM care.persons;
		CREATE TABLE care.part (a int, b int); REVOKE SELECT ON care.part FROM reader; GRANT SELECT (a) ON care.part TO reader;
		CREATE SCHEMA shut; CREATE TABLE shut.t (a int);
		ALTER TABLE care.events DROP COLUMN what`)
	for _, tc := range []struct {
		name  string
		table Table
		spoil func(*Config)
		want  string
	}{
		{"dropped column", events, nil, `table care.events: there is no column "what": it was dropped or renamed; next:`},
		{"no table", Table{Table: "none", Columns: []string{"a"}}, nil, "table public.none: there is no such table or view"},
		{"column denied", Table{Schema: "care", Table: "part", Columns: []string{"a", "b"}}, nil, `column "b" may not be read; next: GRANT SELECT ("b") ON "care"."part"`},
		{"schema denied", Table{Schema: "shut", Table: "t", Columns: []string{"a"}}, nil, `its schema is closed; next: GRANT USAGE ON SCHEMA "shut"`},
		{"view without lag", Table{Schema: "care", Table: "v", Columns: []string{"id"}, After: "updated_at"}, nil, "next: give a lag"},
		{"rows without watermark", Table{Schema: "care", Table: "v", Columns: []string{"id"}, After: "updated_at", Lag: "1m"}, nil, `rows without "updated_at"`},
		{"a number for a time", Table{Schema: "care", Table: "v", Columns: []string{"id"}, After: "updated_at", Lag: "1"}, nil, "lag: a span"},
		{"a span for a number", Table{Schema: "care", Table: "v", Columns: []string{"id"}, After: "id", Lag: "1m"}, nil, "lag: a span"},
		{"a text as watermark", Table{Schema: "care", Table: "persons", Columns: []string{"id"}, After: "nhs_number"}, nil, `column "nhs_number" is no watermark`},
		{"a value that does not fit", Table{Schema: "care", Table: "bad", Columns: []string{"day"}}, nil, "table care.bad: the server refuses it (22008)"},
		{"too slow", Table{Schema: "care", Table: "slow", Columns: []string{"nap"}}, func(c *Config) { c.Timeout = 50 * time.Millisecond }, "longer than timeout"},
		{"password", persons, func(c *Config) { c.Password = d.file("wrong", password+"x") }, "does not accept user or password (28P01)"},
		{"no password", persons, func(c *Config) { c.Password = "" }, "postgres: "},
		{"password that others read", persons, func(c *Config) { c.Password = d.file("open", password); d.must(os.Chmod(c.Password, 0o644)) }, "others can read it"},
		{"database", persons, func(c *Config) { c.Database = "none" }, "no such database (3D000)"},
		{"user", persons, func(c *Config) { c.User = "postgres" }, "does not let this user in"},
		{"port", persons, func(c *Config) { c.Port = 1 }, "cannot be reached"},
		{"authority", persons, func(c *Config) { c.Host, c.TLS, c.CA = "localhost", "verify-full", server.dir+"/other.pem" }, "of an authority that is not trusted"},
		{"the machine's authorities", persons, func(c *Config) { c.Host, c.TLS = "localhost", "verify-full" }, "of an authority that is not trusted"},
		{"name", persons, func(c *Config) { c.TLS, c.CA = "verify-full", server.dir+"/ca.pem" }, "certificate is not for this host"},
		{"no authority", persons, func(c *Config) { c.TLS, c.CA = "verify-full", d.dir+"/none" }, "no certificates"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := d.config(tc.table)
			if tc.spoil != nil {
				tc.spoil(&c)
			}
			f, err := New(c)
			d.must(err)
			_, got, err := d.take(f, fetch.Last{})
			if err == nil || !strings.HasPrefix(err.Error(), "postgres: ") || !strings.Contains(err.Error(), tc.want) || len(got) > 0 {
				t.Errorf("it says %v, not %s; and brings %q", err, tc.want, got)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), password)) {
				t.Errorf("it tells too much: %v", err)
			}
		})
	}
	for _, how := range []string{"verify-full", "unverified"} {
		c := d.config(Table{Schema: "care", Table: "persons", Columns: []string{"id"}})
		c.Host, c.TLS = "localhost", how
		if how == "verify-full" {
			c.CA = server.dir + "/ca.pem"
		}
		f, err := New(c)
		d.must(err)
		d.want(f, fetch.Last{}, "1", "2")
	}
}

func (d *database) file(name, text string) string {
	path := filepath.Join(d.dir, name)
	d.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestVerified holds that a connection out of this machine is verified unless
// the configuration says otherwise, and that then no password is given away.
func TestVerified(t *testing.T) {
	for _, tc := range []struct {
		host, tls        string
		encrypted, known bool
		auth             string
	}{
		{"db.example", "", true, true, ""},
		{"192.0.2.1", "", true, true, ""},
		{"db.example", "unverified", true, false, "scram-sha-256"},
		{"db.example", "none", false, false, "scram-sha-256"},
		{"127.0.0.1", "", false, false, ""},
		{"localhost", "", false, false, ""},
		{"localhost.example", "", true, true, ""},
		{"::1", "", false, false, ""},
		{"::1", "verify-full", true, true, ""},
		{"/run/postgresql", "", false, false, ""},
	} {
		f, err := New(Config{Host: tc.host, TLS: tc.tls, Database: "d", User: "u", Tables: []Table{persons}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := f.settings()
		if err != nil {
			t.Fatal(err)
		}
		encrypted := c.TLSConfig != nil
		known := encrypted && !c.TLSConfig.InsecureSkipVerify && c.TLSConfig.ServerName == tc.host
		if encrypted != tc.encrypted || known != tc.known || c.RequireAuth != tc.auth || len(c.Fallbacks) > 0 {
			t.Errorf("%s, %q: encrypted %t, verified %t, auth %q", tc.host, tc.tls, encrypted, known, c.RequireAuth)
		}
	}
}

// TestEnvironment holds that nothing comes from the environment.
func TestEnvironment(t *testing.T) {
	d := newDatabase(t)
	d.tables()
	for k, v := range map[string]string{"PGHOST": "192.0.2.1", "PGPORT": "1", "PGDATABASE": "x", "PGUSER": "x", "PGPASSWORD": "x", "PGSSLMODE": "verify-full",
		"PGOPTIONS": "-c default_transaction_read_only=off", "PGAPPNAME": "x", "PGTARGETSESSIONATTRS": "standby", "PGREQUIREAUTH": "md5", "PGPASSFILE": "/dev/null"} {
		t.Setenv(k, v)
	}
	if _, _, err := d.take(d.fetcher(persons), fetch.Last{}); err != nil {
		t.Error(err)
	}
	t.Setenv("PGPASSWORD", password)
	c := d.config(persons)
	c.Password = ""
	f, err := New(c)
	d.must(err)
	if _, _, err := d.take(f, fetch.Last{}); err == nil {
		t.Error("the password came from the environment")
	}
}

// TestLost holds that a mark of another server, of a later time, or one that
// cannot be read is no place to go on from.
func TestLost(t *testing.T) {
	d := newDatabase(t)
	d.tables()
	f := d.fetcher(persons)
	l, _, err := d.take(f, fetch.Last{})
	d.must(err)
	m, err := parseMark(l.Mark)
	d.must(err)
	if m.Cluster == "" {
		t.Error("the server does not say which it is")
	}
	for name, spoil := range map[string]func(m *mark){
		"another":      func(m *mark) { m.Cluster += "1" },
		"set back":     func(m *mark) { m.Horizon += "0" },
		"not a number": func(m *mark) { m.Horizon = "x" },
		"no tables":    func(m *mark) { m.Tables = nil },
	} {
		m, _ := parseMark(l.Mark)
		spoil(&m)
		bad := l
		bad.Mark = m.text()
		if _, _, err := d.take(f, bad); !errors.Is(err, fetch.ErrLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReadOnly holds that the transaction cannot write, whatever a view does.
func TestReadOnly(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE care.log (id int); CREATE FUNCTION care.write() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO care.log VALUES (1) RETURNING id';
		CREATE VIEW care.v AS SELECT care.write() AS id`)
	if _, _, err := d.take(d.fetcher(Table{Schema: "care", Table: "v", Columns: []string{"id"}}), fetch.Last{}); err == nil || !strings.Contains(err.Error(), "25006") {
		t.Errorf("it says %v", err)
	}
}

func TestNew(t *testing.T) {
	good := Config{Host: "h", Database: "d", User: "u", Tables: []Table{persons}}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Config){
		"host":      func(c *Config) { c.Host = "" },
		"user":      func(c *Config) { c.User = "" },
		"database":  func(c *Config) { c.Database = "" },
		"tls":       func(c *Config) { c.TLS = "prefer" },
		"tables":    func(c *Config) { c.Tables = nil },
		"table":     func(c *Config) { c.Tables[0].Table = "" },
		"columns":   func(c *Config) { c.Tables[0].Columns = nil },
		"all":       func(c *Config) { c.Tables[0].Columns = []string{"*"} },
		"twice":     func(c *Config) { c.Tables[0].Columns = []string{"a", "a"} },
		"file":      func(c *Config) { c.Tables[0].File = "../x" },
		"hidden":    func(c *Config) { c.Tables[0].File = ".x" },
		"same file": func(c *Config) { c.Tables = append(c.Tables, c.Tables[0]) },
		"lag":       func(c *Config) { c.Tables[0].Lag = "1'; DROP TABLE x" },
		"lag alone": func(c *Config) { c.Tables[0].After, c.Tables[0].Lag = "", "1m" },
		"key alone": func(c *Config) { c.Key = "k" },
	} {
		c := good
		c.Tables = []Table{persons}
		if spoil(&c); name != "" {
			if _, err := New(c); err == nil {
				t.Errorf("%s is taken", name)
			}
		}
	}
}

// FuzzRows cuts a CSV table anywhere and holds that the same comes out, less
// the last column, as another reader has it.
func FuzzRows(f *testing.F) {
	f.Add("a,b", "line\nend", "quo\"te", uint8(1), true)
	f.Add("", "\r\n", ",,t", uint8(7), false)
	f.Add("t\n", "\"", "\"\n", uint8(2), true)
	f.Fuzz(func(t *testing.T, a, b, c string, size uint8, again bool) {
		var in, want, out bytes.Buffer
		full, short := csv.NewWriter(&in), csv.NewWriter(&want)
		for i, row := range [][]string{{"x", "y"}, {a, b}, {c, a}, {b, c}} {
			last := againColumn
			if i > 0 {
				last = map[bool]string{true: "t", false: "f"}[again == (i == 1)]
			}
			full.Write(append(row[:2:2], last))
			short.Write(append([]string{"z"}, row...)) // no row is a lone empty cell
		}
		full.Flush()
		short.Flush()
		r := &rows{to: &out, tell: func(int64) {}}
		for rest := in.Bytes(); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			if _, err := r.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := r.end("COPY 3"); err != nil {
			t.Fatal(err)
		}
		back, err := csv.NewReader(&out).ReadAll()
		wanted, err2 := csv.NewReader(&want).ReadAll()
		if err != nil || err2 != nil || len(back) != len(wanted) {
			t.Fatalf("%v %v: %d rows of %d", err, err2, len(back), len(wanted))
		}
		for i := range back {
			if fmt.Sprint(back[i]) != fmt.Sprint(wanted[i][1:]) {
				t.Errorf("%q, not %q", back[i], wanted[i][1:])
			}
		}
		if n := r.again.Rows; n != 1 && n != 2 || r.all.Rows != 3 {
			t.Errorf("%d of %d rows come again", n, r.all.Rows)
		}
		if r.end("COPY 4") == nil || r.end("SELECT 3") == nil {
			t.Error("a row is missing, and it is not seen")
		}
	})
}

// FuzzMark holds that a mark is what was written, or is refused.
func FuzzMark(f *testing.F) {
	f.Add(`{"cluster":"1","horizon":"2","tables":{"a.b":{"after":"3","shape":"4"}}}`)
	f.Add(`{"horizon":"2"}`)
	f.Add(`{}{}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMark(text)
		if err != nil || text == "" {
			return
		}
		again, err := parseMark(m.text())
		if err != nil || again.text() != m.text() {
			t.Errorf("%q becomes %q: %v", text, m.text(), err)
		}
	})
}

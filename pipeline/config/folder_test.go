package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fetched is a configuration of a feed that is fetched; the way is on line 3.
const fetched = `feeds:
  - {name: a, kind: tabular, fetch: {
     WAY
    }}
gates:
  optout: {sent: a, reply: b, control: c, max_age: 20d}
  objection: {file: o.csv}
  connection: {not_applicable: "none"}
  agreement: {file: g.csv}
`

const (
	dropWay     = `drop: {folder: in, marker: .done, unchanged: 10m, then: keep, everything: true, needs: ["a*.csv"], remember: 400d}`
	sftpWay     = `sftp: {address: "a.example:22", user: u, folder: out, key: k, known_hosts: h, unchanged: 10m}`
	postgresWay = `postgres: {host: db.example, database: d, user: u, password: "credential:pw", ca: ca.pem, tables: [{schema: s, table: t, columns: [a, b], after: c, lag: 10m}]}`
)

func TestFolders(t *testing.T) {
	path := write(t, strings.Replace(fetched, "WAY", dropWay, 1))
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Feeds[0].Fetch.Drop
	if d.Folder != filepath.Join(filepath.Dir(path), "in") || d.Marker != ".done" || time.Duration(d.Unchanged) != 10*time.Minute || !d.Everything || d.Then != "keep" || len(d.Needs) != 1 {
		t.Errorf("%+v", d)
	}
	path = write(t, strings.Replace(fetched, "WAY", sftpWay, 1))
	if c, err = Load(path); err != nil {
		t.Fatal(err)
	}
	if s := c.Feeds[0].Fetch.SFTP; s.Folder != "out" || s.Key != filepath.Join(filepath.Dir(path), "k") || s.KnownHosts != filepath.Join(filepath.Dir(path), "h") {
		t.Errorf("%+v", s)
	}
	path = write(t, strings.Replace(fetched, "WAY", postgresWay, 1))
	if c, err = Load(path); err != nil {
		t.Fatal(err)
	}
	if p := c.Feeds[0].Fetch.Postgres; p.Password != "credential:pw" || p.CA != filepath.Join(filepath.Dir(path), "ca.pem") || p.Tables[0].Lag != "10m" {
		t.Errorf("%+v", p)
	}
}

func TestOneWay(t *testing.T) {
	_, err := Load(write(t, strings.Replace(fetched, "WAY", dropWay+", "+sftpWay, 1)))
	if err == nil || !strings.Contains(err.Error(), "config.yaml:2: feeds[0].fetch: more than one way") {
		t.Error(err)
	}
}

func TestFoldersRefused(t *testing.T) {
	for _, tc := range []struct{ way, from, to, want string }{
		{dropWay, "folder: in", "folder: ''", "fetch.drop.folder: is missing; give"},
		{dropWay, "marker: .done, unchanged: 10m, ", "", "fetch.drop.marker: neither marker nor unchanged"},
		{dropWay, ".done", "a/b", "fetch.drop.marker: the end of a file name"},
		{dropWay, "10m", "10", "fetch.drop.unchanged: not a span"},
		{dropWay, "keep", "delete", "fetch.drop.then: not move or keep"},
		{dropWay, "a*.csv", "[", "fetch.drop.needs: not a list of patterns"},
		{dropWay, "then:", "than:", "fetch.drop.than: there is no such key"},
		{sftpWay, "a.example:22", "a.example", "fetch.sftp.address: not host:port"},
		{sftpWay, "a.example:22", "u@a.example:22", "fetch.sftp.address: not host:port"},
		{sftpWay, "user: u, ", "", "fetch.sftp.user: is missing"},
		{sftpWay, "key: k, ", "", "fetch.sftp.key: is missing"},
		{sftpWay, "known_hosts: h, ", "", "fetch.sftp.known_hosts: is missing; give a file with the server's key"},
		{sftpWay, "key: k", "password: p", "fetch.sftp.password: there is no such key"},
		{sftpWay, "unchanged: 10m", "then: move", "fetch.sftp.marker: neither"},
		{postgresWay, "host: db.example", "host: ''", "fetch.postgres.host: is missing"},
		{postgresWay, "database: d, ", "", "fetch.postgres.database: is missing"},
		{postgresWay, "user: u, ", "", "fetch.postgres.user: is missing"},
		{postgresWay, "user: u", "user: u, port: 70000", "fetch.postgres.port: not from"},
		{postgresWay, "user: u", "user: u, tls: prefer", "fetch.postgres.tls: not verify-full"},
		{postgresWay, "user: u", "user: u, key: k", "fetch.postgres.certificate: certificate and key"},
		{postgresWay, "[{schema: s, table: t, columns: [a, b], after: c, lag: 10m}]", "[]", "fetch.postgres.tables: there is none"},
		{postgresWay, "table: t, ", "", "fetch.postgres.tables[0].table: is missing"},
		{postgresWay, "columns: [a, b], ", "", "fetch.postgres.tables[0].columns: is missing"},
		{postgresWay, "[a, b]", "['*']", "fetch.postgres.tables[0].columns: each by its name"},
		{postgresWay, "[a, b]", "[a, a]", "fetch.postgres.tables[0].columns: each by its name"},
		{postgresWay, "table: t", "table: t, file: ../x", "fetch.postgres.tables[0].file: not the name of a file"},
		{postgresWay, "lag: 10m", "lag: much", "fetch.postgres.tables[0].lag: not a span"},
		{postgresWay, "after: c, ", "", "fetch.postgres.tables[0].lag: a lag needs after"},
		{postgresWay, "lag: 10m}", "lag: 10m}, {table: t, columns: [a]}", "fetch.postgres.tables[1].file: another table"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			if !strings.Contains(tc.way, tc.from) {
				t.Fatal("nothing to be replaced")
			}
			_, err := Load(write(t, strings.Replace(fetched, "WAY", strings.Replace(tc.way, tc.from, tc.to, 1), 1)))
			if err == nil || !strings.Contains(err.Error(), "config.yaml:3: feeds[0]."+tc.want) {
				t.Errorf("error = %v, want one with %q", err, tc.want)
			}
		})
	}
}

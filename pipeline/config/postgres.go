package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Postgres is a database with tables or views to be read.
type Postgres struct {
	Host        string     `yaml:"host"` // a name, an address, or the folder of a socket
	Port        int        `yaml:"port"` // 5432 when absent
	Database    string     `yaml:"database"`
	User        string     `yaml:"user"`
	Password    string     `yaml:"password"`    // file, or credential:NAME; absent where the server asks for none
	TLS         string     `yaml:"tls"`         // verify-full, unverified or none; when absent verify-full, and none to this machine
	CA          string     `yaml:"ca"`          // file of certificates trusted instead of the machine's
	Certificate string     `yaml:"certificate"` // file of ours, where the server wants one
	Key         string     `yaml:"key"`         // its key: file, or credential:NAME
	Timeout     Duration   `yaml:"timeout"`     // of one statement; an hour when absent
	Tables      []Relation `yaml:"tables"`
}

// Relation is a table or view of a database.
type Relation struct {
	Schema  string   `yaml:"schema"` // public when absent
	Table   string   `yaml:"table"`
	File    string   `yaml:"file"`    // that the feed's tables name; TABLE.csv when absent
	Columns []string `yaml:"columns"` // those that are read
	After   string   `yaml:"after"`   // the column that grows; the table is read whole when absent
	Lag     string   `yaml:"lag"`     // read again so far below: 10m, or a number for a number
}

func (p *Postgres) paths() []*string {
	list := files(&p.Password, &p.CA, &p.Certificate, &p.Key)
	if strings.HasPrefix(p.Host, ".") {
		list = append(list, &p.Host)
	}
	return list
}

var lagForm = regexp.MustCompile(`^[0-9]{1,9}[smhd]?$`)

// check tells what is wrong. key is its own, with a dot at its end.
func (p *Postgres) check(key string, fail func(key, reason string)) {
	need := func(ok bool, name, reason string) {
		if !ok {
			fail(key+name, reason)
		}
	}
	need(p.Host != "", "host", "is missing; give a name, an address, or the folder of a socket")
	need(p.Database != "", "database", "is missing; give the name of the database")
	need(p.User != "", "user", "is missing; give a user that may read the tables and nothing else")
	need(p.Port >= 0 && p.Port < 1<<16, "port", "not from 1 to 65535")
	need(slices.Contains([]string{"", "verify-full", "unverified", "none"}, p.TLS), "tls", "not verify-full, unverified or none")
	need((p.Certificate == "") == (p.Key == ""), "certificate", "certificate and key go together; give both or neither")
	need(len(p.Tables) > 0, "tables", "there is none; name at least one")
	seen := make(map[string]bool)
	for i, t := range p.Tables {
		file := t.check(fmt.Sprintf("tables[%d].", i), need)
		need(!seen[file], fmt.Sprintf("tables[%d].file", i), "another table has this file; give each its own")
		seen[file] = true
	}
}

func (r Relation) check(key string, need func(ok bool, name, reason string)) (file string) {
	if file = r.File; file == "" {
		file = r.Table + ".csv"
	}
	need(r.Table != "", key+"table", "is missing; give the name of the table or view")
	need(file == filepath.Base(file) && file[0] != '.', key+"file", "not the name of a file; it has no folder and no dot before it")
	need(len(r.Columns) > 0, key+"columns", "is missing; name those that are needed: all of them is no choice, free text must not travel")
	for i, c := range r.Columns {
		need(c != "" && c != "*" && !slices.Contains(r.Columns[:i], c), key+"columns", "each by its name, once; there is no * here")
	}
	need(r.Lag == "" || lagForm.MatchString(r.Lag), key+"lag", "not a span such as 10m, or a number")
	need(r.Lag == "" || r.After != "", key+"lag", "a lag needs after: the column that it lags behind")
	return file
}

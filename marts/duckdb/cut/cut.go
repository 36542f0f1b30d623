// Package cut takes the rows of some persons out of published marts, under other
// numbers and on other days, and writes them to where they are read from at once.
//
// Its engine knows the persons by one table that it is given: who they are in the
// marts, and who they are to be. A row of anybody else is not seen. Until a row is
// written, its person is known by their place in the order of the numbers that they
// are to have: places are narrow, and to sort by them is to sort by those numbers,
// at less than half the cost. What is written goes through a pipe and never to a disk. What does not fit into the memory that
// it may take is spilled to a folder that is removed, in clear: this build of DuckDB
// has no cipher for what it spills (temp_file_encryption fails). So memory does not
// grow with the rows, only with the persons.
package cut

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"
)

// Limits is how much a cut may take.
type Limits struct {
	Memory  string // as DuckDB writes it; Enough when empty
	Threads int    // one a core when zero
	Temp    string // a folder that only its owner can read, for what is spilled
}

// Cut is an engine that sees the rows of some persons. It is used by one goroutine.
type Cut struct {
	db   *sql.DB
	conn *sql.Conn
	temp string

	kinds int // of texts that have a type
}

// Person is somebody whose rows are taken.
type Person struct {
	Base  int64 // who they are in the marts
	ID    int64 // who they are to be
	Shift int   // by how many days every date of theirs is moved
}

// Enough is how much memory the engine needs, however many rows there are, as DuckDB
// writes it: 256 MB a core, and 512 MB at least. More spares it to spill.
func Enough() string { return fmt.Sprintf("%dMB", 256*max(2, runtime.NumCPU())) }

// Open starts an engine that sees nobody.
func Open(ctx context.Context, lim Limits) (*Cut, error) {
	lim.Memory = cmp.Or(lim.Memory, Enough())
	if lim.Threads == 0 {
		lim.Threads = runtime.NumCPU()
	}
	temp, err := os.MkdirTemp(lim.Temp, "spill-")
	if err != nil {
		return nil, err
	}
	connector, err := duck.NewConnector("", nil)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(temp))
	}
	c := &Cut{db: sql.OpenDB(connector), temp: temp}
	if c.conn, err = c.db.Conn(ctx); err == nil {
		err = c.set(ctx, lim)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cut) set(ctx context.Context, lim Limits) error {
	for _, s := range []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET temp_directory = " + quote(c.temp, '\''),
		"SET memory_limit = " + quote(lim.Memory, '\''),
		fmt.Sprintf("SET threads = %d", lim.Threads),
		"SET TimeZone = 'UTC'",
		"CREATE TABLE person (place INTEGER NOT NULL, base BIGINT NOT NULL, id BIGINT NOT NULL, shift INTEGER NOT NULL)",
	} {
		if _, err := c.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the engine and removes what it has spilled.
func (c *Cut) Close() error {
	var err error
	if c.conn != nil {
		err = c.conn.Close()
	}
	return errors.Join(err, c.db.Close(), os.RemoveAll(c.temp))
}

// Conn is the engine's connection, for questions about what it shows.
func (c *Cut) Conn() *sql.Conn { return c.conn }

// Persons says whose rows are taken. Nobody may be there twice.
func (c *Cut) Persons(all []Person) error {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
	return c.append("person", len(all), func(a *duck.Appender, i int) error {
		return a.AppendRow(int32(i), all[i].Base, all[i].ID, int32(all[i].Shift))
	})
}

// Linked is a person, and what an older study knows them by.
type Linked struct {
	ID        int64
	Pseudonym string
}

// Linked makes the table linked, of persons and their pseudonyms.
func (c *Cut) Linked(all []Linked) error {
	if _, err := c.conn.ExecContext(context.Background(), "CREATE TABLE linked (id BIGINT NOT NULL, pseudonym VARCHAR NOT NULL)"); err != nil {
		return err
	}
	return c.append("linked", len(all), func(a *duck.Appender, i int) error { return a.AppendRow(all[i].ID, all[i].Pseudonym) })
}

// append fills a table.
func (c *Cut) append(table string, n int, row func(a *duck.Appender, i int) error) error {
	return c.conn.Raw(func(conn any) error {
		a, err := duck.NewAppenderFromConn(conn.(driver.Conn), "", table)
		if err != nil {
			return err
		}
		for i := range n {
			if err := row(a, i); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
}

// Lookup makes a table of pairs, by that name, with the columns fine and coarse.
func (c *Cut) Lookup(ctx context.Context, name string, pairs map[string]string) error {
	if _, err := c.conn.ExecContext(ctx, "CREATE TABLE "+quote(name, '"')+" (fine VARCHAR NOT NULL, coarse VARCHAR NOT NULL)"); err != nil {
		return err
	}
	return c.conn.Raw(func(conn any) error {
		a, err := duck.NewAppenderFromConn(conn.(driver.Conn), "", name)
		if err != nil {
			return err
		}
		for fine, coarse := range pairs {
			if err := a.AppendRow(fine, coarse); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
}

// Describe says of what columns, and of what types, a relation is once it is written.
func (c *Cut) Describe(ctx context.Context, relation string) (out []Column, err error) {
	rows, err := c.conn.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT r.* REPLACE (p.id AS person_id) FROM "+relation+" r JOIN main.person p ON p.place = r.person_id)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var col Column
		if err := rows.Scan(&col.Name, &col.Type); err != nil {
			return nil, err
		}
		out = append(out, col)
	}
	return out, rows.Err()
}

// quote writes s as a literal, or as a name.
func quote(s string, q byte) string {
	return string(q) + strings.ReplaceAll(s, string(q), string(q)+string(q)) + string(q)
}

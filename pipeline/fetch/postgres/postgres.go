// Package postgres fetches tables and views of a PostgreSQL database, each as a
// CSV file with a header, which the tabular adapter reads. All are read in one
// read-only transaction that sees one moment, so that they belong together
// however others write meanwhile.
//
// # What is new
//
// A table with a watermark, a column that only grows, such as updated_at or a
// sequence, is read from where the last delivery ended. That alone loses rows:
// a transaction takes its number or its time when it writes and is seen when it
// commits. One that took 7 may commit after another that took 8 was read; a
// reader that goes on after 8 never sees 7. Three ways protect, the best that
// is possible is taken:
//
//   - The column holds the transaction itself (type xid8, pg_current_xact_id()).
//     It is read from the snapshot's horizon: the oldest transaction that had
//     not ended when we last looked. Nothing below it can appear any more.
//   - In a table (not a view) PostgreSQL keeps the writing transaction of every
//     row. What is beyond the watermark is read, and what was written by a
//     transaction at or above the last horizon, whatever its watermark says.
//     It costs a pass over the table.
//   - With a lag, in time or numbers, what lies so far below the watermark is
//     read once more. That uses an index, and is the only way for a view; it
//     protects from transactions that are no longer than the lag.
//
// What is read twice does no harm: the newest version of a record wins. A row
// that is removed is not seen by any of them; a reload sees that. Without a
// watermark a table is read whole each time; only where all are is what was
// removed seen to be gone, since a delivery replaces others as a whole or not at
// all. A watermark that lies in the future does not count until then.
//
// # What travels
//
// Only the columns that are named, never all: free text stays where it is.
// Errors name tables and columns and PostgreSQL's code, never its words, which
// may quote a value.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"secondaryuse/pipeline/fetch"
)

// Config is a database and what is read of it.
type Config struct {
	Host        string // a name, an address, or the folder of a socket
	Port        uint16
	Database    string
	User        string
	Password    string // a file, or credential:NAME; empty where the server asks for none
	TLS         string // verify-full, unverified or none; empty: verify-full, and none to this machine
	CA          string // a file with the authorities that are trusted; empty: the machine's
	Certificate string // ours, where the server wants one: a file
	Key         string // its key: a file, or credential:NAME
	Timeout     time.Duration
	Tables      []Table
}

// Table is a table or a view.
type Table struct {
	Schema  string // public when empty
	Table   string
	File    string // the name of the CSV file; Table.csv when empty
	Columns []string
	After   string // the watermark; empty: read whole each time
	Lag     string // 10m, 36h, 2d for times; a number for numbers
}

func (t Table) String() string { return t.Schema + "." + t.Table }

// Fetcher is a fetch.Fetcher of a database.
type Fetcher struct {
	Config
	step func(name string) // a test does something there
}

var lagForm = regexp.MustCompile(`^([0-9]{1,9})([smhd]?)$`)

// New returns the Fetcher of a database.
func New(c Config) (*Fetcher, error) {
	if c.Port == 0 {
		c.Port = 5432
	}
	if c.Timeout == 0 {
		c.Timeout = time.Hour
	}
	switch {
	case c.Host == "" || c.Database == "" || c.User == "":
		return nil, errors.New("host, database and user are needed")
	case c.TLS != "" && c.TLS != "verify-full" && c.TLS != "unverified" && c.TLS != "none":
		return nil, errors.New("tls: not verify-full, unverified or none")
	case len(c.Tables) == 0:
		return nil, errors.New("tables: there is none")
	case (c.Certificate == "") != (c.Key == ""):
		return nil, errors.New("certificate: it goes with key")
	}
	files := make(map[string]bool)
	tables := make([]Table, len(c.Tables))
	for i, t := range c.Tables {
		var err error
		if tables[i], err = t.whole(); err != nil {
			return nil, fmt.Errorf("tables[%d]: %w", i, err)
		}
		if files[tables[i].File] {
			return nil, fmt.Errorf("tables[%d]: another table has this file", i)
		}
		files[tables[i].File] = true
	}
	c.Tables = tables
	return &Fetcher{c, func(string) {}}, nil
}

// whole checks a table and fills in what it leaves out.
func (t Table) whole() (Table, error) {
	if t.Schema == "" {
		t.Schema = "public"
	}
	if t.File == "" {
		t.File = t.Table + ".csv"
	}
	switch {
	case t.Table == "":
		return t, errors.New("table: is missing")
	case t.File != filepath.Base(t.File) || t.File[0] == '.':
		return t, errors.New("file: not the name of a file")
	case len(t.Columns) == 0:
		return t, errors.New("columns: name those that are needed; all of them is no choice, free text must not travel")
	case t.Lag != "" && (t.After == "" || !lagForm.MatchString(t.Lag)):
		return t, errors.New("lag: a span such as 10m, or a number, behind the column of after")
	}
	seen := make(map[string]bool)
	for _, c := range t.Columns {
		if c == "" || c == "*" || seen[c] {
			return t, errors.New("columns: each by its name, once")
		}
		seen[c] = true
	}
	return t, nil
}

func (f *Fetcher) place() string {
	if strings.HasPrefix(f.Host, "/") {
		return fmt.Sprintf("postgres: %s of the server at %s", f.Database, f.Host)
	}
	return fmt.Sprintf("postgres://%s:%d/%s", f.Host, f.Port, f.Database)
}

// Plan looks whether the server is there and has the columns.
func (f *Fetcher) Plan(ctx context.Context, last fetch.Last) (fetch.Plan, error) {
	plan := fetch.Plan{From: f.place()}
	old, err := parseMark(last.Mark)
	if err != nil {
		return plan, f.fail(ctx, err)
	}
	if last.Mark != "" {
		plan.Since = "the snapshot of " + last.At.UTC().Format(time.RFC3339)
	}
	s, err := f.begin(ctx, old)
	if err != nil {
		return plan, f.fail(ctx, err)
	}
	defer s.end()
	for _, t := range f.Tables {
		r, err := s.relation(ctx, t)
		if err != nil {
			return plan, f.fail(ctx, err)
		}
		plan.Asks = append(plan.Asks, r.words(old))
	}
	return plan, nil
}

// words says how a table will be read.
func (r relation) words(old mark) string {
	was, ok := old.Tables[r.String()]
	from := "whole"
	switch {
	case r.After == "" || !ok || was.Shape != r.shape() || was.After == "" && r.kind.name != "xid8":
	case r.kind.name == "xid8":
		from = "from transaction " + old.Horizon + " in " + r.After
	case r.Lag != "":
		from = fmt.Sprintf("where %s is after %s, less %s", r.After, was.After, r.Lag)
	default:
		from = fmt.Sprintf("where %s is after %s, or written since", r.After, was.After)
	}
	return fmt.Sprintf("%s: %d columns, %s", r, len(r.Columns), from)
}

// Done has nothing to do: the database keeps nothing for us.
func (f *Fetcher) Done(context.Context, fetch.Delivery, string) error { return nil }

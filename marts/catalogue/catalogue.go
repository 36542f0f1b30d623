// Package catalogue is the list of marts. Each is a folder with no Go in it:
//
//	NAME/mart.sql      a comment header, which is the contract, and one SELECT
//	NAME/case.txtar    input tables and the table wanted of them
//	NAME/*.csv         code lists, which the SELECT reads as tables of text
//
// The header says what the mart is, what it reads, what one row stands for,
// every column with its type and meaning, and checks: queries over the
// finished mart that must return no row. The SELECT keeps to a portable subset
// of SQL (see Lint), so that the same text runs on another engine. Everything
// is parsed strictly: what is not understood is an error.
//
// The header also says how a mart follows a change of some persons' records:
//
//	refresh: whole      it is built anew from all that it reads
//	refresh: persons    only what these persons have in it is built anew
//	dates: x.y, ...     who else, because the day moves from run.since to
//	                    run.as_of: whoever has a row of dataset x whose column y
//	                    is a day after the former and not after the latter
//	also: SELECT ...    who else for another reason: their person_id
//	adds: a, b          of a mart without person_id: the columns that are sums
//	                    over persons (or count them), by which it follows
//
// Such a mart may look at one person at a time only: its rows of a person come
// of that person's rows alone, and its sums of a set of persons are those of
// any two parts of the set together. An additive column that may be empty is
// empty instead of 0, and a row of which all of them are 0 is not there.
package catalogue

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed inputs.sql */mart.sql */*.csv */*.txtar
var files embed.FS

// Mart is one mart: its contract and its query.
type Mart struct {
	Name      string
	What      string
	Domain    string // the release domain whose key its person ids are made with
	Reads     []string
	Grain     []string // the columns that are different in every row
	Refresh   string
	Dates     []Date   // the days that a row may wait for
	Also      string   // a query for who else's rows change with the day alone
	Adds      []string // the columns that are sums over persons
	Release   string
	Columns   []Column
	Checks    []Check
	Rule      string // what the header says besides, in its own lines
	SQL       string // the SELECT
	Text      string // the file as it stands
	Codelists []Codelist
}

// Column is a column of a mart or of an input.
type Column struct {
	Name, Type string
	Null       bool // may be empty
	Meaning    string
}

// Date is a column of a dataset that says when something was, or will be.
type Date struct{ Dataset, Column string }

// Check is a query that must return no row.
type Check struct{ Name, SQL string }

// Codelist is a table of text that a mart brings along. An empty cell is null.
type Codelist struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// Hash identifies the contract and the query of a mart, code lists included.
func (m Mart) Hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", m.Text)
	for _, l := range m.Codelists {
		fmt.Fprintf(h, "%s\x00%q\x00%q\x00", l.Name, l.Columns, l.Rows)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// All returns the marts of this program in an order in which they can be
// built: a mart comes after those it reads.
func All() ([]Mart, error) {
	marts, err := all()
	return slices.Clone(marts), err
}

var all = sync.OnceValues(func() ([]Mart, error) { return Load(files) })

// Load reads a catalogue. Every folder of fsys is a mart.
func Load(fsys fs.FS) ([]Mart, error) {
	dirs, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	var marts []Mart
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		m, err := loadMart(fsys, d.Name())
		if err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		marts = append(marts, m)
	}
	if marts, err = order(marts); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return marts, nil
}

func loadMart(fsys fs.FS, dir string) (Mart, error) {
	text, err := fs.ReadFile(fsys, path.Join(dir, "mart.sql"))
	if err != nil {
		return Mart{}, err
	}
	m, err := Parse(string(text))
	if err != nil {
		return m, fmt.Errorf("%s/mart.sql: %w", dir, err)
	}
	if m.Name != dir {
		return m, fmt.Errorf("%s/mart.sql: the mart is called %s, its folder is not", dir, m.Name)
	}
	lists, err := fs.Glob(fsys, dir+"/*.csv")
	if err != nil {
		return m, err
	}
	for _, name := range lists {
		l, err := loadCodelist(fsys, name)
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		if !slices.Contains(m.Reads, l.Name) {
			return m, fmt.Errorf("%s: the header does not read it", name)
		}
		m.Codelists = append(m.Codelists, l)
	}
	if err := errors.Join(Lint(m), follows(m)); err != nil {
		return m, fmt.Errorf("%s/mart.sql: %w", dir, err)
	}
	return m, nil
}

func loadCodelist(fsys fs.FS, name string) (Codelist, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return Codelist{}, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return Codelist{}, err
	}
	if len(rows) < 2 {
		return Codelist{}, fmt.Errorf("a code list has a line of column names and at least one row")
	}
	for _, c := range rows[0] {
		if !isName(c) {
			return Codelist{}, fmt.Errorf("%q is not a column name", c)
		}
	}
	base := strings.TrimSuffix(path.Base(name), ".csv")
	if !isName(base) {
		return Codelist{}, fmt.Errorf("%q is not a table name", base)
	}
	return Codelist{Name: base, Columns: rows[0], Rows: rows[1:]}, nil
}

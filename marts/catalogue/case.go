package catalogue

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Case is an example of a mart: what is given, and what must come of it.
type Case struct {
	Mart  string
	Says  string // in plain words
	AsOf  string
	Given []Table
	Want  Table
	// Broken holds rows that the mart could not have, each with the name of the
	// check that must find it in its first column.
	Broken Table
}

// Table is a table of text. A cell that is empty of value is "-".
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// Cases returns the cases of the marts of this program.
func Cases() ([]Case, error) {
	paths, err := fs.Glob(files, "*/*.txtar")
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, p := range paths {
		text, err := files.ReadFile(p)
		if err != nil {
			return nil, err
		}
		c, err := ParseCase(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		c.Mart, _, _ = strings.Cut(p, "/")
		out = append(out, c)
	}
	return out, nil
}

// ParseCase reads a case: a comment, a section "run" with the day, a section
// for each input table, the section "want", and perhaps "broken".
func ParseCase(text string) (Case, error) {
	if strings.Contains("\n"+text, "\n-- --") { // txtar panics at it
		return Case{}, fmt.Errorf("a section without a name")
	}
	a := txtar.Parse([]byte(text))
	c := Case{Says: strings.TrimSpace(string(a.Comment))}
	if c.Says == "" {
		return c, fmt.Errorf("a case says in words what it shows")
	}
	for _, f := range a.Files {
		if f.Name == "run" {
			day, ok := strings.CutPrefix(strings.TrimSpace(string(f.Data)), "as_of: ")
			if !ok {
				return c, fmt.Errorf("run: want \"as_of: YYYY-MM-DD\"")
			}
			c.AsOf = day
			continue
		}
		t, err := parseTable(f.Name, string(f.Data))
		if err != nil {
			return c, fmt.Errorf("%s: %w", f.Name, err)
		}
		switch f.Name {
		case "want":
			c.Want = t
		case "broken":
			c.Broken = t
		default:
			c.Given = append(c.Given, t)
		}
	}
	if c.AsOf == "" || c.Want.Columns == nil {
		return c, fmt.Errorf("a case has the sections run and want")
	}
	return c, nil
}

// parseTable reads lines of cells between bars; the first names the columns.
func parseTable(name, text string) (Table, error) {
	t := Table{Name: name}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		cells := strings.Split(line, "|")
		for j := range cells {
			if cells[j] = strings.TrimSpace(cells[j]); cells[j] == "" {
				return t, fmt.Errorf("line %d: an empty cell; write - for no value", i+1)
			}
		}
		if t.Columns == nil {
			t.Columns = cells
			continue
		}
		if len(cells) != len(t.Columns) {
			return t, fmt.Errorf("line %d: %d cells, want %d", i+1, len(cells), len(t.Columns))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t, nil
}

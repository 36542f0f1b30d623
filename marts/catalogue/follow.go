package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The values of refresh.
const (
	whole   = "whole"
	persons = "persons"
)

// Follows reports whether only what some persons have in the mart can be built
// anew.
func (m Mart) Follows() bool { return m.Refresh == persons }

// personal reports whether each row of the mart is about one person.
func (m Mart) personal() bool { return slices.Contains(m.Grain, "person_id") }

// follows returns why a mart cannot be refreshed as its header says. That it
// looks at one person at a time cannot be read off its text; that its windows
// do can.
func follows(m Mart) error {
	var errs []error
	refuse := func(when bool, why string) {
		if when {
			errs = append(errs, errors.New(why))
		}
	}
	read := tables(tokens(m.SQL))
	dated := slices.Contains(read, "run") || slices.Contains(read, "calendar")
	said := m.Also != "" || len(m.Dates) > 0
	queries := m.SQL
	for _, c := range m.Checks {
		queries += "\n" + c.SQL
	}
	refuse(slices.ContainsFunc(tokens(queries), func(t token) bool { return t.kind == 'w' && t.text == "SINCE" }), "only also may read run.since")
	refuse(m.Follows() && slices.ContainsFunc(read, func(name string) bool { return strings.HasPrefix(name, unlinked) }),
		"what is read without its persons cannot be refreshed by person; say refresh: whole")
	if !m.Follows() {
		refuse(said || len(m.Adds) > 0, "dates, also and adds are for refresh: persons")
		return errors.Join(errs...)
	}
	refuse(dated && !said, "it depends on the day (run, calendar): dates or also must say who changes with it")
	refuse(!dated && said, "it does not depend on the day (run, calendar), so dates and also have nothing to say")
	for _, d := range m.Dates {
		refuse(!slices.Contains(read, d.Dataset), "dates: it does not read "+d.Dataset)
	}
	refuse(m.personal() && len(m.Adds) > 0, "adds is for marts without person_id")
	if !m.personal() {
		refuse(slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Name == "person_id" }), "person_id is not in the grain")
		errs = append(errs, adds(m))
	}
	return errors.Join(append(errs, windows(m))...)
}

// adds holds that a mart over many persons consists of its grain and of what
// can be added and taken away without loss.
func adds(m Mart) error {
	for _, c := range m.Columns {
		switch in, exact := slices.Contains(m.Adds, c.Name), c.Type == "BIGINT" || c.Type == "INTEGER" || strings.HasPrefix(c.Type, "DECIMAL"); {
		case in == slices.Contains(m.Grain, c.Name):
			return fmt.Errorf("%s must be either of the grain or among adds", c.Name)
		case in && !exact:
			return fmt.Errorf("%s cannot be among adds: only whole numbers and decimals add up exactly", c.Name)
		}
	}
	for _, name := range m.Adds {
		if !slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Name == name }) {
			return fmt.Errorf("adds: %s is not a column", name)
		}
	}
	return nil
}

// windows refuses a window over more than one person.
func windows(m Mart) error {
	t := tokens(m.SQL)
	for i, x := range t {
		if x.kind != 'w' || x.text != "OVER" {
			continue
		}
		own := false
		for j := i + 2; j < len(t) && t[j].depth > x.depth && t[j].text != "ORDER"; j++ {
			own = own || t[j].text == "PERSON_ID"
		}
		if !own || at(t, i+2) != "PARTITION" {
			return errors.New("a window is not partitioned by person_id")
		}
	}
	return nil
}

// PerRow reports whether a check of the mart looks at each of its rows by
// itself, and at nothing that may change besides: neither at the day of the run
// nor at another mart. A row that passes it always will.
func (m Mart) PerRow(c Check) bool {
	together := strings.Fields("GROUP HAVING OVER DISTINCT COUNT SUM MIN MAX UNION INTERSECT EXCEPT")
	t := tokens(c.SQL)
	selects := 0
	for _, x := range t {
		if x.kind == 'w' && slices.Contains(together, x.text) {
			return false
		}
		if x.text == "SELECT" {
			selects++
		}
	}
	for _, name := range tables(t) {
		if name != m.Name && !m.brings(name) {
			return false
		}
	}
	return selects == 1
}

// Needs returns an input with those of its columns alone that the mart's query
// can mean: its first, and all whose names stand in it, or every one where it
// takes them all by a *.
func (m Mart) Needs(in Input) Input {
	t := tokens(m.SQL)
	named := make(map[string]bool)
	for i, x := range t {
		named[strings.ToLower(x.text)] = true
		if x.kind == 'w' && strings.ToLower(x.text) == in.Name && starred(t, i) {
			return in
		}
	}
	out := Input{Name: in.Name}
	for i, c := range in.Columns {
		if i == 0 || named[c.Name] {
			out.Columns = append(out.Columns, c)
		}
	}
	return out
}

// starred reports whether the table named at i stands before a dot and a *
// somewhere, by its name or by the one it is given.
func starred(t []token, i int) bool {
	known := []string{t[i].text, at(t, i+1)}
	if at(t, i+1) == "AS" {
		known[1] = at(t, i+2)
	}
	for j := range t {
		if at(t, j+1) == "." && at(t, j+2) == "*" && slices.Contains(known, t[j].text) {
			return true
		}
	}
	return false
}

package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Parse reads the text of a mart.sql: its header and its query.
func Parse(text string) (Mart, error) {
	m := Mart{Text: text}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], "--") {
		n++
	}
	m.SQL = strings.TrimSpace(strings.Join(lines[n:], "\n"))
	head := lines[:n]
	end := slices.IndexFunc(head, func(l string) bool { return strings.TrimSpace(l) == "--" })
	if end >= 0 {
		m.Rule = prose(head[end:])
		head = head[:end]
	}
	seen := ""
	for i := 0; i < len(head); {
		key, value, ok := strings.Cut(strings.TrimPrefix(head[i], "-- "), ":")
		if !ok || !isName(key) {
			return m, fmt.Errorf("line %d: want \"-- key: value\"", i+1)
		}
		if strings.Contains(seen, " "+key+" ") {
			return m, fmt.Errorf("line %d: %s stands twice", i+1, key)
		}
		seen += " " + key + " "
		body := []string{strings.TrimSpace(value)}
		at := i + 1
		for i++; i < len(head) && strings.HasPrefix(head[i], "--   "); i++ {
			body = append(body, strings.TrimPrefix(head[i], "--   "))
		}
		if err := m.set(key, body); err != nil {
			return m, fmt.Errorf("line %d: %s: %w", at, key, err)
		}
	}
	return m, m.complete()
}

// prose joins comment lines without their marks.
func prose(lines []string) string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.TrimPrefix(strings.TrimPrefix(l, "--"), " "))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// set takes one entry of the header: the rest of its first line, and the lines
// indented below it.
func (m *Mart) set(key string, body []string) (err error) {
	one := strings.TrimSpace(strings.Join(body, " "))
	switch key {
	case "mart":
		m.Name = one
		if !isName(one) {
			return fmt.Errorf("%q is not a name", one)
		}
	case "what":
		m.What = one
	case "domain":
		m.Domain = one
	case "reads":
		m.Reads, err = names(one)
	case "grain":
		m.Grain, err = names(one)
	case "refresh":
		m.Refresh, err = refresh(one)
	case "also":
		m.Also = strings.TrimSpace(strings.Join(body, "\n"))
	case "dates":
		m.Dates, err = dates(one)
	case "adds":
		m.Adds, err = names(one)
	case "release":
		m.Release = one
	case "columns":
		m.Columns, err = columns(body)
	case "checks":
		m.Checks, err = checks(body)
	default:
		return fmt.Errorf("not a key of the header")
	}
	if err == nil && one == "" {
		return fmt.Errorf("is empty")
	}
	return err
}

func refresh(how string) (string, error) {
	if how != "" && how != whole && how != persons {
		return "", fmt.Errorf("want %q or %q", whole, persons)
	}
	return how, nil
}

// complete reports what a header lacks.
func (m *Mart) complete() error {
	for _, part := range []struct {
		key  string
		have bool
	}{
		{"mart", m.Name != ""}, {"what", m.What != ""}, {"domain", m.Domain != ""}, {"reads", len(m.Reads) > 0},
		{"grain", len(m.Grain) > 0}, {"refresh", m.Refresh != ""}, {"release", m.Release != ""},
		{"columns", len(m.Columns) > 0}, {"checks", len(m.Checks) > 0},
	} {
		if !part.have {
			return fmt.Errorf("the header has no %q", part.key)
		}
	}
	if m.SQL == "" {
		return fmt.Errorf("there is no SELECT")
	}
	for _, g := range m.Grain {
		i := slices.IndexFunc(m.Columns, func(c Column) bool { return c.Name == g })
		if i < 0 {
			return fmt.Errorf("grain: %s is not a column", g)
		}
		if m.Columns[i].Null {
			return fmt.Errorf("grain: %s may be empty", g)
		}
	}
	return nil
}

func names(list string) ([]string, error) {
	var out []string
	for _, n := range strings.Split(list, ",") {
		n = strings.TrimSpace(n)
		if !isName(n) {
			return nil, fmt.Errorf("%q is not a name", n)
		}
		if slices.Contains(out, n) {
			return nil, fmt.Errorf("%s stands twice", n)
		}
		out = append(out, n)
	}
	return out, nil
}

var dated = regexp.MustCompile(`^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$`)

func dates(list string) ([]Date, error) {
	var out []Date
	for _, n := range strings.Split(list, ",") {
		f := dated.FindStringSubmatch(strings.TrimSpace(n))
		if f == nil {
			return nil, fmt.Errorf("want \"dataset.column\", have %q", strings.TrimSpace(n))
		}
		d := Date{Dataset: f[1], Column: f[2]}
		if slices.Contains(out, d) {
			return nil, fmt.Errorf("%s stands twice", strings.TrimSpace(n))
		}
		out = append(out, d)
	}
	return out, nil
}

// typed is a column: its name, its type, whether it may be empty, its meaning.
var typed = regexp.MustCompile(`^([a-z][a-z0-9_]*) (BIGINT|INTEGER|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|BOOLEAN|DATE|TIMESTAMP)( null)?: (\S.*)$`)

func columns(body []string) ([]Column, error) {
	if body[0] != "" {
		return nil, fmt.Errorf("each column stands on a line of its own")
	}
	var out []Column
	for _, line := range body[1:] {
		if more, ok := strings.CutPrefix(line, "  "); ok && len(out) > 0 {
			out[len(out)-1].Meaning += " " + strings.TrimSpace(more)
			continue
		}
		f := typed.FindStringSubmatch(line)
		if f == nil {
			return nil, fmt.Errorf("want \"name TYPE: meaning\" or \"name TYPE null: meaning\", have %q", line)
		}
		if strings.HasSuffix(f[1], "_key") || f[1] == "base" {
			return nil, fmt.Errorf("%s: the keys of the stage may not be in a mart", f[1])
		}
		if slices.ContainsFunc(out, func(c Column) bool { return c.Name == f[1] }) {
			return nil, fmt.Errorf("%s stands twice", f[1])
		}
		out = append(out, Column{Name: f[1], Type: f[2], Null: f[3] != "", Meaning: f[4]})
	}
	return out, nil
}

func checks(body []string) ([]Check, error) {
	if body[0] != "" {
		return nil, fmt.Errorf("each check begins on a line of its own")
	}
	var out []Check
	for _, line := range body[1:] {
		if more, ok := strings.CutPrefix(line, "  "); ok && len(out) > 0 {
			out[len(out)-1].SQL = strings.TrimSpace(out[len(out)-1].SQL + "\n" + more)
			continue
		}
		name, rest, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(rest) != "" {
			return nil, fmt.Errorf("want \"name:\" and the query indented below it, have %q", line)
		}
		out = append(out, Check{Name: name})
	}
	for _, c := range out {
		if !strings.HasPrefix(c.SQL, "SELECT ") {
			return nil, fmt.Errorf("%s: the query does not begin with SELECT", c.Name)
		}
	}
	return out, nil
}

var name = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func isName(s string) bool { return name.MatchString(s) }

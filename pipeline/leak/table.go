package leak

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
)

// table is what the header of a table says of its columns.
type table struct {
	roles         []role
	comma         byte
	family, given int // which columns are these, or -1
}

// tableOf reads the header of a table. A list of ours has a line before it, and those of
// the opt-out service have none: then it is a row as well.
func (g *gatherer) tableOf(l *lines) (t table, first []byte, err error) {
	for {
		first, err = l.next()
		if len(first) == 0 || first[0] != '#' {
			break
		}
	}
	first = bytes.Clone(bytes.TrimPrefix(first, []byte("\ufeff")))
	t = table{comma: delimiter(first), family: -1, given: -1}
	for i, name := range t.cells(first) {
		t.roles = append(t.roles, g.roleOf(strings.Trim(name, "\" ")))
		switch t.roles[i] {
		case family:
			t.family = i
		case given:
			t.given = i
		}
	}
	return t, first, err
}

// table takes up what a table names.
func (g *gatherer) table(l *lines) error {
	t, first, err := g.tableOf(l)
	if g.feed.Plain {
		g.row(t, first)
	}
	if err != nil {
		return ended(err)
	}
	return g.rows(t, l)
}

// furthest is how many bytes a row may take whose quotes go on over lines.
const furthest = 1 << 16

// rows takes up the rows of a table. A source takes a quote that is never closed for a
// fault of its line, or of all that follows it, and another for a cell that goes on: so
// each line is taken up by itself, and those that quotes join also together.
func (g *gatherer) rows(t table, l *lines) error {
	var open []byte
	for {
		line, err := l.next()
		g.row(t, line)
		odd := bytes.Count(line, []byte{'"'})%2 == 1
		switch {
		case open != nil:
			if open = append(open, line...); odd {
				g.row(t, open)
			}
			if odd || len(open) > furthest {
				open = nil
			}
		case odd:
			open = bytes.Clone(line)
		}
		if err != nil {
			return ended(err)
		}
	}
}

// row takes up a row of a table.
func (g *gatherer) row(t table, line []byte) {
	if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 || !g.feed.Plain && !slices.ContainsFunc(t.roles, func(r role) bool { return r != nothing }) {
		return
	}
	cells := t.cells(line)
	for i, v := range cells {
		if g.feed.Plain {
			g.to.NHS([]byte(v))
		}
		if i < len(t.roles) && t.roles[i] != nothing && v != "" {
			g.take(t.roles[i], v)
		}
	}
	if t.family >= 0 && t.given >= 0 && max(t.family, t.given) < len(cells) {
		g.to.Person(strings.TrimSpace(cells[t.family]), strings.Fields(cells[t.given])...)
	}
}

// cells are those of a row.
func (t table) cells(line []byte) []string {
	text := strings.TrimRight(string(line), "\r\n")
	if strings.IndexByte(text, '"') < 0 {
		return strings.Split(text, string(t.comma))
	}
	c := csv.NewReader(strings.NewReader(text))
	c.LazyQuotes, c.FieldsPerRecord, c.Comma = true, -1, rune(t.comma)
	cells, err := c.Read()
	if err != nil && err != io.EOF { // quotes that lead nowhere part nothing
		return strings.Split(text, string(t.comma))
	}
	return cells
}

// delimiter is what parts the columns of a header.
func delimiter(head []byte) byte {
	best, most := byte(','), 0
	for _, d := range []byte(",\t;|") {
		if n := bytes.Count(head, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best
}

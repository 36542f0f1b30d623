package leak

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// table takes up what a table names: text with a header. A list of ours has a line
// before it, and those of the opt-out service have none.
func (g *gatherer) table(r *bufio.Reader) error {
	for {
		head, _ := r.Peek(1)
		if len(head) == 0 || head[0] != '#' {
			break
		}
		if _, err := long(r); err != nil {
			return ended(err)
		}
	}
	head, _ := r.Peek(1 << 16)
	head, _, _ = bytes.Cut(head, []byte("\n"))
	c := csv.NewReader(r)
	c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord, c.Comma = true, -1, true, delimiter(head)
	var columns []role
	parent, child := -1, -1 // family and given name
	for line := 0; ; line++ {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			continue
		}
		if err != nil {
			return ended(err)
		}
		if line == 0 {
			for i, name := range row {
				columns = append(columns, g.roleOf(strings.Trim(name, "\ufeff\" ")))
				switch columns[i] {
				case family:
					parent = i
				case given:
					child = i
				}
			}
		}
		if line == 0 && !g.feed.Plain {
			continue
		}
		g.row(row, columns)
		if parent >= 0 && child >= 0 && max(parent, child) < len(row) {
			g.to.Person(row[parent], strings.Fields(row[child])...)
		}
	}
}

// row takes up a line of a table.
func (g *gatherer) row(row []string, columns []role) {
	for i, v := range row {
		if g.feed.Plain {
			g.to.NHS([]byte(v))
		}
		if i < len(columns) && columns[i] != nothing && v != "" {
			g.take(columns[i], v)
		}
	}
}

// delimiter is what parts the columns of a header.
func delimiter(head []byte) rune {
	best, most := ',', 0
	for _, d := range []rune{',', '\t', ';', '|'} {
		if n := strings.Count(string(head), string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

// Package format writes the answer to a question: as an aligned table for
// people, as CSV, JSON and NDJSON for programs, and as an Arrow stream for
// notebooks. All but the table write row by row, in memory that does not grow.
package format

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Column is a column of an answer: its name and its type as DuckDB calls it. A table
// breaks the lines of prose where it would be wider than a screen.
type Column struct {
	Name, Type string
	Prose      bool
}

// Rows gives the rows of an answer, once. A value is nil, bool, int64,
// float64, json.Number, string, time.Time, []any or map[string]any; a row is
// valid until f returns.
type Rows interface {
	Each(f func(row []any) error) error
}

// Text returns a value as the table and CSV show it. What has no value is
// none.
func Text(v any, kind, none string) string {
	switch v := v.(type) {
	case nil:
		return none
	case string:
		return v
	case time.Time:
		return moment(v, kind)
	case float64:
		if a := math.Abs(v); a >= 1e15 || a < 1e-5 && a > 0 {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		text, err := json.Marshal(jsonValue(v, ""))
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(text)
	}
	return fmt.Sprint(v)
}

func moment(t time.Time, kind string) string {
	switch kind {
	case "DATE":
		return t.Format(time.DateOnly)
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return t.Format("2006-01-02T15:04:05.999999Z07:00")
	}
	return t.Format("2006-01-02 15:04:05.999999")
}

// CSV writes RFC 4180 text with a line of column names. What has no value is
// an empty cell.
func CSV(w io.Writer, columns []Column, rows Rows) error {
	out := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	err := rows.Each(func(row []any) error {
		for i, v := range row {
			cells[i] = Text(v, columns[i].Type, "")
		}
		return out.Write(cells)
	})
	if out.Flush(); err != nil {
		return err
	}
	return out.Error()
}

// NDJSON writes one object a line, its members in the order of the columns.
func NDJSON(w io.Writer, columns []Column, rows Rows) error {
	return objects(w, columns, rows, "", "", "\n")
}

// JSON writes one array of objects.
func JSON(w io.Writer, columns []Column, rows Rows) error {
	return objects(w, columns, rows, "[\n", ",\n", "\n]\n")
}

// objects writes rows as objects. Between them stands between, or the end of
// a line where that is empty.
func objects(w io.Writer, columns []Column, rows Rows, before, between, after string) error {
	out := bufio.NewWriter(w)
	out.WriteString(before)
	names := make([][]byte, len(columns))
	for i, c := range columns {
		names[i], _ = json.Marshal(c.Name)
	}
	n := 0
	err := rows.Each(func(row []any) error {
		if n++; n > 1 {
			out.WriteString(between)
		}
		for i, v := range row {
			out.WriteString(string("{,"[min(i, 1)]))
			out.Write(names[i])
			value, err := json.Marshal(jsonValue(v, columns[i].Type))
			if err != nil {
				return err
			}
			out.WriteByte(':')
			out.Write(value)
		}
		out.WriteByte('}')
		if between == "" {
			out.WriteString(after)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if between != "" {
		out.WriteString(after)
	}
	return out.Flush()
}

// jsonValue returns a value as encoding/json can write it: days and moments as
// the table shows them, numbers that JSON does not have as null.
func jsonValue(v any, kind string) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case time.Time:
		return moment(v, kind)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = jsonValue(v[i], "")
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = jsonValue(v[k], "")
		}
		return out
	}
	return v
}

// Table writes an aligned table: numbers to the right, "-" where there is no
// value. It shows at most max rows (all when max is 0) and says so when there
// are more.
func Table(w io.Writer, columns []Column, rows Rows, max int) error {
	lines := [][]string{make([]string, len(columns))}
	for i, c := range columns {
		lines[0][i] = c.Name
	}
	more := 0
	err := rows.Each(func(row []any) error {
		if max > 0 && len(lines) > max {
			more++
			return nil
		}
		line := make([]string, len(row))
		for i, v := range row {
			line[i] = strings.TrimRight(Text(v, columns[i].Type, "-"), "\n")
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	align(out, columns, lines)
	if more > 0 {
		fmt.Fprintf(out, "(%d more rows; --rows 0 shows all)\n", more)
	}
	return out.Flush()
}

func align(out *bufio.Writer, columns []Column, lines [][]string) {
	width := make([]int, len(columns))
	for _, line := range lines {
		for i, cell := range line {
			if !strings.Contains(cell, "\n") {
				width[i] = max(width[i], len([]rune(cell)))
			}
		}
	}
	for _, line := range fold(columns, width, lines) {
		var text strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", max(0, width[i]-len([]rune(cell))))
			if strings.Contains(cell, "\n") {
				cell, pad = "\n"+cell, "" // a plan: it has its own layout
			}
			if numeric(columns[i].Type) {
				cell, pad = pad+cell, ""
			}
			text.WriteString(cell + pad + "  ")
		}
		out.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
}

// screen is how wide a table with prose in it may be.
const screen = 80

// fold breaks the prose of lines that are too wide into several lines, and sets the
// widths of its columns to what is left of the screen.
func fold(columns []Column, width []int, lines [][]string) (out [][]string) {
	wide, prose := 2*(len(width)-1), 0
	for i, w := range width {
		if columns[i].Prose {
			prose++
		} else {
			wide += w
		}
	}
	if prose == 0 {
		return lines
	}
	for i := range width {
		if columns[i].Prose {
			width[i] = min(width[i], max(24, (screen-wide)/prose))
		}
	}
	for _, line := range lines {
		for more := true; more; {
			first, rest := make([]string, len(line)), make([]string, len(line))
			more = false
			for i, cell := range line {
				if first[i] = cell; columns[i].Prose {
					first[i], rest[i] = firstWords(cell, width[i])
				}
				more = more || rest[i] != ""
			}
			out, line = append(out, first), rest
		}
	}
	return out
}

// firstWords takes off a text as many words as fit into a width, and at least one.
func firstWords(text string, width int) (first, rest string) {
	if len([]rune(text)) <= width {
		return text, ""
	}
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(first))+1+len([]rune(word)) > width {
			break
		}
		first = strings.TrimSpace(first + " " + word)
	}
	return first, strings.Join(strings.Fields(text)[len(strings.Fields(first)):], " ")
}

func numeric(kind string) bool {
	if strings.HasPrefix(kind, "DECIMAL") {
		return !strings.HasSuffix(kind, "]")
	}
	return slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE"}, kind)
}

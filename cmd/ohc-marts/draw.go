package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"

	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/format"
	"secondaryuse/marts/plot"
)

// most is how many points a plot in a terminal can show with sense.
const most = 1000

// ordered is a question that says in which order it wants its rows.
var ordered = regexp.MustCompile(`(?i)\border\s+by\b`)

// draw plots an answer of two columns: a label and a number. Bars of which no order is
// asked for stand in the natural order of their labels.
func draw(w io.Writer, res *reader.Result, kind, question string) error {
	if len(res.Columns) != 2 {
		return coded{exitUsage, fmt.Errorf("a plot takes two columns, a label and a number; the answer has %d", len(res.Columns))}
	}
	var points []plot.Point
	err := res.Each(func(row []any) error {
		v, ok := value(row[1])
		if !ok {
			return coded{exitUsage, fmt.Errorf("a plot takes a number as its second column; %s is a %s", res.Columns[1].Name, res.Columns[1].Type)}
		}
		if len(points) == most {
			return coded{exitUsage, fmt.Errorf("the answer has more than %d rows; group it, or add a LIMIT", most)}
		}
		points = append(points, plot.Point{Label: format.Text(row[0], res.Columns[0].Type, "-"), Value: v})
		return nil
	})
	if err != nil {
		return err
	}
	if kind == "bar" {
		if !ordered.MatchString(question) {
			slices.SortStableFunc(points, func(a, b plot.Point) int { return format.Natural(a.Label, b.Label) })
		}
		return plot.Bars(w, points, width())
	}
	return plot.Line(w, points, width(), 12)
}

func value(v any) (float64, bool) {
	switch v := v.(type) {
	case nil:
		return math.NaN(), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// width is that of the terminal as the shell says it, or 80.
func width() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n >= 40 && n <= 400 {
		return n
	}
	return 80
}

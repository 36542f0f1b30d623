package anonymity

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Level is one coarseness of a column: what becomes of its values.
type Level struct {
	Name   string
	Lookup map[string]string // of a look-up: what each value becomes; what is not in it is emptied

	sql string // with {} for the column; of a look-up, empty
}

// levels are the words that name a level without a figure, as SQL.
var levels = map[string]string{
	"as-is":   "{}",
	"all":     "NULLIF({}, {})", // nothing is left but the type
	"month":   "CAST(date_trunc('month', {}) AS DATE)",
	"quarter": "CAST(date_trunc('quarter', {}) AS DATE)",
	"year":    "CAST(date_trunc('year', {}) AS DATE)",
	// of six ethnic groups three: no finer set of broad groups has a source of ours
	"broad": "CASE WHEN {} IS NULL OR {} IN ('White', 'Unknown') THEN {} ELSE 'Other than White' END",
}

var (
	figured = regexp.MustCompile(`^(?:(\d{1,3})-years|(width|prefix)-(\d{1,6}))$`)
	looked  = regexp.MustCompile(`^lookup:([a-z0-9][a-z0-9_.-]{0,60}\.csv)$`)
)

// File returns the file of a level such as lookup:msoa.csv.
func File(word string) (string, bool) {
	m := looked.FindStringSubmatch(word)
	if m == nil || strings.Contains(m[1], "..") {
		return "", false
	}
	return m[1], true
}

// Words says which levels there are, for messages.
const Words = "as-is, month, quarter, year, 10-years (of age bands; any multiple of 5), width-N (of numbers), prefix-N (of codes), broad (of ethnic groups), lookup:FILE.csv, all"

// Named returns the level that a word names. lookup gives the pairs of a look-up
// file.
func Named(word string, lookup func(file string) map[string]string) (Level, error) {
	if sql, ok := levels[word]; ok {
		return Level{Name: word, sql: sql}, nil
	}
	if file, ok := File(word); ok {
		pairs := lookup(file)
		if len(pairs) == 0 {
			return Level{}, fmt.Errorf("%s: there is no such look-up, or it is empty", file)
		}
		return Level{Name: word, Lookup: pairs}, nil
	}
	m := figured.FindStringSubmatch(word)
	if m == nil {
		return Level{}, fmt.Errorf("no level that there is; there are %s", Words)
	}
	n, err := strconv.Atoi(m[1] + m[3])
	if err != nil || n == 0 || m[1] != "" && n%5 != 0 {
		return Level{}, fmt.Errorf("its figure is not one that it can have; there are %s", Words)
	}
	switch {
	case m[1] != "":
		return Level{Name: word, sql: years(n)}, nil
	case m[2] == "width":
		return Level{Name: word, sql: width(n)}, nil
	}
	return Level{Name: word, sql: fmt.Sprintf("left(CAST({} AS VARCHAR), %d)", n)}, nil
}

// oldest is the age from which age bands have no end: the lock cuts ages there.
const oldest = 90

// years makes bands of n years of the five-year bands of the marts. What is no
// band (Age not known) stays what it is.
func years(n int) string {
	const low = "TRY_CAST(regexp_extract({}, '^([0-9]+)(-| and over)', 1) AS INTEGER)"
	top := oldest - oldest%n
	at := fmt.Sprintf("(%s - %s %% %d)", low, low, n)
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN {} WHEN %s >= %d THEN '%d and over' ELSE %s || '-' || (%s + %d) END", low, low, top, top, at, at, n-1)
}

// width makes ranges of n of whole numbers, from a multiple of n.
func width(n int) string {
	at := fmt.Sprintf("(CAST(floor({} / %d.0) AS BIGINT) * %d)", n, n)
	return fmt.Sprintf("%s || '-' || (%s + %d)", at, at, n-1)
}

// SQL is what becomes of a column, or another expression of SQL. Of a look-up, table
// is where its pairs lie, as the columns fine and coarse.
func (l Level) SQL(column, table string) string {
	if l.Lookup != nil {
		return fmt.Sprintf("(SELECT coarse FROM %s WHERE fine = CAST(%s AS VARCHAR))", table, column)
	}
	return strings.ReplaceAll(l.sql, "{}", column)
}

// pairs returns a look-up in an order of its own.
func (l Level) pairs() [][2]string {
	out := make([][2]string, 0, len(l.Lookup))
	for from, to := range l.Lookup {
		out = append(out, [2]string{from, to})
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

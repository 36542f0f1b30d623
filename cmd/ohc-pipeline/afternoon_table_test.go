package main

import (
	"encoding/csv"
	"maps"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// subtract takes a released table off an earlier one that counts a few persons more: no
// figure may differ, and whatever would is hidden.
func subtract(ts *testscript.TestScript, _ bool, files []string) {
	before, after := tableOf(ts, files[0]), tableOf(ts, files[1])
	hidden := 0
	for place, was := range before {
		switch is, ok := after[place]; {
		case !ok:
			ts.Fatalf("%s is in the first table alone", place)
		case was != "*" && is == "*":
			hidden++
		case was != is:
			ts.Fatalf("of %s there are two figures, whose difference tells of a few", place)
		}
	}
	if hidden == 0 || len(after) != len(before) {
		ts.Fatalf("%d figures are hidden that were shown: the second table is the first again", hidden)
	}
}

// tableOf reads a released table of one measure: its figures by their place.
func tableOf(ts *testscript.TestScript, file string) map[string]string {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(file))).ReadAll()
	ts.Check(err)
	out := make(map[string]string)
	for _, r := range rows[1:] {
		out[strings.Join(r[:len(r)-1], "|")] = r[len(r)-1]
	}
	return out
}

// extent is what an attacker knows of a figure: that it is in it.
type extent struct{ low, high int }

const anyNumber = 1 << 30

// solve is an attacker who has one or more releases of a table of two dimensions with
// totals, and narrows each hidden figure by those of its row and column until that gives
// nothing more. No figure may be narrowed to fewer values than so many; negated, one must
// be.
func solve(ts *testscript.TestScript, neg bool, args []string) {
	least, err := strconv.Atoi(args[0])
	ts.Check(err)
	known, hidden := make(map[string]extent), make(map[string]bool)
	for _, file := range args[1:] {
		read := tableOf(ts, file)
		for place, is := range spansOf(ts, read) {
			was, ok := known[place]
			if !ok {
				was = extent{0, anyNumber}
			}
			known[place] = was.and(is)
			hidden[place] = read[place] == "*" && (hidden[place] || !ok)
		}
	}
	for was := map[string]extent(nil); !maps.Equal(was, known); {
		was = maps.Clone(known)
		narrow(known)
	}
	narrowed, all := 0, 0
	for place := range hidden {
		if hidden[place] {
			all++
			if s := known[place]; s.high-s.low+1 < least {
				narrowed++
				ts.Logf("%s is %d to %d", place, s.low, s.high)
			}
		}
	}
	ts.Logf("%d of %d hidden figures are narrowed to fewer than %d values", narrowed, all, least)
	if narrowed > 0 != neg || all == 0 {
		ts.Fatalf("%d of %d hidden figures are narrowed", narrowed, all)
	}
}

func (s extent) and(o extent) extent { return extent{max(s.low, o.low), min(s.high, o.high)} }

// spansOf is what a table says by itself, by rules that are published: where all is
// rounded to 5, zeros are shown as they are.
func spansOf(ts *testscript.TestScript, table map[string]string) map[string]extent {
	out, exact := make(map[string]extent), false
	for place, text := range table {
		if text == "*" {
			continue
		}
		n, err := strconv.Atoi(text)
		ts.Check(err)
		out[place], exact = extent{n, n}, exact || n%5 != 0
	}
	for place, text := range table {
		switch s := out[place]; {
		case text == "*" && exact:
			out[place] = extent{0, anyNumber}
		case text == "*":
			out[place] = extent{1, anyNumber}
		case !exact && s.low > 0:
			out[place] = extent{s.low - 2, s.high + 2}
		}
	}
	return out
}

// narrow goes once over all rows and columns: a total is the sum of its parts.
func narrow(known map[string]extent) {
	rows, columns := make(map[string][]string), make(map[string][]string) // the parts of each total
	for place := range known {
		row, column, _ := strings.Cut(place, "|")
		if column != "Total" {
			rows[row+"|Total"] = append(rows[row+"|Total"], place)
		}
		if row != "Total" {
			columns["Total|"+column] = append(columns["Total|"+column], place)
		}
	}
	sums(known, rows)
	sums(known, columns)
}

func sums(known map[string]extent, lines map[string][]string) {
	for total, parts := range lines {
		low, high := 0, 0
		for _, p := range parts {
			low, high = low+known[p].low, high+known[p].high
		}
		t := known[total].and(extent{low, high})
		known[total] = t
		for _, p := range parts {
			s := known[p]
			known[p] = s.and(extent{t.low - (high - s.high), t.high - (low - s.low)})
		}
	}
}

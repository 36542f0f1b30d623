package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"secondaryuse/pipeline/ledger"
)

// outcomes are the columns of the reconciliation: each record is in one of them.
var outcomes = []string{"kept", "excluded", "rejected", "superseded", "deleted", "deletion", "unused"}

// reconcile prints what became of every record: a line for each feed and
// dataset, and then the reasons.
func reconcile(out io.Writer, tallies []ledger.Tally) error {
	lines := make(map[[2]string]map[string]int64)
	reasons := make(map[string]int64)
	for _, t := range tallies {
		for _, key := range [][2]string{{t.Feed, cmp.Or(t.Dataset, "-")}, {"all", ""}} {
			if lines[key] == nil {
				lines[key] = make(map[string]int64)
			}
			lines[key][t.Outcome] += t.Records
		}
		if t.Outcome == "excluded" || t.Outcome == "cut" {
			reasons[t.Outcome+"\t"+t.Gate+"\t"+t.Reason] += t.Records
		} else if t.Outcome == "rejected" || t.Outcome == "unused" {
			reasons[t.Outcome+"\t-\t"+cmp.Or(t.Reason, "-")] += t.Records
		}
	}
	keys := make([][2]string, 0, len(lines))
	for k := range lines {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	rows := [][]string{append([]string{"FEED", "DATASET", "READ"}, strings.Split(strings.ToUpper(strings.Join(outcomes, " ")), " ")...)}
	for _, k := range keys {
		sum, cells := int64(0), []string(nil)
		for _, o := range outcomes {
			sum += lines[k][o]
			cells = append(cells, count(lines[k][o]))
		}
		rows = append(rows, append([]string{k[0], cmp.Or(k[1], "all"), count(sum)}, cells...))
	}
	if err := table(out, 2, rows); err != nil || len(reasons) == 0 {
		return err
	}
	return printReasons(out, reasons)
}

// totals sums tallies by outcome.
func totals(tallies []ledger.Tally) map[string]int64 {
	sums := make(map[string]int64)
	for _, t := range tallies {
		sums[t.Outcome] += t.Records
	}
	return sums
}

func printReasons(out io.Writer, reasons map[string]int64) error {
	keys := make([]string, 0, len(reasons))
	for k := range reasons {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b)) })
	rows := [][]string{{"OUTCOME", "GATE", "REASON", "RECORDS"}}
	for _, k := range keys {
		rows = append(rows, append(strings.Split(k, "\t"), count(reasons[k])))
	}
	fmt.Fprintln(out)
	return table(out, 3, rows)
}

// last puts the line of totals after the others.
func last(k [2]string) int {
	if k[1] == "" {
		return 1
	}
	return 0
}

// count prints a number with its thousands apart, and nothing as a dot.
func count(n int64) string {
	if n == 0 {
		return "."
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// table prints rows in columns: the first words of each line to the left, the
// numbers that follow them to the right.
func table(out io.Writer, words int, rows [][]string) error {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		for i, cell := range r {
			fill := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			switch {
			case i == len(r)-1 && i < words:
				b.WriteString(cell)
			case i < words:
				b.WriteString(cell + fill)
			default:
				b.WriteString(fill + cell)
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

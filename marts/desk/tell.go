package desk

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"secondaryuse/marts/format"
)

// cells is a table that is there already.
type cells [][]string

// Each calls f with every row.
func (c cells) Each(f func(row []any) error) error {
	for _, row := range c {
		var out []any
		for _, v := range row {
			out = append(out, v)
		}
		if err := f(out); err != nil {
			return err
		}
	}
	return nil
}

// columns names columns, of which the first so many are text, and the others figures,
// which stand to the right.
func columns(text int, names ...string) (out []format.Column) {
	for i, n := range names {
		kind := "VARCHAR"
		if i >= text {
			kind = "BIGINT"
		}
		out = append(out, format.Column{Name: n, Type: kind})
	}
	return out
}

// plainly writes a text in which an author had a hand: whatever a terminal would obey
// and not show, such as what hides a line or turns the order of letters, is shown as
// its number.
func plainly(w io.Writer, text string) error {
	var out strings.Builder
	for _, r := range text {
		if r != '\n' && hiding(r) {
			fmt.Fprintf(&out, "<U+%04X>", r)
			continue
		}
		out.WriteRune(r)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// hiding reports whether a terminal would not show a character as itself.
func hiding(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

// Write tells a reviewer, in plain words, all that they decide upon. most is how many
// rows of the table are shown; all of them with 0.
func (v View) Write(w io.Writer, most int) error {
	var out strings.Builder
	v.head(&out)
	v.findings(&out)
	v.summary(&out)
	v.sideBySide(&out, most)
	v.compare(&out)
	fmt.Fprintf(&out, "\nThe question:\n\n%s\n", indent(v.Query))
	return plainly(w, out.String())
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}

func (v View) head(out *strings.Builder) {
	r := v.Request
	fmt.Fprintf(out, "Request %s: %s (%s)\n\n", r.ID, r.Name, v.State)
	context := r.Context
	if context == "" {
		context = "(the author has not said)"
	}
	for _, l := range [][2]string{{"asked by", r.Author + ", " + r.At}, {"purpose", r.Purpose}, {"what for", context}, {"in place of", r.Instead},
		{"snapshot", r.Snapshot + ", domain " + r.Domain}, {"rules", r.Profile}, {"digest", r.Digest()}} {
		if l[1] != "" {
			fmt.Fprintf(out, "  %-12s %s\n", l[0], l[1])
		}
	}
}

// findings tells what was found, and what is asked of a reviewer.
func (v View) findings(out *strings.Builder) {
	out.WriteString("\nWhat was found:\n\n")
	for _, f := range v.kept.Findings {
		fmt.Fprintf(out, "  - %s: %s\n", f.Rule, f.Text)
	}
	if len(v.kept.Findings) == 0 {
		out.WriteString("  - nothing had to be hidden\n")
	}
	out.WriteString(`
What no program can see, and you are asked: is this table needed for what it is said
to be for? Does the question count whom it says that it counts? Does anything that you
know of, in a paper or a dashboard, let somebody work out a hidden figure with it?
`)
}

// summary tells of the true figures.
func (v View) summary(out *strings.Builder) {
	out.WriteString("\nThe true figures, which are not for release, in the cells without totals:\n\n")
	var rows cells
	for _, m := range v.kept.Measures {
		rows = append(rows, []string{m.Name, strconv.Itoa(m.Cells), number(m.Least), number(m.LeastNotZero), number(m.Most), number(m.Sum),
			strconv.Itoa(m.Zero), strconv.Itoa(m.UnderThreshold), strconv.Itoa(m.OfDifferencing), strconv.Itoa(m.OfOtherFigures), share(m.Fives, m.Cells), share(m.Sixes, m.Cells),
			strconv.FormatInt(m.Fewest, 10), percent(m.LargestShare)})
	}
	turned(out, columns(1, "measure", "cells", "least", "least above 0", "most", "sum", "of nobody", "hidden: too small", "hidden: differencing", "hidden: for others",
		"divisible by 5", "divisible by 6", "fewest persons in a cell", "most that one person has of a cell"), rows)
}

// turned writes a table with its columns as lines: it is narrow.
func turned(out *strings.Builder, names []format.Column, rows cells) {
	var lines cells
	for c := 1; c < len(names); c++ {
		line := []string{names[c].Name}
		for _, row := range rows {
			line = append(line, row[c])
		}
		lines = append(lines, line)
	}
	head := []string{names[0].Name}
	for _, row := range rows {
		head = append(head, row[0])
	}
	_ = format.Table(out, columns(1, head...), lines, 0) // a strings.Builder takes everything
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func share(n, of int) string {
	if of == 0 {
		return "0"
	}
	return fmt.Sprintf("%d of %d", n, of)
}

func percent(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*v)
}

// sideBySide shows every figure as it would leave, beside the true one.
func (v View) sideBySide(out *strings.Builder, most int) {
	k := v.kept
	out.WriteString("\nThe table as it would leave, and beside each figure the true one:\n\n")
	names := slices.Clone(k.Columns[:k.Dimensions])
	for _, c := range k.Columns[k.Dimensions:] {
		names = append(names, c, "(true)")
	}
	var rows cells
	for i, shown := range k.Shown {
		row := slices.Clone(shown[:k.Dimensions])
		for c := k.Dimensions; c < len(shown); c++ {
			row = append(row, shown[c], k.True[i][c])
		}
		rows = append(rows, row)
	}
	_ = format.Table(out, columns(k.Dimensions, names...), rows, most)
}

// compare says how the table differs from the newest release of the same name.
func (v View) compare(out *strings.Builder) {
	b := v.before
	if b == nil {
		fmt.Fprintf(out, "\nNothing was released under the name %s before.\n", v.Request.Name)
		return
	}
	fmt.Fprintf(out, "\nAgainst the newest release of this name, %s of %s (snapshot %s):\n\n", b.id, b.at, b.snapshot)
	if !slices.Equal(b.columns, v.kept.Columns) {
		fmt.Fprintf(out, "  its columns were others: %s\n", strings.Join(b.columns, ", "))
		return
	}
	rows := v.kept.differences(b.rows)
	if len(rows) == 0 {
		out.WriteString("  every figure is the same\n")
		return
	}
	_ = format.Table(out, columns(v.kept.Dimensions+1, append(slices.Clone(v.kept.Columns[:v.kept.Dimensions]), "figure", "then", "now")...), rows, 0)
}

// differences are the figures that are shown otherwise than before.
func (k kept) differences(before [][]string) (out cells) {
	key := func(row []string) string { return strings.Join(row[:k.Dimensions], "\x1f") }
	was := make(map[string][]string)
	for _, row := range before {
		was[key(row)] = row
	}
	for _, row := range k.Shown {
		old := was[key(row)]
		delete(was, key(row))
		for c := k.Dimensions; c < len(row); c++ {
			then := "(no such row)"
			if old != nil {
				then = old[c]
			}
			if then != row[c] {
				out = append(out, append(slices.Clone(row[:k.Dimensions]), k.Columns[c], then, row[c]))
			}
		}
	}
	for _, row := range before {
		if _, gone := was[key(row)]; gone {
			out = append(out, append(slices.Clone(row[:k.Dimensions]), "(all)", "was there", "(no such row)"))
		}
	}
	return out
}

// Answer tells an author what became of what they asked for: nothing that is hidden.
func (v View) Answer(w io.Writer, most int) error {
	var out strings.Builder
	fmt.Fprintf(&out, "Request %s: %s (%s)\n", v.Request.ID, v.Request.Name, v.State)
	if len(v.kept.Findings) > 0 {
		out.WriteString("\nWhat was found:\n\n")
	}
	for _, f := range v.kept.Findings {
		fmt.Fprintf(&out, "  - %s: %s\n", f.Rule, f.Text)
	}
	fmt.Fprintf(&out, "\nThe table as it would leave, by the rules %s:\n\n", v.Request.Profile)
	if err := format.Table(&out, columns(v.kept.Dimensions, v.kept.Columns...), cells(v.kept.Shown), most); err != nil {
		return err
	}
	out.WriteString("\n" + v.next())
	return plainly(w, out.String())
}

// next says what happens next.
func (v View) next() string {
	const compared = "While it stands, every later table is compared with it: withdraw it where it is not needed.\n"
	if v.State == Pending {
		return fmt.Sprintf("It is a draft, and nobody reviews it yet. Next: ohc-marts release --submit %s, or --withdraw %s.\n"+compared, v.Request.ID, v.Request.ID)
	}
	return fmt.Sprintf("Two reviewers look at it now. Next: ohc-marts releases says what becomes of it; release --withdraw %s takes it back.\n"+compared, v.Request.ID)
}

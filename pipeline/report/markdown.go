package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Markdown writes the report for whoever signs it.
func (r Report) Markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Gate report of run %s\n\n%s\n\n", r.Run, r.story())
	b.WriteString("Counts of 1 to 7 are shown as <8, and others to the nearest 5; what is * is not shown\n" +
		"because others could be computed by it. Sums are of what is shown. It names no person.\n\n")
	b.WriteString(grid(1, r.particulars()) + "\n")
	section := func(title, text string, words int, rows [][]string) {
		if len(rows) > 1 {
			fmt.Fprintf(&b, "## %s\n\n%s\n\n%s\n", title, text, grid(words, rows))
		}
	}
	section("Lists and rules", "What the gates stood on; days is how old a list was when the run began.", 2, r.listRows())
	section("Persons", "Everybody known, by what was known before their records were read.", 3, rows(r.Persons, "Outcome", "Gate", "Reason"))
	section("Records that were left out", "By the gate that left them out, and why. A record is counted once.", 3, rows(r.Excluded, "Feed", "Gate", "Reason"))
	section("Other records", "What became of the records that no gate left out. Of those that are cut, a part was left out.", 2, rows(r.Records, "Feed", "Outcome"))
	section("Organisations", "Whose data the records are, and what each gate said when they were read; <8 may be none here.\n"+
		"What only came out once all were read (an objection in the record, what hangs on a sensitive one) is not in it.\n"+
		"Before and change are of what was let through.",
		2, holders(r.Organisations))
	b.WriteString("## Signature\n\n" + grid(4, [][]string{{"Name", "Role", "Date", "Signature"}, {strings.Repeat(" ", 24), strings.Repeat(" ", 24), strings.Repeat(" ", 10), strings.Repeat(" ", 24)}}))
	return []byte(b.String())
}

// story says in plain words what happened.
func (r Report) story() string {
	text := fmt.Sprintf("This run (`ohc-pipeline %s`, for %s, as of %s) began on %s", r.Command, r.Purpose, r.AsOf, r.Began.Format("2 January 2006 at 15:04 UTC"))
	switch r.Status {
	case "published":
		text += fmt.Sprintf(" and published the snapshot %s.", r.Snapshot)
	case "done":
		text += " and did what it does, which is not to publish."
	case "refused":
		text += ". A gate refused, and nothing was published: what was published before is still served."
	default:
		text += fmt.Sprintf(" and ended as %s; nothing of it was published, and what was published before is still served.", r.Status)
	}
	if r.Failure != "" {
		text += "\nIt says: " + oneLine(r.Failure) + "."
	}
	text += "\n" + map[string]string{
		"whole":  "It judged every record of every feed.",
		"delta":  "It judged the records of those persons of whom something had changed; all others stand as they stood.",
		"staged": "It read no feed: it held what was staged against the lists of persons as they are now.",
		"":       "It judged no record.",
	}[r.Kind]
	if len(r.Records)+len(r.Excluded) > 0 {
		kept := sum(r.Records, func(l Line) bool { return l.Outcome == "kept" })
		text += fmt.Sprintf("\nOf the records that it judged about %s are kept and about %s were left out by a gate%s.",
			thousands(kept), thousands(sum(r.Excluded, func(Line) bool { return true })), r.most())
	}
	return text + r.changes()
}

// most says which gate has left out most.
func (r Report) most() string {
	by := make(map[string]int64)
	for _, l := range r.Excluded {
		by[l.Gate] += max(int64(l.Count), 0)
	}
	var parts []string
	for gate, n := range by {
		if n > 0 {
			parts = append(parts, gate)
		}
	}
	slices.SortFunc(parts, func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	for i, gate := range parts {
		parts[i] = fmt.Sprintf("%s %s", thousands(by[gate]), gate)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// changes says against which run the report is, and how much is new.
func (r Report) changes() string {
	if r.Against == "" {
		return "\nThere is no run before to compare it with."
	}
	news := make(map[string]int)
	for _, l := range slices.Concat(r.Persons, r.Excluded, r.Records, r.Organisations) {
		news[l.News]++
		if l.PerCent != nil && (*l.PerCent >= 10 || *l.PerCent <= -10) {
			news["far"]++
		}
	}
	for _, l := range r.Lists {
		news["list "+l.News]++
	}
	return fmt.Sprintf("\nAgainst run %s, of the lists and rules %s changed, %s new, %s gone;\nof the figures %s a tenth or more away from what they were, %s new, %s gone.", r.Against,
		are(news["list changed"]), are(news["list new"]), are(news["list gone"]), are(news["far"]), are(news["new"]), are(news["gone"]))
}

func are(n int) string {
	switch n {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	}
	return strconv.Itoa(n) + " are"
}

// sum is of figures as they are shown.
func sum(lines []Line, of func(Line) bool) (n int64) {
	for _, l := range lines {
		if of(l) {
			n += max(int64(l.Count), 0)
		}
	}
	return n
}

// grid writes a table whose columns line up: the first words to the left, what
// follows to the right. The first row is its head.
func grid(words int, rows [][]string) string {
	width := make([]int, len(rows[0]))
	for i, row := range rows {
		for j, cell := range row {
			rows[i][j] = strings.ReplaceAll(oneLine(cell), "|", `\|`)
			width[j] = max(width[j], utf8.RuneCountInString(rows[i][j]), 3)
		}
	}
	var b strings.Builder
	for i, row := range rows {
		for j, cell := range row {
			fill := strings.Repeat(" ", width[j]-utf8.RuneCountInString(cell))
			if j < words || words == 1 {
				fmt.Fprintf(&b, "| %s%s ", cell, fill)
			} else {
				fmt.Fprintf(&b, "| %s%s ", fill, cell)
			}
		}
		b.WriteString("|\n")
		for j := range row {
			if i > 0 {
				break
			}
			rule := strings.Repeat("-", width[j])
			if j >= words && words != 1 {
				rule = rule[1:] + ":"
			}
			fmt.Fprintf(&b, "| %s ", rule)
		}
		if i == 0 {
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// oneLine is a text on one line.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n\t") {
		return strings.Join(strings.Fields(s), " ")
	}
	return s
}

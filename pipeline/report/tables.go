package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (r Report) particulars() [][]string {
	when := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format(time.RFC3339)
	}
	out := [][]string{{"What", "Value"}, {"Run", r.Run}, {"Command", r.Command}, {"Status", r.Status}, {"Purpose", r.Purpose}, {"As of", r.AsOf},
		{"Began", when(r.Began)}, {"Ended", when(r.Ended)}, {"Called by", cmp.Or(r.Who, "-")}, {"Snapshot", cmp.Or(r.Snapshot, "none")},
		{"Compared with", cmp.Or(r.Against, "-")}, {"Configuration (SHA-256)", cmp.Or(r.Config, "-")}, {"Program", cmp.Or(r.Program, "-")}}
	if r.Job != "" {
		out = append(out, []string{"Job", fmt.Sprintf("%s of %s, step %s", r.Job, when(r.Due), r.Step)})
	}
	return out
}

func (r Report) listRows() [][]string {
	out := [][]string{{"Gate", "List or rule", "Days", "News"}}
	for _, l := range r.Lists {
		days := "-"
		if l.Days != nil {
			days = strconv.Itoa(*l.Days)
		}
		_, text, found := strings.Cut(l.Text, ": ")
		if !found {
			text = l.Text
		}
		out = append(out, []string{l.Gate, text, days, cmp.Or(l.News, "-")})
	}
	return out
}

// rows makes a table of lines.
func rows(lines []Line, by ...string) [][]string {
	out := [][]string{append(slices.Clone(by), "Records", "Before", "Change", "Per cent", "News")}
	if slices.Contains(by, "Outcome") && !slices.Contains(by, "Feed") {
		out[0][len(by)] = "Persons"
	}
	for _, l := range lines {
		cells := make([]string, 0, len(by)+5)
		for _, name := range by {
			cells = append(cells, map[string]string{"Feed": l.Feed, "Organisation": l.Organisation, "Outcome": l.Outcome,
				"Gate": cmp.Or(l.Gate, "let through"), "Reason": cmp.Or(l.Reason, "-")}[name])
		}
		out = append(out, append(append(cells, l.Count.String()), changed(l)...))
	}
	return out
}

// changed is the cells that put a line against the run before.
func changed(l Line) []string {
	before, change, percent := "-", "-", "-"
	if l.Before != nil {
		before = l.Before.String()
	}
	if l.Change != nil {
		change = signed(thousands(*l.Change))
	}
	if l.PerCent != nil {
		percent = signed(strconv.FormatFloat(*l.PerCent, 'f', -1, 64))
	}
	return []string{before, change, percent, cmp.Or(l.News, "-")}
}

func signed(s string) string {
	if s == "0" || strings.HasPrefix(s, "-") {
		return s
	}
	return "+" + s
}

// holders makes a table with a line for each organisation, and a column for each
// gate.
func holders(lines []Line) [][]string {
	var gates []string
	of := make(map[Line]map[string]Line)
	var keys []Line
	for _, l := range lines {
		key := Line{Feed: l.Feed, Organisation: l.Organisation}
		if of[key] == nil {
			of[key] = make(map[string]Line)
			keys = append(keys, key)
		}
		of[key][l.Gate] = l
		if !slices.Contains(gates, l.Gate) {
			gates = append(gates, l.Gate)
		}
	}
	slices.Sort(gates) // what is let through, which has no gate, comes first
	head := []string{"Feed", "Organisation"}
	for _, gate := range gates {
		head = append(head, cmp.Or(gate, "let through"))
	}
	out := [][]string{append(head, "Before", "Change", "Per cent", "News")}
	for _, key := range keys {
		row := []string{key.Feed, key.Organisation}
		for _, gate := range gates {
			cell := "-"
			if l, ok := of[key][gate]; ok {
				cell = l.Count.String()
			}
			row = append(row, cell)
		}
		out = append(out, append(row, changed(of[key][""])...))
	}
	return out
}

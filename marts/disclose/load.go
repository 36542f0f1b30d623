package disclose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How large a question may be. A table with totals has a margin for every
// choice of its dimensions.
const (
	maxText       = 64 << 10
	maxDimensions = 6
	maxMeasures   = 20
)

// Load reads the text of a QUERY.sql. It is strict: a line that it does not
// know is an error that names the line.
func Load(text string) (Question, error) {
	q := Question{Text: text}
	if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r") {
		return q, fmt.Errorf("a question is a text in UTF-8 of at most %d bytes, its lines ended by LF", maxText)
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], "--") {
		n++
	}
	q.SQL = strings.TrimRight(strings.TrimSpace(strings.Join(lines[n:], "\n")), "; \n")
	head := lines[:n]
	if end := slices.IndexFunc(head, func(l string) bool { return strings.TrimSpace(l) == "--" }); end >= 0 {
		q.Rule = prose(head[end:])
		head = head[:end]
	}
	if err := q.entries(head); err != nil {
		return q, err
	}
	return q, q.complete()
}

// prose joins comment lines without their marks.
func prose(lines []string) string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.TrimPrefix(strings.TrimPrefix(l, "--"), " "))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// entries reads "-- key: value" and the lines indented below each.
func (q *Question) entries(head []string) error {
	var seen []string
	for i := 0; i < len(head); {
		rest, ok := strings.CutPrefix(head[i], "-- ")
		key, value, colon := strings.Cut(rest, ":")
		if !ok || !colon || !column.MatchString(key) {
			return fmt.Errorf("line %d: want \"-- key: value\"", i+1)
		}
		if slices.Contains(seen, key) {
			return fmt.Errorf("line %d: %s stands twice", i+1, key)
		}
		seen = append(seen, key)
		at, body := i+1, []string{}
		for i++; i < len(head) && strings.HasPrefix(head[i], "--   "); i++ {
			body = append(body, strings.TrimPrefix(head[i], "--   "))
		}
		if err := q.set(key, strings.TrimSpace(value), body); err != nil {
			return fmt.Errorf("line %d: %s: %w", at, key, err)
		}
	}
	return nil
}

// set takes one entry: the rest of its first line, and the lines below it.
func (q *Question) set(key, first string, body []string) error {
	if key == "dimensions" || key == "measures" {
		if first != "" {
			return fmt.Errorf("each stands on a line of its own, indented by three blanks")
		}
		if key == "dimensions" {
			return q.dimensions(folded(body))
		}
		return q.measures(folded(body))
	}
	one := strings.TrimSpace(strings.Join(append([]string{first}, body...), " "))
	switch key {
	case "release":
		q.Name = one
		return named(release, one)
	case "what":
		q.What = one
	case "purpose":
		q.Purpose = one
		return named(release, one)
	case "totals":
		q.Totals = one == "yes"
		if one != "yes" && one != "no" {
			return fmt.Errorf("want yes or no")
		}
	default:
		return fmt.Errorf("there is no such entry; there are release, what, purpose, dimensions, measures and totals")
	}
	return nil
}

// folded joins a line that is indented further to the one above it.
func folded(body []string) (out []string) {
	for _, l := range body {
		if strings.HasPrefix(l, "  ") && len(out) > 0 {
			out[len(out)-1] += " " + strings.TrimSpace(l)
			continue
		}
		out = append(out, l)
	}
	return out
}

func (q *Question) dimensions(lines []string) error {
	for _, l := range lines {
		head, meaning, _ := strings.Cut(l, ":")
		d := dimension{Meaning: strings.TrimSpace(meaning)}
		f := strings.Fields(head)
		if d.Meaning == "" || len(f) != 1 && (len(f) != 3 || f[1] != "within") {
			return fmt.Errorf("want \"name: meaning\" or \"name within other: meaning\", have %q", l)
		}
		d.Name = f[0]
		if err := q.fresh(d.Name); err != nil {
			return err
		}
		if len(f) == 3 {
			d.Within = f[2]
			if !slices.ContainsFunc(q.Dimensions, func(o dimension) bool { return o.Name == d.Within }) {
				return fmt.Errorf("%s: %q is not a dimension above it", d.Name, d.Within)
			}
		}
		q.Dimensions = append(q.Dimensions, d)
	}
	return nil
}

func (q *Question) measures(lines []string) error {
	for _, l := range lines {
		head, meaning, _ := strings.Cut(l, ":")
		m, err := readMeasure(strings.Fields(head))
		if m.Meaning = strings.TrimSpace(meaning); err == nil && m.Meaning == "" {
			err = fmt.Errorf("a colon and the meaning are missing")
		}
		if err == nil {
			err = q.fresh(m.Name)
		}
		if err == nil && slices.ContainsFunc(q.Dimensions, func(d dimension) bool { return d.Name == m.Column }) {
			err = fmt.Errorf("%s is a dimension; give the SELECT another column of it", m.Column)
		}
		if err == nil {
			err = q.parts(m)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", l, err)
		}
		q.Measures = append(q.Measures, m)
	}
	return nil
}

// measure reads "name persons [of column]", "name events [of column]", "name
// sum|mean|median of column", "name percent a / b" and "name rate a / b per n".
func readMeasure(f []string) (measure, error) {
	if len(f) < 2 {
		return measure{}, fmt.Errorf("want \"name kind: meaning\"")
	}
	m := measure{Name: f[0], Kind: f[1]}
	rest := f[2:]
	switch m.Kind {
	case persons, events:
		if len(rest) == 0 {
			return m, nil
		}
		fallthrough
	case sum, mean, median:
		if len(rest) != 2 || rest[0] != "of" {
			return m, fmt.Errorf("want \"%s of column\"", m.Kind)
		}
		m.Column = rest[1]
		return m, named(column, m.Column)
	case percent:
		m.Per = 100
	case rate:
		if len(rest) != 5 || rest[3] != "per" {
			return m, fmt.Errorf("want \"rate a / b per 1000\"")
		}
		per, err := strconv.ParseInt(rest[4], 10, 64)
		if err != nil || per < 1 || per > 1e6 || rest[4] != strconv.FormatInt(per, 10) {
			return m, fmt.Errorf("a rate is per a number from 1 to 1000000")
		}
		m.Per, rest = per, rest[:3]
	default:
		return m, fmt.Errorf("there is no kind %q; there are persons, events, sum, mean, median, rate and percent", m.Kind)
	}
	if len(rest) != 3 || rest[1] != "/" {
		return m, fmt.Errorf("want \"%s a / b\"", m.Kind)
	}
	m.Of, m.By = rest[0], rest[2]
	return m, nil
}

// parts checks the measures that a rate is made of.
func (q *Question) parts(m measure) error {
	if m.Of == "" {
		return nil
	}
	for _, name := range []string{m.Of, m.By} {
		part := q.measure(name)
		if part == nil || !part.counted() {
			return fmt.Errorf("%q is not a measure above it of persons, events or a sum", name)
		}
		if m.Kind == percent && part.Kind != persons {
			return fmt.Errorf("a percentage is one of persons; %s is not: ask for a rate", name)
		}
	}
	if m.Of == m.By {
		return fmt.Errorf("it divides a measure by itself")
	}
	if m.Kind == percent && q.measure(m.By).Column != "" {
		return fmt.Errorf("a percentage is one of all persons of the cell")
	}
	return nil
}

// counted says that a measure is a number that adds up.
func (m *measure) counted() bool { return m.Kind == persons || m.Kind == events || m.Kind == sum }

func (q *Question) measure(name string) *measure {
	for i := range q.Measures {
		if q.Measures[i].Name == name {
			return &q.Measures[i]
		}
	}
	return nil
}

func named(form interface{ MatchString(string) bool }, s string) error {
	if !form.MatchString(s) {
		return fmt.Errorf("%q is not a name", s)
	}
	return nil
}

// fresh says that a name is a new one, for a column of the table.
func (q *Question) fresh(name string) error {
	if err := named(column, name); err != nil {
		return err
	}
	taken := slices.ContainsFunc(q.Dimensions, func(d dimension) bool { return d.Name == name })
	if taken || q.measure(name) != nil || name == "person_id" {
		return fmt.Errorf("%s stands twice, or is person_id", name)
	}
	return nil
}

// complete reports what a question lacks.
func (q *Question) complete() error {
	for _, part := range []struct {
		key  string
		have bool
	}{
		{"release", q.Name != ""}, {"what", q.What != ""}, {"purpose", q.Purpose != ""},
		{"dimensions", len(q.Dimensions) > 0}, {"measures", len(q.Measures) > 0},
		{"totals", strings.Contains(q.Text, "\n-- totals:")},
	} {
		if !part.have {
			return fmt.Errorf("the header has no %q; next: write it as ohc-marts release --help shows", part.key)
		}
	}
	if q.SQL == "" {
		return fmt.Errorf("there is no SELECT; next: write it below the header, as ohc-marts release --help shows")
	}
	if len(q.Dimensions) > maxDimensions || len(q.Measures) > maxMeasures {
		return fmt.Errorf("at most %d dimensions and %d measures", maxDimensions, maxMeasures)
	}
	return nil
}

package catalogue

import (
	"fmt"
	"regexp"
	"strings"
)

// Input is a table that marts may read.
type Input struct {
	Name    string
	Columns []Column
}

var create = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\);`)

// Inputs returns the tables that marts may read, as inputs.sql lists them.
func Inputs() ([]Input, error) {
	text, err := files.ReadFile("inputs.sql")
	if err != nil {
		return nil, err
	}
	var out []Input
	for _, t := range create.FindAllStringSubmatch(string(text), -1) {
		in := Input{Name: t[1]}
		for _, c := range strings.Split(t[2], ",") {
			f := strings.Fields(c)
			if len(f) != 2 {
				return nil, fmt.Errorf("inputs.sql: %s: want \"name TYPE\", have %q", in.Name, c)
			}
			in.Columns = append(in.Columns, Column{Name: f[0], Type: f[1], Null: true})
		}
		out = append(out, in)
		if alone, ok := in.alone(); ok {
			out = append(out, alone)
		}
	}
	return out, nil
}

// unlinked begins the name of a table of records without their persons.
const unlinked = "unlinked_"

// alone returns the table of what may be used of a dataset without its persons
// only: without whoever and whatever could tell them, which are the columns of
// row.Key but three, and the organisations, among them their practice.
func (in Input) alone() (Input, bool) {
	out := Input{Name: unlinked + in.Name}
	if !in.Staged() || in.Name == "person" || in.Name == "reading" {
		return out, false
	}
	for _, c := range in.Columns {
		switch c.Name {
		case "person_id", "record_key", "encounter_key", "version", "recorded_at", "provider", "requester", "performer":
		default:
			out.Columns = append(out.Columns, c)
		}
	}
	return out, true
}

// Unlinked names the dataset of which the input shows the records that may be
// used without their persons only; empty for any other input.
func (in Input) Unlinked() string {
	of, ok := strings.CutPrefix(in.Name, unlinked)
	if !ok {
		return ""
	}
	return of
}

// Staged reports whether the input is a dataset of the stage (and so about
// persons), as against the reference tables that the engine adds.
func (in Input) Staged() bool { return in.Columns[0].Name == "person_id" }

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
	}
	return out, nil
}

// Staged reports whether the input is a dataset of the stage (and so about
// persons), as against the reference tables that the engine adds.
func (in Input) Staged() bool { return in.Columns[0].Name == "person_id" }

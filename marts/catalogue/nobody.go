package catalogue

import (
	"slices"
	"strings"
)

// OfNobody returns the names of those of the marts that say nothing of any person: who
// have no person_id, and read no dataset with one, nor a mart of somebody. Counts of
// persons are of somebody.
func OfNobody(marts []Mart) (names []string, err error) {
	inputs, err := Inputs()
	if err != nil {
		return nil, err
	}
	clean := make(map[string]bool)
	for _, in := range inputs {
		clean[in.Name] = !strings.HasPrefix(in.Name, unlinked) && !has(in.Columns, "person_id")
	}
	for again := true; again; { // a mart may read one that stands after it
		again = false
		for _, m := range marts {
			if !clean[m.Name] && !has(m.Columns, "person_id") && !slices.ContainsFunc(m.Reads, func(name string) bool { return !clean[name] && !m.brings(name) }) {
				clean[m.Name], again = true, true
				names = append(names, m.Name)
			}
		}
	}
	return names, nil
}

func has(columns []Column, name string) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Name == name })
}

package catalogue

import (
	"fmt"
	"slices"
)

// order sorts marts so that each comes after those it reads, and refuses a
// mart that reads what does not exist.
func order(marts []Mart) ([]Mart, error) {
	inputs, err := Inputs()
	if err != nil {
		return nil, err
	}
	o := orderer{inputs: inputs, marts: make(map[string]Mart), state: make(map[string]int)}
	for _, m := range marts {
		if isInput(inputs, m.Name) {
			return nil, fmt.Errorf("%s is the name of an input", m.Name)
		}
		o.marts[m.Name] = m
	}
	for _, m := range marts {
		if err := o.place(m); err != nil {
			return nil, err
		}
	}
	return o.out, nil
}

type orderer struct {
	inputs []Input
	marts  map[string]Mart
	state  map[string]int
	out    []Mart
}

// The states of a mart that is not untouched.
const (
	placing = iota + 1
	placed
)

// place adds a mart after all that it reads.
func (o *orderer) place(m Mart) error {
	switch o.state[m.Name] {
	case placing:
		return fmt.Errorf("%s reads itself, by way of others", m.Name)
	case placed:
		return nil
	}
	o.state[m.Name] = placing
	for _, name := range m.Reads {
		if other, ok := o.marts[name]; ok {
			if err := o.place(other); err != nil {
				return err
			}
			if m.Follows() && !(other.Follows() && other.personal()) {
				return fmt.Errorf("%s follows persons, and reads %s, which does not or is not about single persons", m.Name, name)
			}
			if slices.Contains(tables(tokens(m.Also)), name) {
				return fmt.Errorf("%s: also reads %s; a mart is not there yet when it is asked", m.Name, name)
			}
		} else if !isInput(o.inputs, name) && !m.brings(name) {
			return fmt.Errorf("%s reads %s, which is no input, mart or code list", m.Name, name)
		}
	}
	for _, d := range m.Dates {
		i := slices.IndexFunc(o.inputs, func(in Input) bool { return in.Name == d.Dataset && in.Staged() })
		if i < 0 || !slices.ContainsFunc(o.inputs[i].Columns, func(c Column) bool { return c.Name == d.Column && c.Type == "TIMESTAMP" }) {
			return fmt.Errorf("%s: dates: %s.%s is no time of a dataset", m.Name, d.Dataset, d.Column)
		}
	}
	o.state[m.Name] = placed
	o.out = append(o.out, m)
	return nil
}

func (m Mart) brings(name string) bool {
	return slices.ContainsFunc(m.Codelists, func(l Codelist) bool { return l.Name == name })
}

func isInput(inputs []Input, name string) bool {
	return slices.ContainsFunc(inputs, func(in Input) bool { return in.Name == name })
}

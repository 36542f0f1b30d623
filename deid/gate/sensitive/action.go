package sensitive

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"secondaryuse/pipeline/strict"
)

// action is what becomes of a record that a rule names. Of several rules the
// strictest holds: a later one of these is stricter.
type action uint8

const (
	keep       action = iota // nothing: for a purpose of which the policy says so by name
	delink                   // the record stays, but nobody who reads marts can know whose it is
	drop                     // the record is left out, and what hangs on it
	dropPerson               // and the person it is about, with everything
)

// actions names them as a policy does.
var actions = []string{keep: "keep", delink: "delink", drop: "drop", dropPerson: "drop_person"}

func (a action) String() string { return actions[a] }

// does is the action of a rule: one for every purpose, or one for each. The zero
// value drops.
type does struct {
	all  string
	each map[string]string // by purpose
}

// UnmarshalYAML reads a word, or a word for each purpose.
func (d *does) UnmarshalYAML(n ast.Node) error {
	switch n := n.(type) {
	case *ast.StringNode:
		d.all = n.Value
		return nil
	case *ast.MappingNode:
		return d.take(n.Values...)
	case *ast.MappingValueNode:
		return d.take(n)
	}
	return noWord(n)
}

func (d *does) take(pairs ...*ast.MappingValueNode) error {
	d.each = make(map[string]string, len(pairs))
	for _, p := range pairs {
		purpose, isText := p.Key.(*ast.StringNode)
		word, isWord := p.Value.(*ast.StringNode)
		if !isText || !isWord {
			return noWord(p)
		}
		d.each[purpose.Value] = word.Value
	}
	return nil
}

// noWord is the error of an action that is neither a word nor a word for each
// purpose.
func noWord(n ast.Node) error {
	return strict.Misfit{Line: n.GetToken().Position.Line, Reason: "an action that is no word, and no word for each purpose"}
}

// check returns why the action is none. To keep is an exception, which is made
// for a purpose by its name.
func (d does) check(purposes []string) string {
	words := []string{d.all}
	if d.each != nil {
		words = words[:0]
		for _, p := range purposes {
			words = append(words, d.each[p])
		}
		if len(d.each) != len(purposes) || slices.Contains(words, "") {
			return "action does not name each purpose of the policy once"
		}
	} else if d.all == keep.String() {
		return "action keep is for a purpose: name an action for each"
	}
	for _, w := range words {
		if w != "" && !slices.Contains(actions, w) {
			return "action is none of " + strings.Join(actions, ", ")
		}
	}
	return ""
}

// under is the action for a purpose, of actions that were checked.
func (d does) under(purpose string) action {
	word := d.all
	if d.each != nil {
		word = d.each[purpose]
	}
	if i := slices.Index(actions, word); i >= 0 {
		return action(i)
	}
	return drop
}

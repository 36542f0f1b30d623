package sensitive

import (
	"github.com/goccy/go-yaml/ast"

	"secondaryuse/pipeline/strict"
)

// quoted is a code. It must stand in quotes, because YAML makes a number of
// 360, of 65e10 and of an identifier of eighteen digits.
type quoted string

// UnmarshalYAML takes text and nothing else.
func (q *quoted) UnmarshalYAML(n ast.Node) error {
	s, ok := n.(*ast.StringNode)
	if !ok {
		return strict.Misfit{Line: n.GetToken().Position.Line, Reason: "a code that is not in quotes"}
	}
	*q = quoted(s.Value)
	return nil
}

// parse reads the YAML. It returns the line that cannot be read, where that is
// known, and why, in words that hold nothing of the file.
func parse(data []byte) (p policy, line int64, reason string) {
	_, line, reason = strict.Decode(data, &p)
	return p, line, reason
}

package sensitive

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// quoted is a code. It must stand in quotes, because YAML makes a number of
// 360, of 65e10 and of an identifier of eighteen digits.
type quoted string

// noQuotes is the error of a code that YAML has made something else of.
type noQuotes struct{ line int }

func (noQuotes) Error() string { return "a code that is not in quotes" }

// UnmarshalYAML takes text and nothing else.
func (q *quoted) UnmarshalYAML(n ast.Node) error {
	s, ok := n.(*ast.StringNode)
	if !ok {
		return noQuotes{n.GetToken().Position.Line}
	}
	*q = quoted(s.Value)
	return nil
}

// parse reads the YAML. It returns the line that cannot be read, where that is
// known, and why, in words that hold nothing of the file.
func parse(data []byte) (p policy, line int64, reason string) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return p, lineOf(err), "not YAML, or a key that is there twice"
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return p, 0, "empty, or more than one document"
	}
	body := file.Docs[0].Body
	var odd strange
	if ast.Walk(&odd, body); odd.node != nil {
		return p, int64(odd.node.GetToken().Position.Line), "a key that is no word, an anchor or an alias"
	}
	if err := yaml.NodeToValue(body, &p, yaml.Strict()); err != nil {
		return p, lineOf(err), why(err)
	}
	return p, 0, ""
}

// strange finds what a strict decoder passes over: keys that are not text,
// which it takes for none of its business, anchors, aliases, and tags, over which
// it panics where nothing follows.
type strange struct{ node ast.Node }

// Visit looks at one node.
func (s *strange) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.MappingValueNode:
		if _, ok := n.Key.(*ast.StringNode); !ok {
			s.node = n
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		s.node = n
	}
	return s
}

// why says what is wrong with a file that cannot be decoded.
func why(err error) string {
	var unknown *yaml.UnknownFieldError
	var twice *yaml.DuplicateKeyError
	var bare noQuotes
	var odd noWord
	switch {
	case errors.As(err, &unknown):
		return "an unknown key"
	case errors.As(err, &twice):
		return "a key that is there twice"
	case errors.As(err, &bare):
		return bare.Error()
	case errors.As(err, &odd):
		return odd.Error()
	}
	return "a value of the wrong kind"
}

// lineOf returns the line that an error is about; 0 where it does not say.
func lineOf(err error) int64 {
	var bare noQuotes
	if errors.As(err, &bare) {
		return int64(bare.line)
	}
	var odd noWord
	if errors.As(err, &odd) {
		return int64(odd.line)
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return int64(at.GetToken().Position.Line)
	}
	return 0
}

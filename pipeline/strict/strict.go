// Package strict reads YAML files that gates stand on, and what leaves. What a plain decoder
// passes over is an error: an unknown key, a key that is there twice or is no
// word, an anchor, an alias, a second document. No error holds anything of the
// file, which may be one of persons that was given by mistake.
package strict

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Misfit is the error of a value that reads itself: in which line it is wrong, and
// why, in words that hold nothing of the file.
type Misfit struct {
	Line   int
	Reason string
}

func (m Misfit) Error() string { return m.Reason }

// Document is a file that was read.
type Document struct{ file *ast.File }

// Decode reads a file into a value. Where it cannot be read, it returns the line,
// or 0 where that is not known, and why.
func Decode(data []byte, into any) (d Document, line int64, reason string) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return d, lineOf(err), "not YAML, or a key that is there twice"
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return d, 0, "empty, or more than one document"
	}
	body := file.Docs[0].Body
	var odd strange
	if ast.Walk(&odd, body); odd.node != nil {
		return d, int64(odd.node.GetToken().Position.Line), "a key that is no word, an anchor or an alias"
	}
	if err := yaml.NodeToValue(body, into, yaml.Strict()); err != nil {
		return d, lineOf(err), why(err)
	}
	return Document{file}, 0, ""
}

// Line is where a field such as "purposes[0].name" stands. That of one that is
// absent is the line of what it would be part of.
func (d Document) Line(field string) int64 {
	for at := "$." + field; at != "$"; at = at[:strings.LastIndexAny(at, ".[")] {
		path, err := yaml.PathString(at)
		if err != nil {
			continue
		}
		if node, err := path.FilterFile(d.file); err == nil && node != nil {
			return first(node)
		}
	}
	return 1
}

// first is the line that a node begins in.
func first(node ast.Node) int64 {
	line := node.GetToken().Position.Line
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		line = min(line, m.Values[0].Key.GetToken().Position.Line)
	}
	return int64(line)
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
	var misfit Misfit
	switch {
	case errors.As(err, &misfit):
		return misfit.Reason
	case errors.As(err, &unknown):
		return "an unknown key"
	case errors.As(err, &twice):
		return "a key that is there twice"
	}
	return "a value of the wrong kind"
}

// lineOf returns the line that an error is about; 0 where it does not say.
func lineOf(err error) int64 {
	var misfit Misfit
	if errors.As(err, &misfit) {
		return int64(misfit.Line)
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return int64(at.GetToken().Position.Line)
	}
	return 0
}

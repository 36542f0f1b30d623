// Package strict reads YAML files that gates stand on, and what leaves. What a plain decoder
// passes over is an error: an unknown key, a key that is there twice or is no
// word, an anchor, an alias, a second document. No error holds anything of the
// file, which may be one of persons that was given by mistake.
package strict

import (
	"errors"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Misfit is the error of a value that reads itself: in which line it is wrong, and
// why, in words that hold nothing of the file.
type Misfit struct {
	Line   int
	Reason string
}

func (m Misfit) Error() string { return m.Reason }

// Document is a file that was read.
type Document struct {
	file *ast.File
	odd  *token.Token // what cannot be decoded
}

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
		var at yaml.Error
		if errors.As(err, &at) {
			d.odd = at.GetToken()
		}
		return Document{file, d.odd}, lineOf(err), why(err)
	}
	return Document{file: file}, 0, ""
}

// ours is the shape of the paths of keys as we call them.
var ours = regexp.MustCompile(`^\$(\.[a-z_]{1,30}|\[\d{1,3}\])+$`)

// Odd is the field in which a file cannot be decoded, such as "eligible.max_age": the
// one that Decode has found, or that which alone is in its line. It is empty where it
// cannot be told, or is no word as ours are; so use it for files that name no person.
func (d Document) Odd(line int64) string {
	if d.file == nil {
		return ""
	}
	var in []string
	ast.Walk(walker(func(n ast.Node) {
		v, ok := n.(*ast.MappingValueNode)
		if !ok || !ours.MatchString(v.GetPath()) {
			return
		}
		if at := v.Key.GetToken(); d.odd != nil && at.Position.Offset == d.odd.Position.Offset {
			in = []string{v.GetPath(), v.GetPath()} // and no other
		} else if len(in) < 2 && int64(at.Position.Line) == line {
			in = append(in, v.GetPath())
		}
	}), d.file.Docs[0].Body)
	if len(in) == 0 || len(in) > 1 && in[0] != in[1] {
		return ""
	}
	return strings.TrimPrefix(in[0], "$.")
}

// walker calls a function for every node.
type walker func(ast.Node)

// Visit is for ast.Walk.
func (w walker) Visit(n ast.Node) ast.Visitor {
	w(n)
	return w
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

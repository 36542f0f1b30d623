package config

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// origin is the file that a configuration was read from.
type origin struct {
	path string
	text *ast.File
}

// Where says where a key such as "feeds[0].kind" stands: file, line and key.
// The line of a key that is absent is that of what it would be part of.
func (c Config) Where(key string) string {
	for at := "$." + key; c.origin.text != nil && at != "$"; at = at[:strings.LastIndexAny(at, ".[")] {
		path, err := yaml.PathString(at)
		if err != nil {
			continue
		}
		if node, err := path.FilterFile(c.origin.text); err == nil && node != nil {
			return fmt.Sprintf("configuration: %s:%d: %s", c.origin.path, first(node), key)
		}
	}
	return fmt.Sprintf("configuration: %s: %s", c.origin.path, key)
}

// first is the line that a node begins in.
func first(node ast.Node) int {
	line := node.GetToken().Position.Line
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		line = min(line, m.Values[0].GetToken().Position.Line, m.Values[0].Key.GetToken().Position.Line)
	}
	return line
}

// explain words what the YAML library has to say. It tells line and key, and
// nothing else that stands in the file: it may be a file of persons that was
// given as the configuration.
func (o origin) explain(err error) error {
	var e yaml.Error
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("configuration: %s: it is empty", o.path)
	}
	if !errors.As(err, &e) || e.GetToken() == nil || e.GetToken().Position == nil {
		return fmt.Errorf("configuration: %s: not YAML that can be read", o.path)
	}
	at := fmt.Sprintf("configuration: %s:%d", o.path, e.GetToken().Position.Line)
	if key := o.key(e.GetToken()); key != "" {
		at += ": " + key
	}
	return fmt.Errorf("%s: %s", at, reason(e))
}

func reason(e yaml.Error) string {
	switch e := e.(type) {
	case *yaml.UnknownFieldError:
		return "there is no such key"
	case *yaml.DuplicateKeyError:
		return "the key is there twice"
	case *yaml.TypeError:
		return "must be " + wanted(e.DstType)
	case *yaml.UnexpectedNodeTypeError:
		return "must be a " + strings.ToLower(e.Expected.YAMLName())
	case *yaml.SyntaxError:
		switch {
		case strings.HasPrefix(e.Message, "mapping key"):
			return "the key is there twice"
		case !strings.Contains(e.Message, `"`): // else it quotes
			return e.Message
		}
	}
	return "not YAML that can be read"
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "a text"
}

// known is the shape of the paths of our own keys.
var known = regexp.MustCompile(`^\$(\.[a-z_]{1,30}|\[\d{1,3}\])+$`)

// key is the path of the key or value that a token is, where it can be told.
func (o origin) key(t *token.Token) string {
	if o.text == nil {
		return ""
	}
	var found string
	see := func(n ast.Node) bool {
		at := n.GetToken()
		if at != nil && at.Position != nil && at.Position.Offset == t.Position.Offset && at.Value == t.Value {
			found = n.GetPath()
		}
		return true
	}
	for _, d := range o.text.Docs {
		ast.Walk(walker(see), d.Body)
	}
	if !known.MatchString(found) {
		return ""
	}
	return strings.TrimPrefix(found, "$.")
}

// tagged returns an error where a value has a tag: the library panics over one
// behind which nothing follows, and none means anything here.
func (o origin) tagged() (err error) {
	for _, d := range o.text.Docs {
		ast.Walk(walker(func(n ast.Node) bool {
			if t, ok := n.(*ast.TagNode); ok && err == nil {
				err = misfit(t, "a tag; leave it out")
			}
			return err == nil
		}), d.Body)
	}
	return err
}

// walker calls a function for every node.
type walker func(ast.Node) bool

// Visit is for ast.Walk.
func (w walker) Visit(n ast.Node) ast.Visitor {
	if w(n) {
		return w
	}
	return nil
}

// misfit is an error at a value of the file.
func misfit(n ast.Node, reason string) error {
	return &yaml.SyntaxError{Message: reason, Token: n.GetToken()}
}

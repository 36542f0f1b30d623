package schedules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// raw is a file as it is written.
type raw struct {
	Name       value  `yaml:"name"`
	Cron       value  `yaml:"cron"`
	Zone       value  `yaml:"zone"`
	Runs       values `yaml:"runs"`
	After      value  `yaml:"after"`
	Wait       value  `yaml:"wait"`
	CatchUp    value  `yaml:"catch_up"`
	Retry      retry  `yaml:"retry"`
	Deadline   value  `yaml:"deadline"`
	AtDeadline value  `yaml:"at_deadline"`
	Off        value  `yaml:"off"`
}

type retry struct {
	Times value  `yaml:"times"`
	Every value  `yaml:"every"`
	On    values `yaml:"on"`
}

const (
	keys      = "name, cron, zone, runs, after, wait, catch_up, retry, deadline, at_deadline and off"
	retryKeys = "times, every and on"
)

// value is one text of a file and the line it stands in; line 0 when the key is
// not there.
type value struct {
	text string
	line int
}

// UnmarshalYAML reads a text or a whole number.
func (v *value) UnmarshalYAML(n ast.Node) error {
	switch n := n.(type) {
	case *ast.StringNode:
		v.text = n.Value
	case *ast.IntegerNode:
		v.text = n.String()
	default:
		return misfit(n, "must be one text; put it in quotes")
	}
	v.line = n.GetToken().Position.Line
	if v.text == "" {
		return misfit(n, "must not be empty; leave the key out where there is nothing to say")
	}
	return nil
}

// values is one text, or a list of them.
type values []value

// UnmarshalYAML reads a text or a list of texts.
func (v *values) UnmarshalYAML(n ast.Node) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		*v = make(values, 1)
		return (*v)[0].UnmarshalYAML(n)
	}
	*v = make(values, len(list.Values))
	for i, item := range list.Values {
		if err := (*v)[i].UnmarshalYAML(item); err != nil {
			return err
		}
	}
	if len(*v) == 0 {
		return misfit(n, "the list is empty; name at least one")
	}
	return nil
}

// misfit is an error at a value of the file.
func misfit(n ast.Node, reason string) error {
	return &yaml.SyntaxError{Message: reason, Token: n.GetToken()}
}

// decode reads the YAML of a file strictly.
func decode(text []byte) (raw, error) {
	var r raw
	tree, err := parser.ParseBytes(text, 0)
	if err == nil && len(tree.Docs) > 1 {
		return r, errors.New(": it holds more than one document; write one job a file")
	}
	if err == nil {
		err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&r)
	}
	if errors.Is(err, io.EOF) {
		return r, errors.New(": it is empty; write at least name, cron, runs and catch_up")
	}
	if err != nil {
		return r, explain(err)
	}
	return r, nil
}

// explain words what the YAML library has to say: the line, the key where it is
// one, and never a value, which could be that of a file given by mistake.
func explain(err error) error {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil || e.GetToken().Position == nil {
		return errors.New(": not YAML that can be read")
	}
	return fmt.Errorf(":%d: %s", e.GetToken().Position.Line, reason(e))
}

// ours is the shape of a key.
var ours = regexp.MustCompile(`^[a-z_]{1,12}$`)

func reason(e yaml.Error) string {
	switch e := e.(type) {
	case *yaml.UnknownFieldError:
		if key := e.GetToken().Value; ours.MatchString(key) {
			return key + ": there is no such key; there are " + keys + ", and in retry " + retryKeys
		}
		return "there is no such key; there are " + keys + ", and in retry " + retryKeys
	case *yaml.DuplicateKeyError:
		return "the key is there twice; take one out"
	case *yaml.TypeError, *yaml.UnexpectedNodeTypeError:
		return "must be a mapping: keys, each with its value"
	case *yaml.SyntaxError:
		switch {
		case said[e.Message]:
			return e.Message
		case strings.HasPrefix(e.Message, "mapping key"):
			return "the key is there twice; take one out"
		}
	}
	return "not YAML that can be read; put a value with a *, @, # or : in quotes"
}

// said are the words of this package among those of the library.
var said = map[string]bool{
	"must be one text; put it in quotes":                                 true,
	"must not be empty; leave the key out where there is nothing to say": true,
	"the list is empty; name at least one":                               true,
}

package leak

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// json takes up what JSON names: lines of it, or one document. Of lines, only those
// are decoded that have a member by which somebody is named; of a document each member
// of its lists by itself, so that one need not be held at once.
func (g *gatherer) json(r *bufio.Reader) error {
	for {
		line, err := long(r)
		text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		if len(text) > 0 && !whole(text) {
			return g.document(io.MultiReader(bytes.NewReader(line), r))
		}
		if len(text) > 0 && g.names(text) {
			var v any
			if json.Unmarshal(text, &v) == nil { // what is no JSON its source rejects
				g.visit(v, "")
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return ended(err)
		}
	}
}

// longest is how long a line of JSON may be: more than any source takes.
const longest = 64 << 20

// long reads a line.
func long(r *bufio.Reader) (line []byte, err error) {
	line, err = r.ReadSlice('\n')
	for err == bufio.ErrBufferFull {
		line = bytes.Clone(line)
		var more []byte
		more, err = r.ReadSlice('\n')
		line = append(line, more...)
		if len(line) > longest {
			return line, nil
		}
	}
	return line, err
}

// whole reports whether a line could be an object by itself.
func whole(b []byte) bool { return b[0] == '{' && b[len(b)-1] == '}' }

// ended passes over the end of what is damaged, which its source rejects, and not over
// what keeps a file from being read.
func ended(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// naming are the members by which somebody is named.
var naming = [][]byte{[]byte(`"family"`), []byte(`"telecom"`), []byte(`"postalCode"`), []byte(`nhs-number`), []byte(`"given"`), []byte(`"Patient"`),
	[]byte(`"userId"`), []byte(`ParticipantIdentifier`), []byte(`"encodedId"`)}

func (g *gatherer) names(line []byte) bool {
	return slices.ContainsFunc(naming, func(n []byte) bool { return bytes.Contains(line, n) })
}

// document takes up one document, list by list.
func (g *gatherer) document(r io.Reader) error {
	d := json.NewDecoder(r)
	t, err := d.Token()
	if err != nil {
		return nil
	}
	if t == json.Delim('[') {
		return g.list(d)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		name, _ := key.(string)
		var raw json.RawMessage
		if next, ok := opens(d); ok && next {
			if err := g.list(d); err != nil {
				return err
			}
			continue
		}
		var v any
		if d.Decode(&raw) != nil || json.Unmarshal(raw, &v) != nil {
			return nil
		}
		g.visit(v, name)
	}
	return nil
}

// opens reports whether a list comes next, and goes into it.
func opens(d *json.Decoder) (list, ok bool) {
	rest := make([]byte, 64)
	n, _ := d.Buffered().Read(rest)
	text := bytes.TrimLeft(rest[:n], ": \t\r\n")
	if len(text) == 0 || text[0] != '[' {
		return false, len(text) > 0
	}
	_, err := d.Token()
	return true, err == nil
}

// list takes up the members of a list.
func (g *gatherer) list(d *json.Decoder) error {
	for d.More() {
		var v any
		if err := d.Decode(&v); err != nil {
			return g.ctx.Err()
		}
		g.visit(v, "")
	}
	_, _ = d.Token()
	return g.ctx.Err()
}

// visit takes up what a value names, and all that is in it. name is what the value is
// called by.
func (g *gatherer) visit(v any, name string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			g.visit(x, name)
		}
	case string:
		g.take(g.scalar(name), v)
	case map[string]any:
		if kind, ok := v["resourceType"].(string); ok {
			g.resource(kind, v)
		}
		if system, _ := v["system"].(string); strings.Contains(system, "nhs-number") {
			g.take(number, str(v["value"]))
		}
		for key, x := range v {
			g.visit(x, key)
		}
	}
}

// scalar is what a member says of a person wherever it stands. Those of FHIR say it in
// some resources only; see resource.
func (g *gatherer) scalar(name string) role {
	switch r := g.roleOf(name); r {
	case number, account, email, phone:
		return r
	}
	return nothing
}

// people are the resources that are about people.
var people = []string{"Patient", "Person", "RelatedPerson", "Practitioner"}

// resource takes up a resource of FHIR that is about somebody.
func (g *gatherer) resource(kind string, v map[string]any) {
	if !slices.Contains(people, kind) {
		return
	}
	g.take(local, str(v["id"]))
	for i := range each(v["identifier"]) {
		if system := str(i["system"]); !strings.Contains(system, "nhs-number") {
			g.take(local, str(i["value"]))
		}
	}
	g.person(v)
	for c := range each(v["contact"]) { // next of kin
		g.person(c)
	}
}

// person takes up names, addresses and how somebody is reached.
func (g *gatherer) person(v map[string]any) {
	for n := range each(v["name"]) {
		g.to.Person(str(n["family"]), strs(n["given"])...)
	}
	for a := range each(v["address"]) {
		g.take(postcode, str(a["postalCode"]))
		for _, line := range strs(a["line"]) {
			g.take(address, line)
		}
	}
	for t := range each(v["telecom"]) {
		if v := str(t["value"]); strings.Contains(v, "@") {
			g.take(email, v)
		} else {
			g.take(phone, v)
		}
	}
}

// each yields the objects of a list, or the one there is.
func each(v any) func(func(map[string]any) bool) {
	return func(yield func(map[string]any) bool) {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, x := range list {
			if m, ok := x.(map[string]any); ok && !yield(m) {
				return
			}
		}
	}
}

func str(v any) string {
	if list, ok := v.([]any); ok && len(list) > 0 { // STU3 had lists of some
		v = list[0]
	}
	s, _ := v.(string)
	return s
}

func strs(v any) (out []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

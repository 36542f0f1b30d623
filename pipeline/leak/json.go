package leak

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// json takes up what JSON names: lines of it, or one document, which its first line tells
// apart. Of lines, only those are decoded that have a member by which somebody is named;
// of a document each member of its lists by itself, so that one need not be held at once.
// What of either cannot be decoded its source rejects, and takes what follows it: so the
// lines behind it are taken up. first says that the lines begin where the text does.
func (g *gatherer) json(l *lines, first bool) error {
	for {
		line, err := l.next()
		text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		if first && len(text) > 0 && !whole(text) {
			rest, err := g.document(io.MultiReader(bytes.NewReader(bytes.Clone(line)), l.r))
			if err != nil || rest == nil {
				return err
			}
			l.r = bufio.NewReaderSize(rest, 1<<20)
		} else if text = bytes.TrimSuffix(text, []byte(",")); len(text) > 0 && whole(text) && g.names(text) {
			var v any
			if json.Unmarshal(text, &v) == nil {
				g.visit(v, "")
			}
		}
		if first = first && len(text) == 0; err != nil {
			return ended(err)
		}
	}
}

// whole reports whether a line could be an object by itself.
func whole(b []byte) bool { return len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}' }

// naming are the members by which somebody is named, without the quote that they begin with.
var naming = []string{`family"`, `telecom"`, `postalCode"`, `given"`, `Patient"`, `userId"`, `encodedId"`}

// parts are what members and texts by which somebody is named hold.
var parts = [][]byte{[]byte("nhs-number"), []byte("ParticipantIdentifier")}

// names reports whether a line has a member by which somebody is named. It goes through the
// line once, from quote to quote: nearly all lines have none.
func (g *gatherer) names(line []byte) bool {
	for rest := line; ; {
		i := bytes.IndexByte(rest, '"') + 1
		if i == 0 || i == len(rest) {
			break
		}
		rest = rest[i:]
		switch rest[0] {
		case 'f', 't', 'p', 'g', 'P', 'u', 'e':
			if slices.ContainsFunc(naming, func(n string) bool { return len(rest) >= len(n) && string(rest[:len(n)]) == n }) {
				return true
			}
		}
	}
	return slices.ContainsFunc(parts, func(n []byte) bool { return bytes.Contains(line, n) })
}

// document takes up one document, list by list. Where it cannot be decoded to its end it
// returns what is left of it.
func (g *gatherer) document(r io.Reader) (rest io.Reader, err error) {
	d := json.NewDecoder(r)
	if err := g.members(d); ended(err) != nil || g.ctx.Err() != nil {
		return nil, errors.Join(g.ctx.Err(), err)
	} else if err == nil {
		return nil, nil
	}
	return io.MultiReader(d.Buffered(), r), nil
}

// members takes up the members of an object or of a list.
func (g *gatherer) members(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t == json.Delim('[') {
		return g.list(d)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if opens(d) {
			if _, err := d.Token(); err != nil {
				return err
			}
			if err := g.list(d); err != nil {
				return err
			}
			continue
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return err
		}
		g.visit(v, name)
	}
	_, err = d.Token()
	return err
}

// opens reports whether a list comes next.
func opens(d *json.Decoder) bool {
	rest := make([]byte, 64)
	n, _ := d.Buffered().Read(rest)
	return bytes.HasPrefix(bytes.TrimLeft(rest[:n], ": \t\r\n"), []byte("["))
}

// list takes up the members of a list.
func (g *gatherer) list(d *json.Decoder) error {
	for d.More() {
		var v any
		if err := d.Decode(&v); err != nil {
			return err
		}
		g.visit(v, "")
		if err := g.ctx.Err(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
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

package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// node is a JSON value as encoding/json sees it, with members in their order
// and as often as they stand there.
type node struct {
	kind    byte // as scan.Cursor.Kind
	text    string
	number  json.Number
	truth   bool
	elems   []node
	members []member
}

type member struct {
	key   string
	value node
}

// parse reads a text with encoding/json alone.
func parse(text []byte) (node, error) {
	if !json.Valid(text) {
		return node{}, errors.New("not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return value(d)
}

func value(d *json.Decoder) (n node, err error) {
	token, err := d.Token()
	if err != nil {
		return n, err
	}
	switch x := token.(type) {
	case json.Delim:
		n.kind = byte(x)
		for d.More() {
			var m member
			if x == '{' {
				key, err := d.Token()
				if err != nil {
					return n, err
				}
				m.key = key.(string)
			}
			if m.value, err = value(d); err != nil {
				return n, err
			}
			if x == '{' {
				n.members = append(n.members, m)
			} else {
				n.elems = append(n.elems, m.value)
			}
		}
		_, err = d.Token()
	case string:
		n.kind, n.text = '"', x
	case json.Number:
		n.kind, n.number = '0', x
	case bool:
		n.kind, n.truth = 't', x
	default:
		n.kind = 'n'
	}
	return n, err
}

// all returns every value that has one of the names (separated by spaces), in
// order.
func (n node) all(names string) (out []node) {
	for _, m := range n.members {
		for _, name := range strings.Fields(names) {
			if m.key == name {
				out = append(out, m.value)
			}
		}
	}
	return out
}

// each returns the same, with lists taken apart.
func (n node) each(names string) (out []node) {
	for _, v := range n.all(names) {
		if v.kind == '[' {
			out = append(out, v.elems...)
		} else {
			out = append(out, v)
		}
	}
	return out
}

func (n node) depth() int {
	most := 0
	for _, e := range n.elems {
		most = max(most, e.depth())
	}
	for _, m := range n.members {
		most = max(most, m.value.depth())
	}
	if n.kind == '{' || n.kind == '[' {
		most++
	}
	return most
}

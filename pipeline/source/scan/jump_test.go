package scan

import (
	"fmt"
	"strings"
	"testing"
)

// Only reads just what Object, Next and Str read of such an object, and leaves
// everything else to them.
func TestOnly(t *testing.T) {
	const open = `{"reference":"`
	for text, want := range map[string]string{
		`{"reference":"Patient/p"}`:            "Patient/p",
		`{"reference":""}`:                     "",
		`{"reference":"Patient/p","type":"x"}`: "no",
		`{"reference":"Patient\/p"}`:           "no",
		`{"reference":"Patiént"}`:              "no",
		`{ "reference":"Patient/p"}`:           "no",
		`{"reference":"Patient/p" }`:           "no",
		`{"reference":"Patient/p`:              "no",
		`{"reference":"Patient/p"`:             "no",
		`{"reference":1}`:                      "no",
		`{"referenc`:                           "no",
		``:                                     "no",
	} {
		var c Cursor
		c.Reset([]byte("[" + text + `,7]`))
		c.Array()
		c.Elem()
		before := c.Pos()
		s, ok := c.Only(open)
		if !ok {
			if want != "no" || c.Pos() != before || c.Err() != nil {
				t.Errorf("%s: not read, at %d of %d, %v", text, c.Pos(), before, c.Err())
			}
			continue
		}
		if string(s) != want || !c.Elem() || c.Int() != 7 || c.Elem() || c.End() != nil {
			t.Errorf("%s: %q, then %v", text, s, c.Err())
		}
	}
}

// The object that Only reads counts as nested: at the limit it is left to
// Object, which refuses it.
func TestOnlyTooDeep(t *testing.T) {
	for depth, want := range map[int]bool{MaxDepth - 1: true, MaxDepth: false} {
		var c Cursor
		c.Reset([]byte(strings.Repeat("[", depth) + `{"a":"b"}` + strings.Repeat("]", depth)))
		for range depth {
			c.Array()
			c.Elem()
		}
		if _, ok := c.Only(`{"a":"`); ok != want {
			t.Errorf("at depth %d: %v", depth, ok)
		}
	}
}

// Leave takes the cursor behind the object that was entered last.
func TestLeave(t *testing.T) {
	const rest = `,"unit":"kg","more":[{}]}`
	var c Cursor
	c.Reset(fmt.Appendf(nil, `{"quantity":{"value":1%s,"next":2}`, rest))
	c.Object()
	c.Next()
	c.Object()
	c.Next()
	c.Int()
	c.Leave(len(rest))
	if key, ok := c.Next(); !ok || string(key) != "next" || c.Int() != 2 || c.Depth() != 1 {
		t.Errorf("%q %v at depth %d", key, ok, c.Depth())
	}
	if _, ok := c.Next(); ok || c.End() != nil || c.Depth() != 0 {
		t.Errorf("%v at depth %d", c.Err(), c.Depth())
	}
}

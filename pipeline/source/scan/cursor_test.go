package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

var texts = []string{
	`null`, `true`, `false`, `0`, `-0`, `-1.5e+10`, `1E400`, `""`, `"a"`, `[]`, `{}`, `[1,2,[3,{}]]`,
	`{"a":1,"b":{"c":[null,true,"x\u00e9\n"]}}`, " { \"a\" : [ 1 , 2 ] } \n", `"\ud83d\ude00 \ud800 \udc00\ud800x"`,
	"\"0123456\xff89abcdef\"", `"long enough for the eight byte loop, with a \" quote"`, "\"tab\there\"", "\"nul\x00\"",
	`01`, `1.`, `.5`, `-`, `1e`, `+1`, `tru`, `nul`, `"open`, `"\x"`, `"\u12g4"`, `"\`, `"\u12`, `[1,]`, `[,1]`, `{,}`, `{"a":1,}`,
	`{"a" 1}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `[1 2]`, `[`, `{`, `]`, `}`, `[}`, `{]`, `1 2`, ``, ` `, "\x00", "\ufeff{}",
	`{"resourceType":"Observation","valueQuantity":{"value":134.80,"unit":"cm"}}`, `99999999999999999999`, `9007199254740993`,
	`123456789012345.6`, `0.30000000000000004`, `{"a":{"b":"\"}"}}`, `"\/\b\f\r\t\\"`, "[\"\u2028\",\"\x7f\",\"\x1f\"]",
}

func deep(b []byte) bool {
	depth, most := 0, 0
	for _, x := range b {
		switch x {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth--
		}
	}
	return most > MaxDepth
}

func skips(c *Cursor, b []byte) error {
	c.Reset(b)
	c.Skip()
	return c.End()
}

func FuzzSkip(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	var c Cursor
	f.Fuzz(func(t *testing.T, b []byte) {
		err := skips(&c, b)
		if want := json.Valid(b); (err == nil) != want && !deep(b) {
			t.Fatalf("%q: %v, encoding/json: valid %v", b, err, want)
		}
		var at *Error
		if err != nil && (!errors.As(err, &at) || at.Offset > len(b) || at.Reason == "") {
			t.Fatalf("%q: error %v", b, err)
		}
	})
}

func TestDepth(t *testing.T) {
	var c Cursor
	for _, pair := range []string{"[]", "{}"} {
		open, shut := pair[:1], pair[1:]
		if open == "{" {
			open = `{"a":`
		}
		nested := func(n int) []byte {
			return []byte(strings.Repeat(open, n-1) + pair + strings.Repeat(shut, n-1))
		}
		if err := skips(&c, nested(MaxDepth)); err != nil {
			t.Errorf("%d %s deep: %v", MaxDepth, pair, err)
		}
		if err := skips(&c, nested(MaxDepth+1)); err == nil {
			t.Errorf("%d %s deep: accepted", MaxDepth+1, pair)
		}
	}
}

// walk goes through a value with every method of the cursor and writes down
// what it finds in the way tokens does.
func walk(c *Cursor, out *bytes.Buffer) {
	switch c.Kind() {
	case '{':
		out.WriteString("{")
		for c.Object(); ; {
			key, ok := c.Next()
			if !ok {
				break
			}
			note(out, string(key))
			walk(c, out)
		}
		out.WriteString("}")
	case '[':
		out.WriteString("[")
		for c.Array(); c.Elem(); {
			walk(c, out)
		}
		out.WriteString("]")
	case '"':
		note(out, string(c.Str()))
	case '0':
		note(out, c.Float())
	case 't', 'f':
		note(out, c.Bool())
	case 'n':
		c.Null()
		note(out, nil)
	default:
		c.Skip()
	}
}

func note(out *bytes.Buffer, v any) {
	b, _ := json.Marshal(v)
	out.Write(b)
	out.WriteByte(' ')
}

// tokens is the same walk by encoding/json.
func tokens(b []byte) (string, error) {
	var out bytes.Buffer
	d := json.NewDecoder(bytes.NewReader(b))
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return "", err
	}
	for {
		t, err := d.Token()
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		if x, ok := t.(json.Delim); ok {
			out.WriteString(x.String())
		} else {
			note(&out, t)
		}
	}
}

func FuzzWalk(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	var c Cursor
	f.Fuzz(func(t *testing.T, b []byte) {
		if deep(b) {
			return
		}
		var got bytes.Buffer
		c.Reset(b)
		walk(&c, &got)
		err := c.End()
		want, wantErr := tokens(b)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, encoding/json: %v", b, err, wantErr)
		}
		if err == nil && got.String() != want {
			t.Fatalf("%q:\n got %s\nwant %s", b, got.String(), want)
		}
	})
}

func TestWrongTypes(t *testing.T) {
	reads := map[string]func(*Cursor){
		"object": func(c *Cursor) { c.Object() },
		"array":  func(c *Cursor) { c.Array() },
		"string": func(c *Cursor) { c.Str() },
		"number": func(c *Cursor) { c.Float() },
		"whole":  func(c *Cursor) { c.Int() },
		"bool":   func(c *Cursor) { c.Bool() },
	}
	kinds := map[string]string{"object": "{}", "array": "[]", "string": `"x"`, "number": "1.5", "bool": "true", "null": "null"}
	for want, read := range reads {
		for kind, text := range kinds {
			var c Cursor
			c.Reset([]byte(text))
			read(&c)
			if (c.Err() == nil) != (want == kind) {
				t.Errorf("%s read as %s: error %v", kind, want, c.Err())
			}
		}
	}
}

func TestInt(t *testing.T) {
	var c Cursor
	for text, want := range map[string]int64{"0": 0, "-7": -7, "9223372036854775807": 1<<63 - 1} {
		c.Reset([]byte(text))
		if got := c.Int(); got != want || c.End() != nil {
			t.Errorf("%s: %d, %v", text, got, c.Err())
		}
	}
	for _, text := range []string{"9223372036854775808", "1.0", "1e3"} {
		c.Reset([]byte(text))
		if c.Int(); c.Err() == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// After an error nothing may be found any more, so that loops end.
func TestErrorStays(t *testing.T) {
	var c Cursor
	c.Reset([]byte(`{"a":tru,"b":[1]}`))
	c.Object()
	c.Next()
	c.Bool()
	first := c.Err()
	if first == nil {
		t.Fatal("tru is a boolean")
	}
	if _, ok := c.Next(); ok || c.Elem() || c.Kind() != 0 || c.Null() || c.Array() || c.Object() {
		t.Error("something found after an error")
	}
	if c.Err() != first || c.End() != first {
		t.Errorf("error became %v", c.Err())
	}
}

func TestStrStaysValid(t *testing.T) {
	var c Cursor
	var got [][]byte
	for i := range 200 {
		text := []byte(`"` + strings.Repeat("x", i) + `\n"`)
		c.Follow(text)
		got = append(got, c.Str())
	}
	for i, s := range got {
		if string(s) != strings.Repeat("x", i)+"\n" {
			t.Fatalf("string %d became %q", i, s)
		}
	}
}

func TestRawAndPos(t *testing.T) {
	var c Cursor
	c.Reset([]byte(`{"a": {"b":[1, 2]} ,"c":1}`))
	c.Object()
	c.Next()
	if raw := string(c.Raw()); raw != `{"b":[1, 2]}` {
		t.Errorf("raw %s", raw)
	}
	if c.Pos() != 18 {
		t.Errorf("pos %d", c.Pos())
	}
	key, ok := c.Next()
	c.Skip()
	if _, more := c.Next(); !ok || string(key) != "c" || more || c.End() != nil {
		t.Errorf("%q %v %v %v", key, ok, more, c.Err())
	}
}

func TestNoAllocation(t *testing.T) {
	var c Cursor
	var out bytes.Buffer
	text := []byte(`{"a":1.25,"b":["x\ny",true,null,{"c":-1}],"d":"plain"}`)
	read := func() {
		c.Reset(text)
		c.Skip()
		c.Reset(text)
		c.Object()
		for key, ok := c.Next(); ok; key, ok = c.Next() {
			switch string(key) {
			case "a":
				c.Float()
			case "b":
				c.Array()
				c.Elem()
				out.Write(c.Str())
				for c.Elem() {
					c.Skip()
				}
			default:
				c.Str()
			}
		}
		out.Reset()
	}
	read()
	if n := testing.AllocsPerRun(100, read); n != 0 || c.End() != nil {
		t.Errorf("%v allocations, %v", n, c.Err())
	}
}

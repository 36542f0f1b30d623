package sourcetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

// span is a piece of the target that can be replaced.
type span struct {
	from, to int
	key      bool
}

// values: every value and every key of the target, one at a time, replaced by
// one of another type. Rows may change; nothing else may.
func values(f Fixture, dir string) error {
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	whole := f.Files[f.Target]
	spans, err := spansOf(f)
	if err != nil {
		return err
	}
	instead := substitutes(f.Format)
	every := max(1, len(spans)*len(instead)/2000) // a bound for large fixtures
	for i, s := range spans {
		for j, text := range instead {
			if (i+j)%every != 0 || s.key && j > 0 {
				continue
			}
			if err := b.replaced(s, text); err != nil {
				return fmt.Errorf("bytes %d to %d (%.40q) replaced by %.40s: %w", s.from, s.to, whole[s.from:s.to], text, err)
			}
		}
	}
	return nil
}

func (b *bench) replaced(s span, text string) error {
	whole := b.f.Files[b.f.Target]
	if b.f.Format == Lines && (s.to == len(whole) || whole[s.to] == '\n') && (s.from == 0 || whole[s.from-1] == '\n') {
		return nil // a whole line: see badLines
	}
	r, err := b.with(bytes.Join([][]byte{whole[:s.from], []byte(text), whole[s.to:]}, nil))
	if err != nil || b.f.Format != Lines {
		return err
	}
	line := int64(bytes.Count(whole[:s.from], []byte("\n"))) + 1
	for _, x := range r.rejects {
		if x.Line != line {
			return fmt.Errorf("a reject at line %d, but line %d was changed", x.Line, line)
		}
	}
	return nil
}

func substitutes(format Format) []string {
	switch format {
	case Lines, Document:
		return []string{
			`"` + canary + ` 1"`, canaryDigit, "-1e999", "null", "true", `""`, "[]", "{}",
			`{"` + canary + `":"` + canary + `"}`, `["` + canary + `",[{"` + canary + `":1}]]`,
			`"\ud800` + canary + `"`, `"2021-02-31"`, `"9999-99-99T99:99:99Z"`, `"` + canary + "\x01\"",
		}
	case XML:
		return []string{canary, canaryDigit, "", "&" + canary + ";", "2021-02-31", "<" + canary, "-1e999"}
	default:
		return []string{canary, canaryDigit, "", `"` + canary + ` ""x"" 1"`, `"` + canary, canary + `"`, "2021-02-31", "\x00" + canary, "\xff" + canary}
	}
}

// spansOf finds the values and keys of the target.
func spansOf(f Fixture) ([]span, error) {
	data := f.Files[f.Target]
	switch f.Format {
	case Lines, Document:
		return jsonSpans(data)
	case XML:
		var out []span
		for _, m := range regexp.MustCompile(`([A-Za-z]+)="([^"]*)"`).FindAllSubmatchIndex(data, -1) {
			out = append(out, span{m[2], m[3], true}, span{m[4], m[5], false})
		}
		return out, nil
	default:
		return cellSpans(data), nil
	}
}

// jsonSpans finds the scalars, containers and keys of a run of documents.
func jsonSpans(data []byte) ([]span, error) {
	var out []span
	type level struct {
		from   int
		object bool
		key    bool // a key comes next
	}
	var stack []level
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for {
		before := int(dec.InputOffset())
		tok, err := dec.Token()
		if tok == nil && err != nil {
			if len(stack) > 0 || len(bytes.TrimSpace(data[before:])) > 0 {
				return nil, fmt.Errorf("the target is not JSON: %w", err)
			}
			return out, nil
		}
		after := int(dec.InputOffset())
		from := before + bytes.IndexFunc(data[before:after], func(r rune) bool {
			return r != ' ' && r != '\n' && r != '\r' && r != '\t' && r != ',' && r != ':'
		})
		top := len(stack) - 1
		key := top >= 0 && stack[top].key
		switch tok {
		case json.Delim('{'), json.Delim('['):
			stack = append(stack, level{from, tok == json.Delim('{'), tok == json.Delim('{')})
			continue
		case json.Delim('}'), json.Delim(']'):
			from, key = stack[top].from, false
			stack = stack[:top]
		}
		out = append(out, span{from, after, key})
		if top = len(stack) - 1; top >= 0 && stack[top].object {
			stack[top].key = !key
		}
	}
}

// cellSpans finds the cells below the header of a table.
func cellSpans(data []byte) []span {
	var out []span
	at := bytes.IndexByte(data, '\n') + 1
	from, quoted := at, false
	for i := at; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			quoted = !quoted
		case (c == ',' || c == '\n' || c == '\r') && !quoted:
			if !(c == '\n' && data[i-1] == '\r') {
				out = append(out, span{from, i, false})
			}
			from = i + 1
		}
	}
	return out
}

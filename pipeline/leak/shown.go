package leak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"secondaryuse/deid/trace"
)

// Shown is what is about to be published shows: each text of it once, and each whole
// number that could be a telephone's.
type Shown struct {
	texts   map[string]place
	numbers map[uint64]place
	persons bool // it has rows about persons
}

// place is where something stands first.
type place struct{ file, where string }

// show notes a text, and reports whether it was not yet noted. What is shorter than any
// name that is looked for by itself is not noted.
func (d *draft) show(b []byte) (first bool) {
	if _, is := d.shown.texts[string(b)]; is {
		return false
	}
	if len(b) >= 4 {
		d.shown.texts[string(b)] = place{d.file, d.column}
	}
	return true
}

// words notes the texts of a file that is no table.
func (d *draft) words(b []byte, is kind) {
	b = bytes.ReplaceAll(b, []byte(d.folder), nil)
	var v any
	switch {
	case is == duckdb:
		d.lines(ours.ReplaceAll(printed(b), []byte("\n")))
	case filepath.Ext(d.file) == ".json" && json.Unmarshal(b, &v) == nil:
		d.strings(v)
	default:
		d.lines(b)
	}
}

// lines notes each line.
func (d *draft) lines(b []byte) {
	for line := range bytes.Lines(b) {
		d.show(bytes.TrimSpace(line))
	}
}

// strings notes the texts of JSON, and not its numbers: they are counts of rows and bytes.
// Of one it notes what stands on either side of what is ours.
func (d *draft) strings(v any) {
	switch v := v.(type) {
	case string:
		for _, part := range ours.Split(v, -1) {
			d.show([]byte(strings.TrimSpace(part)))
		}
	case []any:
		for _, x := range v {
			d.strings(x)
		}
	case map[string]any:
		for name, x := range v {
			d.strings(name)
			d.strings(x)
		}
	}
}

// ours is what the program writes anew each time, as it writes it, and no identifier is
// spelled as: a SHA-256, when a list is of and how long it is, a date, the name of a run.
var ours = regexp.MustCompile(`^(?:\d+:)?[0-9a-f]{64}$|\bsha256 [0-9a-f]{64}\b|\bissued \d{4}-\d\d-\d\dT[\d:]{8}Z\b|, \d{1,9} (?:rows|codes|of \d{1,9} sent)\b|^\d{4}-\d\d-\d\d$|\b\d{8}T\d{6}\.\d{3}Z(?:-\d+)?\b`)

// printed is what can be read of a DuckDB file, in lines. Each of its three headers, and
// each block, begins with a sum of eight bytes.
func printed(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at < len(b); at += 4096 {
		if at < 3*4096 || (at-3*4096)%(256<<10) == 0 {
			clear(b[at:min(at+8, len(b))])
		}
	}
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '\n'
		}
	}
	return b
}

// each yields where each text stands, and shows it to a scanner.
func (s Shown) each(yield func(at place, show func(*trace.Scanner))) {
	for text, at := range s.texts {
		yield(at, func(to *trace.Scanner) { to.Bytes([]byte(text)) })
	}
	for v, at := range s.numbers {
		yield(at, func(to *trace.Scanner) { to.Int(int64(v)) })
	}
}

// ask shows all of it to a scanner.
func (s Shown) ask(to *trace.Scanner) {
	s.each(func(_ place, show func(*trace.Scanner)) { show(to) })
}

// digests yields what stands for each text, and for each number.
func (s Shown) digests(yield func(digest) bool) {
	for text := range s.texts {
		if !yield(digestOf(text)) {
			return
		}
	}
	for v := range s.numbers {
		if !yield(digestOf(numeral(v))) {
			return
		}
	}
}

// numeral is what stands for a number, which is no text.
func numeral(v uint64) string { return fmt.Sprint("number\x00", v) }

// but is what is shown and is not among what was looked for before.
func (s Shown) but(before looked) Shown {
	fresh := Shown{make(map[string]place), make(map[uint64]place), s.persons}
	for text, at := range s.texts {
		if !before[digestOf(text)] {
			fresh.texts[text] = at
		}
	}
	for v, at := range s.numbers {
		if !before[digestOf(numeral(v))] {
			fresh.numbers[v] = at
		}
	}
	return fresh
}

func (s Shown) none() bool { return len(s.texts)+len(s.numbers) == 0 }

// somewhere is where some of it stands. It does not say what.
func (s Shown) somewhere() string {
	var all []string
	s.each(func(at place, _ func(*trace.Scanner)) { all = append(all, at.file+", "+at.where) })
	slices.Sort(all)
	all = slices.Compact(all)
	return strings.Join(all[:min(len(all), 3)], "; ")
}

// Package wycheproof holds a small part of Project Wycheproof's test vectors. Where
// they come from, and under which licence, stands in README.md beside it.
package wycheproof

import (
	"embed"
	"encoding/hex"
	"strings"
	"testing"
)

//go:embed *.txt
var tables embed.FS

// Vector is one line of a table.
type Vector struct {
	Number string // tc
	Result string // valid, invalid or zero
	Values [][]byte
}

// Read returns the vectors of a table, which has so many columns of values.
func Read(t testing.TB, name string, columns int) (out []Vector) {
	t.Helper()
	text, err := tables.ReadFile(name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 2+columns {
			t.Fatalf("%s: tc %s has %d columns", name, f[0], len(f))
		}
		v := Vector{Number: f[0], Result: f[1]}
		for _, digits := range f[2:] {
			b, err := hex.DecodeString(strings.TrimPrefix(digits, "-"))
			if err != nil {
				t.Fatalf("%s: tc %s: %v", name, f[0], err)
			}
			v.Values = append(v.Values, b)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		t.Fatal(name + " has no vectors")
	}
	return out
}

package strict

import (
	"strings"
	"testing"
)

// TestDecode holds what is refused, with its line, and that no reason holds
// anything of the file.
func TestDecode(t *testing.T) {
	type file struct {
		Name string `yaml:"name"`
		All  []struct {
			N int `yaml:"n"`
		} `yaml:"all"`
	}
	for text, want := range map[string]struct {
		line   int64
		reason string
	}{
		"name: a\nall:\n  - n: 1\n":            {0, ""},
		"":                                     {0, "empty, or more than one document"},
		"name: a\n---\nname: b\n":              {0, "empty, or more than one document"},
		"name: a\nGoldeneye: 1\n":              {2, "an unknown key"},
		"name: a\nall:\n  - Goldeneye: 1\n":    {3, "an unknown key"},
		"name: a\nname: Goldeneye\n":           {2, "not YAML, or a key that is there twice"},
		"name: &Goldeneye a\n":                 {1, "a key that is no word, an anchor or an alias"},
		"name: a\n1: Goldeneye\n":              {2, "a key that is no word, an anchor or an alias"},
		"name: !!Goldeneye\n":                  {1, "a key that is no word, an anchor or an alias"},
		"name: a\nall:\n  - n: Goldeneye\n":    {3, "a value of the wrong kind"},
		"name: {Goldeneye\n":                   {1, "not YAML, or a key that is there twice"},
		"name: a\nall: {n: 1, n: Goldeneye}\n": {2, "not YAML, or a key that is there twice"},
	} {
		var f file
		d, line, reason := Decode([]byte(text), &f)
		if line != want.line || reason != want.reason || strings.Contains(reason, "Goldeneye") {
			t.Errorf("%q: line %d, %q; want line %d, %q", text, line, reason, want.line, want.reason)
		}
		if reason == "" && (d.Line("all[0].n") != 3 || d.Line("all[0].m") != 3 || d.Line("none") != 1) {
			t.Errorf("%q: fields stand in lines %d, %d and %d", text, d.Line("all[0].n"), d.Line("all[0].m"), d.Line("none"))
		}
	}
}

// TestOdd holds that the field that cannot be decoded is named where it can be told,
// and where it is called as ours are.
func TestOdd(t *testing.T) {
	type file struct {
		Name string `yaml:"name"`
		All  []struct {
			N int `yaml:"n"`
			M string
		} `yaml:"all"`
	}
	for text, want := range map[string]string{
		"name: a\nall:\n  - n: 1\n    other: 2\n": "all[0].other",
		"name: a\nall: [{n: 1, other: 2}]\n":      "all[0].other",
		"name: a\nall:\n  - n: word\n":            "all[0].n",
		"name: [a]\n":                             "name",
		"name: a\nGoldeneye: 1\n":                 "",
		"name: a\nall: {Goldeneye: {n: 1}}\n":     "all",
		"name: {a\n":                              "",
	} {
		var f file
		if d, line, reason := Decode([]byte(text), &f); reason == "" || d.Odd(line) != want {
			t.Errorf("%q: %q in line %d, want %q: %s", text, d.Odd(line), line, want, reason)
		}
	}
}

// FuzzDecode holds that whatever a file holds is read or refused.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "a: 1", "a: !", "? 1", "a: &b\n*b", "- - {"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v struct {
			A map[string][]string `yaml:"a"`
		}
		d, line, reason := Decode(data, &v)
		if strings.Contains(reason, "\n") {
			t.Error("a reason of several lines")
		}
		if odd := d.Odd(line); reason != "" && odd != "" && !ours.MatchString("$."+odd) {
			t.Errorf("the field %q", odd)
		}
	})
}

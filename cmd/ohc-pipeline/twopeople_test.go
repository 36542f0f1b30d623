package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	office "secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

// signers makes a private key for each KEY=ROLE, and writes who holds them.
func signers(ts *testscript.TestScript, _ bool, args []string) {
	text := "people:\n"
	for _, arg := range args[1:] {
		path, role, _ := strings.Cut(arg, "=")
		line, err := personOf(ts.MkAbs(path), role)
		ts.Check(err)
		text += line
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// personOf makes a private key, and returns its holder as the file of people has one.
func personOf(path, role string) (string, error) {
	if err := sign.Make(path); err != nil {
		return "", err
	}
	own, err := sign.Open(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("  - {name: %s, roles: [%s], key: %q}\n", filepath.Base(path), role, own.Public()), nil
}

// TestTwoPeople holds that two people sign what they are asked to, that it is two of
// them, and that each may.
func TestTwoPeople(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	text := "people:\n"
	for name, role := range map[string]string{"ada": "custodian", "rob": "guardian, reviewer", "eve": "author"} {
		line, err := personOf(in(name), role)
		if err != nil {
			t.Fatal(err)
		}
		text += line
	}
	if err := sign.Make(in("stranger")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("people.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(a, b string) (string, error) {
		return twoPeople(in("people.yaml"), [2]string{in(a), in(b)}, "key-destroy", "destroy x", office.Custodian, office.Guardian)
	}
	told, err := ask("ada", "rob")
	if err != nil || !strings.HasPrefix(told, "ada ") || !strings.Contains(told, ", rob ") || len(told) != len("ada , rob ")+2*88 {
		t.Errorf("%q %v", told, err)
	}
	for _, tc := range []struct{ a, b, want string }{
		{"ada", "ada", "both keys are of one person"}, {"ada", "eve", "nobody with the right role"}, {"stranger", "rob", "nobody with the right role"},
		{"ada", "none", "no such file"}, {"people.yaml", "rob", "signing key"},
	} {
		if told, err := ask(tc.a, tc.b); err == nil || !strings.Contains(err.Error(), tc.want) || told != "" {
			t.Errorf("%s and %s: %q %v, want %s", tc.a, tc.b, told, err, tc.want)
		}
	}
}

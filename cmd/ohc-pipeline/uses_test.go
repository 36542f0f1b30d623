package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"secondaryuse/marts/domain/keyring/keyringtest"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/pipeline/audit"
	"secondaryuse/testdata/population"
)

// usesKeys is every command that opens a key of the ring to make something of it, or tells
// what is in it, and a call of it; of those without a call other tests say that they are
// logged.
var usesKeys = map[string]string{
	"check": "check", "run": "run", "publish": "publish", "prove": "prove --absent nobody", "eligible": "eligible --out out", "digests": "digests --absent nobody --out out",
	"keys list": "keys list", "keys fingerprint": "keys fingerprint planning", "keys create": "keys create research", "keys rewrap": "keys rewrap planning",
	"keys retire": "keys retire planning", "keys rekey": "keys rekey planning --reason lost --to " + nobody, "keys bridge destroy": "keys bridge destroy planning",
	"keys destroy":       "keys destroy planning --id 0123456789abcdef --key a --second b",
	"reidentify request": "reidentify request --domain planning --practice M85001 --persons ids --by Ada --reason calls --approval CG/1 --out out",
	"signing":            "signing", "run --plan": "run nightly --plan", "reidentify hand": "", "link": "", "serve": "", "retry": "", "demo": "", // TestHand, TestLink; and what has runs
}

const nobody = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

// usesNone is every other command, and a call of it that does without any key; of those
// without a call the configuration of the test has not what they need.
var usesNone = map[string]string{
	"compact": "compact", "status": "status", "show": "show", "report": "report", "quarantine": "quarantine", "runs": "runs", "audit list": "audit list",
	"audit verify": "audit verify", "verify leak": "verify leak", "sensitive explain": "sensitive explain N97.1", "schedule list": "schedule list",
	"schedule next": "schedule next", "schedule explain": "schedule explain nightly", "reidentify sign": "", "optout request": "", "optout collect": "", "optout status": "", "help": "",
}

// TestEveryUse holds that every command that uses a key says which in the audit log
// before it does, so that one that fails afterwards has said so, too; and that no command
// was forgotten here.
func TestEveryUse(t *testing.T) {
	t.Parallel()
	all := commandsOf(root(), nil)
	for _, name := range all {
		_, uses := usesKeys[name]
		if _, none := usesNone[name]; uses == none {
			t.Errorf("%s: nobody has said here whether it uses a key", name)
		}
	}
	s := newSite(t, population.Plan{Persons: 60, Seed: 3, Months: 1})
	identity, _ := keyringtest.Identity(t)
	s.edit("config.yaml", "\nfeeds:", "\nkey_encryption: {identity: "+identity+"}\npeople: people.yaml\nreidentification: {practices: {M85001: "+nobody+"}}\nfeeds:")
	s.write("people.yaml", "people:\n  - {name: Ada, roles: [author], key: '"+signtest.New(t).Public().String()+"'}\n")
	s.run(0, "run")
	for name, text := range map[string]string{"nobody": "9434765919\n", "ids": "12345\n"} {
		s.must(os.WriteFile(filepath.Join(s.left, name), []byte(text), 0o600))
	}
	s.must(os.Rename(identity, identity+".gone"))
	s.must(os.Chmod(filepath.Join(s.left, "keys", "signing.ed25519"), 0o640))
	for _, call := range usesNone {
		if call != "" {
			s.run(0, strings.Fields(call)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(usesKeys)) {
		if usesKeys[name] == "" {
			continue
		}
		before := s.keyEvents()
		if err := s.command(append(strings.Fields(usesKeys[name]), "--config", s.config)...).Run(); err == nil && name != "run --plan" {
			t.Errorf("%s: it has done without the key", name) // a plan says what would be wrong
		}
		if after := s.keyEvents(); after == before {
			t.Errorf("%s: no event says that it was to use a key", name)
		}
	}
}

// keyEvents is how many events of the audit log name a key.
func (s *site) keyEvents() (n int) {
	s.t.Helper()
	events, err := audit.List(filepath.Join(s.left, "work", "audit"))
	s.must(err)
	for _, e := range events {
		if e.Key != "" {
			n++
		}
	}
	return n
}

// commandsOf is every command that does something.
func commandsOf(c *cobra.Command, above []string) (out []string) {
	for _, sub := range c.Commands() {
		name := append(slices.Clone(above), sub.Name())
		if !sub.HasSubCommands() {
			out = append(out, strings.Join(name, " "))
		}
		out = append(out, commandsOf(sub, name)...)
	}
	return out
}

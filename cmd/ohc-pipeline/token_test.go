package main

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/domain/keyring/keyringtest"
	"secondaryuse/testdata/population"
)

// TestKeysInAToken takes a site from an age identity to a key in a PKCS#11 token,
// and back: ids stay, and who has the token alone can run.
func TestKeysInAToken(t *testing.T) {
	t.Parallel()
	const module, pin = "/usr/lib/softhsm/libsofthsm2.so", "648219"
	tool, err := exec.LookPath("softhsm2-util")
	if _, missing := os.Stat(module); err != nil || missing != nil {
		t.Skip("softhsm2 is not installed: no PKCS#11 token to hold a key")
	}
	s := newSite(t, population.Plan{Persons: 120, Seed: 21, Months: 2})
	home := filepath.Join(s.left, "home", ".config", "softhsm2")
	tokens, conf, clear, pinFile := filepath.Join(s.dir, "tokens"), filepath.Join(home, "softhsm2.conf"), filepath.Join(s.dir, "aes"), filepath.Join(s.dir, "pin")
	secret := rand.Text() + rand.Text() // softhsm2-util stops reading at a byte of zero
	for path, text := range map[string]string{conf: "directories.tokendir = " + tokens + "\nlog.level = ERROR\n", clear: secret[:32], pinFile: pin + "\n", filepath.Join(tokens, "none"): ""} {
		s.must(os.MkdirAll(filepath.Dir(path), 0o700))
		s.must(os.WriteFile(path, []byte(text), 0o600))
	}
	for _, args := range [][]string{
		{"--init-token", "--free", "--label", "ohc", "--so-pin", "111111", "--pin", pin},
		{"--import", clear, "--aes", "--token", "ohc", "--label", "kek", "--id", "01", "--pin", pin},
	} {
		cmd := exec.Command(tool, args...)
		cmd.Env = append(os.Environ(), "SOFTHSM2_CONF="+conf)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("softhsm2-util: %v %s", err, out)
		}
	}
	s.must(os.Remove(clear))

	identity, _ := keyringtest.Identity(t)
	inIdentity := "\nkey_encryption: {identity: " + identity + "}\nfeeds:"
	inToken := "\nkey_encryption: {pkcs11: {module: " + module + ", token: ohc, label: kek, pin: " + pinFile + "}}\nfeeds:"
	s.edit("config.yaml", "\nfeeds:", inIdentity)
	s.run(0, "run")
	base, planning := s.run(0, "keys", "fingerprint", "base"), s.run(0, "keys", "fingerprint", "planning")

	s.edit("config.yaml", inIdentity, inToken)
	if said := s.run(1, "check"); !strings.Contains(said, "this identity may not use it") {
		t.Error("before it is rewrapped: " + said)
	}
	s.run(0, "keys", "rewrap", "base", "planning", "--old-identity", identity)
	s.run(0, "publish")
	if s.run(0, "keys", "fingerprint", "base") != base || s.run(0, "keys", "fingerprint", "planning") != planning {
		t.Error("the keys are others")
	}
	if said := s.run(0, "keys", "list"); !strings.Contains(said, "pkcs11:serial=") || strings.Contains(said, "age1") {
		t.Error("for whom: " + said)
	}
	s.must(os.WriteFile(pinFile, []byte("000000\n"), 0o600))
	if said := s.run(78, "check"); !strings.Contains(said, "login: pkcs11: 0xA0: CKR_PIN_INCORRECT") {
		t.Error("with another PIN: " + said)
	}
	s.must(os.WriteFile(pinFile, []byte(pin+"\n"), 0o600))
	s.run(0, "keys", "rewrap", "base", "planning", "--for", public(t, identity))
	s.edit("config.yaml", inToken, inIdentity)
	s.run(0, "run")
	s.run(0, "audit", "verify")
}

// public is the public key of an age identity file.
func public(t *testing.T, identity string) string {
	t.Helper()
	text, err := os.ReadFile(identity)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "# public key: ")
	key, _, _ := strings.Cut(after, "\n")
	return key
}

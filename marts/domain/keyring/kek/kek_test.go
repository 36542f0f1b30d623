package kek_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/domain/keyring/keyringtest"
)

func TestIdentity(t *testing.T) {
	a, b := keyringtest.KEK(t), keyringtest.KEK(t)
	keyringtest.Suite(t, a, b)
	keyringtest.Uses(t, a, b)
}

// TestMake holds that an identity is made once, for its owner alone, and that
// age-keygen reads it.
func TestMake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kek.txt")
	if err := kek.Make(path); err != nil {
		t.Fatal(err)
	}
	first, err := kek.Open(kek.Config{Identity: path})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := kek.Make(path); err != nil {
		t.Error(err)
	}
	if again, err := kek.Open(kek.Config{Identity: path}); err != nil || again.ID() != first.ID() {
		t.Errorf("it was replaced: %v", err)
	}
	keygen, err := exec.LookPath("age-keygen")
	if err != nil {
		t.Skip("age is not installed")
	}
	if out, err := exec.Command(keygen, "-y", path).Output(); err != nil || strings.TrimSpace(string(out)) != first.ID() {
		t.Errorf("age-keygen says %q: %v", out, err)
	}
}

// TestStandardAge holds that the standard programs read a file of the ring: age
// unwraps the secret with the identity, and openssl makes the fingerprint of it.
func TestStandardAge(t *testing.T) {
	age, err1 := exec.LookPath("age")
	openssl, err2 := exec.LookPath("openssl")
	if err1 != nil || err2 != nil {
		t.Skip("age or openssl is not installed")
	}
	dir, identity := keyringtest.New(t, "planning")
	text, err := os.ReadFile(filepath.Join(dir, "planning.key"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Fingerprint string
		Wrapped     []struct{ Secret []byte }
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	unwrap := exec.Command(age, "-d", "-i", identity)
	unwrap.Stdin = bytes.NewReader(f.Wrapped[0].Secret)
	secret, err := unwrap.Output()
	if err != nil || len(secret) != 32 {
		t.Fatalf("age: %v, %d bytes", err, len(secret))
	}
	mac := exec.Command(openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(secret), "-binary")
	mac.Stdin = strings.NewReader("fingerprint\x1f")
	sum, err := mac.Output()
	if got := hex.EncodeToString(sum[:4]); err != nil || got != f.Fingerprint {
		t.Errorf("openssl says %s, the file %s: %v", got, f.Fingerprint, err)
	}
}

// TestIdentityRefused holds that an identity is taken from a file of its owner
// alone, and that no error shows what is in it.
func TestIdentityRefused(t *testing.T) {
	good, public := keyringtest.Identity(t)
	text, _ := os.ReadFile(good)
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, mode)
		return path
	}
	link := filepath.Join(dir, "link")
	os.Symlink(good, link)
	for _, tc := range []struct{ path, want string }{
		{write("group", string(text), 0o640), "chmod 600"},
		{write("others", string(text), 0o604), "chmod 600"},
		{write("empty", "", 0o600), "does not hold one age identity"},
		{write("two", string(text)+string(text), 0o600), "does not hold one age identity"},
		{write("public", public, 0o600), "does not hold one age identity"},
		{write("cut", string(text[:len(text)-5]), 0o600), "does not hold one age identity"},
		{link, "symbolic link"},
		{dir, "no plain file"},
		{filepath.Join(dir, "none"), "no such file"},
		{"credential:kek", "LoadCredential="},
		{"", "give identity or pkcs11"},
	} {
		_, err := kek.Open(kek.Config{Identity: tc.path})
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "SECRET-KEY-1") {
			t.Errorf("%s: %v, want %s", tc.path, err, tc.want)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	write("kek", string(text), 0o440) // as systemd shows it
	if k, err := kek.Open(kek.Config{Identity: "credential:kek"}); err != nil || k.ID() != public {
		t.Errorf("a credential: %v", err)
	}
	if _, err := kek.Recipient("age1nobody"); err == nil || strings.Contains(err.Error(), "nobody") {
		t.Errorf("a recipient that is none: %v", err)
	}
}

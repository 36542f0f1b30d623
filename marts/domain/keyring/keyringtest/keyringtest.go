// Package keyringtest makes rings for tests, and holds the suite that every
// key-encryption key must pass.
package keyringtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
)

// Identity writes a new age identity file, and returns its path and its public
// key.
func Identity(t testing.TB) (path, public string) {
	t.Helper()
	own, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "identity.txt")
	if err := os.WriteFile(path, []byte("# created: 2026-11-22T18:00:00Z\n# public key: "+own.Recipient().String()+"\n"+own.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, own.Recipient().String()
}

// KEK is the key-encryption key of a new age identity.
func KEK(t testing.TB) keyring.KEK {
	t.Helper()
	path, _ := Identity(t)
	k, err := kek.Open(kek.Config{Identity: path})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// New makes a ring with keys of these names, none reversible, in a folder of its
// own, and returns the folder and the identity file that opens it.
func New(t testing.TB, names ...string) (dir, identity string) {
	t.Helper()
	identity, _ = Identity(t)
	dir = filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := Open(t, dir, identity)
	for _, name := range names {
		if _, err := r.Create(name, time.Now(), false); err != nil {
			t.Fatal(err)
		}
	}
	return dir, identity
}

// Open opens a ring with an identity file.
func Open(t testing.TB, dir, identity string) *keyring.Ring {
	t.Helper()
	k, err := kek.Open(kek.Config{Identity: identity})
	if err != nil {
		t.Fatal(err)
	}
	r, err := keyring.Open(dir, k)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Suite is what a key-encryption key must hold: it unwraps what it has wrapped,
// wraps differently each time, refuses what was altered or cut, and shows nothing.
// other is a second one, that the first has wrapped nothing for.
func Suite(t *testing.T, k, other keyring.KEK) {
	secret := []byte("0123456789abcdef0123456789ABCDEF")
	a, err := k.Wrap(secret)
	if err != nil {
		t.Fatal(err)
	}
	b, err := k.Wrap(secret)
	if err != nil || bytes.Equal(a, b) || bytes.Contains(a, secret[:8]) {
		t.Errorf("wrapped twice alike, or shown: %v", err)
	}
	if got, err := k.Unwrap(a); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("unwrapped: %v", err)
	}
	if k.ID() == other.ID() || k.ID() == "" {
		t.Errorf("two have one id")
	}
	if _, err := other.Unwrap(a); err == nil {
		t.Error("another key has unwrapped it")
	}
	for i := range a {
		bad := bytes.Clone(a)
		bad[i] ^= 1
		if got, err := k.Unwrap(bad); err == nil && !bytes.Equal(got, secret) {
			t.Fatalf("byte %d changed: another secret came out", i)
		}
		if i%16 == 0 {
			if _, err := k.Unwrap(a[:i]); err == nil {
				t.Fatalf("cut after %d bytes: unwrapped", i)
			}
		}
	}
}

// Uses holds that a ring opens with a key-encryption key, that another is denied
// until the key is rewrapped for it as well, and that both then hold the same.
func Uses(t *testing.T, k, other keyring.KEK) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	own, err1 := keyring.Open(dir, k)
	theirs, err2 := keyring.Open(dir, other)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if _, err := own.Create("planning", time.Now(), false); err != nil {
		t.Fatal(err)
	}
	was, err := own.Domain("planning")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Domain("planning"); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("another key-encryption key: %v", err)
	}
	if _, err := own.Rewrap("planning", k, other); err != nil {
		t.Fatal(err)
	}
	if now, err := theirs.Domain("planning"); err != nil || now.ID(7) != was.ID(7) {
		t.Errorf("rewrapped for it: %v", err)
	}
}

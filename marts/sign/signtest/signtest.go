// Package signtest makes keys to sign with in tests: the same for the same name, or new.
package signtest

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"secondaryuse/marts/sign"
)

// New is a new private key, another each time.
func New(t testing.TB) sign.Private { return Key(t, rand.Text()) }

// Key is the private key of a name.
func Key(t testing.TB, name string) sign.Private {
	t.Helper()
	k, err := sign.Open(File(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// File is a file with the private key of a name.
func File(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, fmt.Appendf(nil, "ed25519-private:%x\n", sha256.Sum256([]byte(name))), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"secondaryuse/testdata/openssl"
)

// clear wraps nothing.
type clear struct{ id string }

func (c clear) ID() string                         { return c.id }
func (c clear) Wrap(secret []byte) ([]byte, error) { return bytes.Clone(secret), nil }
func (c clear) Unwrap(w []byte) ([]byte, error)    { return bytes.Clone(w), nil }

// vector is a file of the ring with the secret 00 01 ... 1f, wrapped as it is.
// TestVector has openssl make its tag and fingerprint again.
const vector = `{
  "keyring": 1,
  "name": "planning",
  "id": "0123456789abcdef",
  "kind": "release",
  "created": "2026-11-22T18:00:00Z",
  "state": "active",
  "reversible": false,
  "fingerprint": "FINGERPRINT",
  "wrapped": [
    {
      "for": "nobody",
      "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    }
  ],
  "tag": "TAG"
}
`

const (
	vectorSecret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	vectorPrint  = "7bd5b413"
	vectorTag    = "JyDOCknM72Nj8pEZmBVMDDJA3/CNH7r8ut+i+vEsNlM="
)

func vectorFile() string {
	return strings.NewReplacer("FINGERPRINT", vectorPrint, "TAG", vectorTag).Replace(vector)
}

func ring(t testing.TB, text string) *Ring {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "planning.key"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o700)
	r, err := Open(dir, clear{"nobody"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVector holds a file, its tag and its fingerprint to fixed values, and to a
// second implementation of HMAC-SHA-256.
func TestVector(t *testing.T) {
	r := ring(t, vectorFile())
	key, err := r.Domain("planning")
	if err != nil || key.Fingerprint() != vectorPrint {
		t.Fatalf("%v", err)
	}
	if key.ID(1) != 8873141160180453359 { // as package domain has it
		t.Error("it holds another secret")
	}
	hmac := func(text string) []byte { return openssl.HMAC(t, vectorSecret, text) }
	if got := hex.EncodeToString(hmac("fingerprint\x1f")[:4]); got != vectorPrint {
		t.Errorf("openssl: fingerprint %s", got)
	}
	bound := strings.Replace(vectorFile(), ",\n  \"tag\": \""+vectorTag+"\"", "", 1)
	f, err := parse([]byte(vectorFile()))
	if got := hmac("keyring\x1f" + bound); err != nil || !bytes.Equal(got, f.Tag) {
		t.Errorf("openssl: tag %x, %v", got, err)
	}
	if got := fingerprint(Base, [32]byte(mustHex(vectorSecret))); got != hex.EncodeToString(hmac("fingerprint\x1f")[:8]) {
		t.Errorf("a base key's fingerprint is %s", got)
	}
}

func mustHex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// TestAnyByte holds that a file in which any byte was changed is refused.
func TestAnyByte(t *testing.T) {
	r := ring(t, vectorFile())
	path := filepath.Join(r.dir, "planning.key")
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(vectorFile())
		i, b := rapid.IntRange(0, len(text)-1).Draw(t, "at"), rapid.Byte().Draw(t, "byte")
		if text[i] == b {
			return
		}
		text[i] = b
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := r.Domain("planning")
		if !errors.Is(err, ErrAltered) && !errors.Is(err, ErrDenied) { // denied: whose it is was changed
			t.Fatalf("byte %d: %v", i, err)
		}
	})
}

// FuzzParse holds that what is taken is written again byte for byte, that it needs
// the secret, and that nothing makes it panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(vectorFile()))
	f.Add([]byte(`{"keyring":1}`))
	f.Add([]byte("null"))
	f.Add([]byte(strings.Replace(vectorFile(), `"release"`, `"base"`, 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		form, err := parse(text)
		if err != nil {
			if !errors.Is(err, ErrAltered) || form.Version != 0 {
				t.Errorf("%v", err)
			}
			return
		}
		if !bytes.Equal(form.text(), text) || form.Kind != KindOf(form.Name) || len(form.Wrapped) == 0 {
			t.Errorf("taken, and written otherwise")
		}
		if r := ring(t, string(text)); string(text) != vectorFile() {
			if key, err := r.Domain(form.Name); err == nil {
				t.Errorf("taken without the secret: %s", key.Fingerprint())
			}
		}
	})
}

// TestNames holds which kind a name has.
func TestNames(t *testing.T) {
	for name, want := range map[string]Kind{
		"base": Base, "register": Register, "planning": Release, "research": Release, "project-heart": Project, "screening": Release,
		"": "", "Base": "", "../base": "", "planning.key": "", "a b": "", "-a": "", strings.Repeat("a", 62): "",
	} {
		if got := KindOf(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if _, err := ring(t, "").Domain("../../etc/passwd"); !errors.Is(err, ErrNone) || strings.Contains(err.Error(), "etc") {
		t.Errorf("a path: %v", err)
	}

}

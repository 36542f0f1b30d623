package domain

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"secondaryuse/testdata/openssl"
)

func key(t *testing.T, text string) Key {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	zeros  = "0000000000000000000000000000000000000000000000000000000000000000"
	counts = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

// vectors were computed with openssl; TestOpenSSL computes them again.
var vectors = []struct {
	key  string
	base int64
	want int64
}{
	{zeros, 1, 7951409134406237138},
	{counts, 1, 8873141160180453359},
	{counts, 0x7fffffffffffffff, 7244993945741590188},
	{counts, 0x5555555555555555, 282232347650051933},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		if got := key(t, v.key).ID(v.base); got != v.want {
			t.Errorf("key %s…, base %d: %d, want %d", v.key[:4], v.base, got, v.want)
		}
	}
}

// TestOpenSSL holds the vectors against a second implementation.
func TestOpenSSL(t *testing.T) {
	for _, v := range vectors {
		sum := openssl.HMAC(t, v.key, string(binary.BigEndian.AppendUint64([]byte("person\x1f"), uint64(v.base))))
		if got := int64(binary.BigEndian.Uint64(sum) >> 1); got != v.want {
			t.Errorf("base %d: openssl says %d, want %d", v.base, got, v.want)
		}
	}
}

func TestMap(t *testing.T) {
	k := key(t, counts)
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SliceOfNDistinct(rapid.Int64(), 0, 50, rapid.ID[int64]).Draw(t, "base")
		ids, err := k.Map(base)
		if err != nil {
			t.Fatal(err)
		}
		for i := range base {
			if ids[i] != k.ID(base[i]) || ids[i] < 0 {
				t.Fatalf("person %d has the id %d", i, ids[i])
			}
		}
	})
	if _, err := k.Map([]int64{5, 7, 5}); !errors.Is(err, ErrCollision) {
		t.Errorf("one id twice: %v, want ErrCollision", err)
	}
}

func TestDomainsDiffer(t *testing.T) {
	a, b := key(t, zeros), key(t, counts)
	if a.ID(1) == b.ID(1) || a.Fingerprint() == b.Fingerprint() || a.Fingerprint() != key(t, zeros).Fingerprint() {
		t.Error("two keys must give two ids and two fingerprints, one key one")
	}
}

// made makes a key and opens it.
func made(t *testing.T, path string) Key {
	t.Helper()
	if err := Make(path); err != nil {
		t.Fatal(err)
	}
	k, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestMake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	path := filepath.Join(dir, "planning.key")
	if _, err := Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that was never made: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("to open a key has made a folder")
	}
	k := made(t, path)
	if again := made(t, path); again.ID(42) != k.ID(42) {
		t.Error("a key was made twice")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("made with mode %v", info.Mode())
	}
	if other := made(t, filepath.Join(dir, "research.key")); other.ID(42) == k.ID(42) {
		t.Error("two made keys must differ")
	}
}

// TestHalfAKeyIsSwept shows that what a process that died has left of a key
// goes, and what is not ours stays.
func TestHalfAKeyIsSwept(t *testing.T) {
	dir := t.TempDir()
	foreign := []string{".base.key-12", ".planning.key-", ".planning.key-1x", "planning.key-12", ".planning.key-12/a"}
	for i := range 2 { // while there is no key, and when there is one
		for _, name := range append(foreign, ".planning.key-1234567") {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		made(t, filepath.Join(dir, "planning.key"))
		if left, _ := os.ReadDir(dir); len(left) != len(foreign)+1 {
			t.Errorf("%d: left %v", i, left)
		}
		for _, name := range foreign {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("what is not ours was removed: %v", err)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, file := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"group may read": {counts, 0o640}, "all may read": {counts, 0o604}, "group may write": {counts, 0o620},
		"short": {counts[:62], 0o600}, "long": {counts + "00", 0o600}, "empty": {"", 0o600}, "not hexadecimal": {strings.Repeat("xy", 32), 0o600},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(file.text), file.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, file.mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil {
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), counts[:8]) {
			t.Errorf("%s: the error shows the key", name)
		}
		if text, _ := os.ReadFile(path); string(text) != file.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "short"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link); err == nil {
		t.Error("a symbolic link was opened")
	}
	if err := Make(link); err != nil {
		t.Error(err)
	}
	if _, err := Open(link); err == nil {
		t.Error("a link stands in for a key")
	}
	if _, err := Open(filepath.Join(dir, "no", "such", "folder.key")); err == nil {
		t.Error("a key was made in a folder that is not there")
	}
	if _, err := New(make([]byte, 31)); err == nil {
		t.Error("a key of 31 bytes was taken")
	}
}

// TestKeyIsNotPrinted holds that no verb shows the key.
func TestKeyIsNotPrinted(t *testing.T) {
	k := key(t, strings.Repeat("ab", 32))
	nested := struct {
		k Key
		P *Key
	}{k, &k}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		out := strings.ToLower(fmt.Sprintf(verb+verb, k, nested))
		if strings.Contains(out, "abab") || strings.Contains(out, "171 171") {
			t.Errorf("%s prints the key: %s", verb, out)
		}
	}
	if out, err := json.Marshal(nested); err == nil && strings.Contains(string(out), "q6ur") {
		t.Errorf("json shows the key: %s", out)
	}
}

// TestMAC holds a value of another purpose to a second implementation, and that no
// other purpose's label is taken.
func TestMAC(t *testing.T) {
	k := key(t, counts)
	got := k.MAC("register", []byte("data"))
	if other := k.MAC("registers", []byte("data")); other == got {
		t.Error("two labels give one value")
	}
	for _, label := range []string{"", "person", "fingerprint", "keyring", "person\x1fx"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the label %q was taken", label)
				}
			}()
			k.MAC(label, nil)
		}()
	}
	if !bytes.Equal(openssl.HMAC(t, counts, "register\x1fdata"), got[:]) {
		t.Error("openssl says otherwise")
	}
}

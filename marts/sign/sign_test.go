package sign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// seed is that of the first test of RFC 8032, 7.1.
const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

func key(t testing.TB, seed string) Private {
	t.Helper()
	k, err := parsePrivate(private + seed + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestVectors holds the keys of RFC 8032, 7.1, and signatures that were computed
// once; TestOpenSSL has openssl say that they hold.
func TestVectors(t *testing.T) {
	for _, v := range []struct{ seed, public string }{
		{seed, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"},
	} {
		if got := key(t, v.seed).Public().String(); got != public+v.public {
			t.Errorf("%s, want %s", got, v.public)
		}
	}
}

// TestOpenSSL holds that a second implementation verifies what was signed, as the
// package comment words it, and refuses what was changed.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir, k := t.TempDir(), key(t, seed)
	p := k.Public()
	der := append([]byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}, p.key[:]...) // RFC 8410
	pem := "-----BEGIN PUBLIC KEY-----\n" + base64.StdEncoding.EncodeToString(der) + "\n-----END PUBLIC KEY-----\n"
	for _, statement := range []string{"", "a", "{\n}\n", strings.Repeat("x", 5000)} {
		for changed, label := range []string{"snapshot", "approval"} {
			s := Sign(k, "snapshot", []byte(statement))
			for name, data := range map[string][]byte{"key": []byte(pem), "signature": s.Bytes, "message": []byte("ohc-statement\x1f" + label + "\x1f" + statement)} {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.Command(openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", filepath.Join(dir, "key"),
				"-sigfile", filepath.Join(dir, "signature"), "-in", filepath.Join(dir, "message")).CombinedOutput()
			if (err == nil) != (changed == 0) {
				t.Errorf("%d bytes as %s: %v: %s", len(statement), label, err, out)
			}
		}
	}
}

// TestAnyChangeIsFound holds that a signature is of one key, one label and one
// statement, and of no other.
func TestAnyChangeIsFound(t *testing.T) {
	k := key(t, seed)
	rapid.Check(t, func(t *rapid.T) {
		statement := rapid.SliceOf(rapid.Byte()).Draw(t, "statement")
		label := rapid.StringMatching(`[a-z][a-z0-9-]{0,20}`).Draw(t, "label")
		s := Sign(k, label, statement)
		if err := Verify(k.Public(), label, statement, s); err != nil {
			t.Fatal(err)
		}
		by, kind := k.Public(), label
		switch rapid.SampledFrom([]string{"key", "signer", "label", "both labels", "statement", "longer", "signature", "cut"}).Draw(t, "what") {
		case "key":
			by.key[rapid.IntRange(0, 31).Draw(t, "at")] ^= 1
		case "signer":
			s.Key.key[rapid.IntRange(0, 31).Draw(t, "at")] ^= 1
		case "label":
			kind += "a"
		case "both labels":
			kind += "a"
			s.Label = kind
		case "statement":
			if len(statement) == 0 {
				return
			}
			statement[rapid.IntRange(0, len(statement)-1).Draw(t, "at")] ^= 1
		case "longer":
			statement = append(statement, 0)
		case "signature":
			s.Bytes[rapid.IntRange(0, len(s.Bytes)-1).Draw(t, "at")] ^= 1
		case "cut":
			s.Bytes = s.Bytes[:rapid.IntRange(0, len(s.Bytes)-1).Draw(t, "to")]
		}
		if err := Verify(by, kind, statement, s); !errors.Is(err, ErrForged) {
			t.Fatalf("%v, want ErrForged", err)
		}
	})
	if err := Verify(Public{}, "a", nil, Signature{Label: "a", Bytes: make([]byte, ed25519.SignatureSize)}); !errors.Is(err, ErrForged) {
		t.Errorf("no key has verified something: %v", err)
	}
}

// TestLabelsAreWords holds that no label can take the place of a part of another's
// statement.
func TestLabelsAreWords(t *testing.T) {
	for _, label := range []string{"", "a\x1fb", "A", "a b", strings.Repeat("a", 65)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is a label", label)
				}
			}()
			Sign(key(t, seed), label, nil)
		}()
	}
}

func TestMake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "signing")
	if err := Make(path); err != nil {
		t.Fatal(err)
	}
	one, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Make(path); err != nil {
		t.Fatal(err)
	}
	if again, err := Open(path); err != nil || again.Public() != one.Public() {
		t.Error("the key was made twice", err)
	}
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Error("others can read it")
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, file := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"group may read": {private + seed, 0o640}, "all may read": {private + seed, 0o604}, "group may write": {private + seed, 0o620},
		"short": {private + seed[2:], 0o600}, "long": {private + seed + "00", 0o600}, "empty": {"", 0o600}, "a domain key": {seed + "\n", 0o600},
		"public": {public + seed, 0o600}, "two lines": {private + seed + "\n\n", 0o600},
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(file.text), file.mode), os.Chmod(path, file.mode)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil {
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), seed[:8]) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
	link := filepath.Join(dir, "link")
	if err := errors.Join(Make(filepath.Join(dir, "real")), os.Symlink("real", link)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link); err == nil {
		t.Error("a symbolic link was opened")
	}
}

// TestPrivateIsNotPrinted holds that no verb, and no JSON, shows a private key.
func TestPrivateIsNotPrinted(t *testing.T) {
	k := key(t, strings.Repeat("ab", 32))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		if out := strings.ToLower(fmt.Sprintf(verb, struct{ K Private }{k})); strings.Contains(out, "abab") || strings.Contains(out, "171 171") {
			t.Errorf("%s prints the key: %s", verb, out)
		}
	}
	if out, err := json.Marshal(k); err == nil && bytes.Contains(out, []byte("ab")) {
		t.Errorf("json shows the key: %s", out)
	}
}

// FuzzParse holds that whatever is read as a key is written as it was read, and
// that no text at all makes a reader panic.
func FuzzParse(f *testing.F) {
	p := key(f, seed).Public().String()
	s := Sign(key(f, seed), "a", nil).Text()
	for _, text := range []string{"", p, strings.ToUpper(p), p + "\n", private + seed, string(s), `{"key":"ed25519:"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParsePublic(text); err == nil && p.String() != text {
			t.Errorf("%q was read as %s", text, p)
		}
		if k, err := parsePrivate(text); err == nil {
			digits := strings.TrimSuffix(strings.TrimPrefix(text, private), "\n")
			if b, err := hex.DecodeString(digits); err != nil || len(b) != 32 || k.Public() == (Public{}) {
				t.Errorf("%d bytes were read as a private key", len(text))
			}
		}
		if s, err := parseSignature([]byte(text)); err == nil && (string(s.Text()) != text || Verify(s.Key, s.Label, []byte("other"), s) == nil) {
			t.Errorf("%q was read as %+v", text, s)
		}
	})
}

// TestSigned holds that of a file and the signature beside it every byte counts,
// and that a file without one is none that was signed.
func TestSigned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "manifest.json")
	k := key(t, seed)
	text := []byte("{\"id\": 1}\n")
	if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(Beside(path), Sign(k, "snapshot", text).Text(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := Signed(k.Public(), "snapshot", path); err != nil || !bytes.Equal(got, text) {
		t.Fatal(got, err)
	}
	for _, file := range []string{path, Beside(path)} {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			changed := bytes.Clone(whole)
			changed[at] ^= 1
			if err := os.WriteFile(file, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Signed(k.Public(), "snapshot", path); !errors.Is(err, ErrForged) {
				t.Fatalf("byte %d of %s: %v, want ErrForged", at, filepath.Base(file), err)
			}
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, more := range []string{"\n", "{}"} {
		if err := os.WriteFile(Beside(path), append(Sign(k, "snapshot", text).Text(), more...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Signed(k.Public(), "snapshot", path); !errors.Is(err, ErrForged) {
			t.Errorf("with more behind it: %v, want ErrForged", err)
		}
	}
	if err := os.Remove(Beside(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := Signed(k.Public(), "snapshot", path); !errors.Is(err, ErrForged) {
		t.Errorf("unsigned: %v, want ErrForged", err)
	}
}

func TestLoadPublic(t *testing.T) {
	path, p := filepath.Join(t.TempDir(), "signing.pub"), key(t, seed).Public()
	for text, good := range map[string]bool{p.String() + "\n": true, p.String(): true, "": false, strings.ToUpper(p.String()): false, "ed25519:" + strings.ToUpper(p.String()[8:]): false, p.String() + "\n\n": false, p.String() + "\n" + p.String(): false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := LoadPublic(path); (err == nil) != good || good && got != p {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}
